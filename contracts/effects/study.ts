import { z } from 'zod';
import { Author, Usage } from '../author.ts';
import { BarsInfo } from '../bars.ts';
import { StrategyId } from '../ids.ts';
import { LookAheadReport } from '../look-ahead.ts';
import { Metrics } from '../metrics.ts';
import { Symbol } from '../symbol.ts';
import { DevelopResult, FixLoop } from './develop.ts';

const version = z.number().int().positive();
const text = (limit: number) => z.string().trim().min(1).max(limit);

/** `strategy.read`: one version of a strategy; the newest one unless told. Fails with STRATEGY_NOT_FOUND. */
export const ReadStrategyRequest = z.object({ strategyId: StrategyId, version: version.optional() });
export const ReadStrategyResult = z.object({
  strategyId: StrategyId,
  version,
  symbol: Symbol,
  idea: z.string(),
  code: z.string(),
  codeSha256: z.string(),
  confidence: z.number().min(0).max(1),
  author: Author,
});
export type ReadStrategyResult = z.infer<typeof ReadStrategyResult>;

const studied = { strategyId: StrategyId, version, symbol: Symbol, idea: z.string(), code: z.string() };
const answered = { author: Author, usage: Usage, reasoning: z.string() };

/** `agent.explain`: what a strategy does, for its reader. */
export const ExplainRequest = z.object({
  ...studied,
  seed: z.number().int(),
  question: z.string().max(2_000).optional(),
});
export type ExplainRequest = z.infer<typeof ExplainRequest>;
export const Explanation = z.object({
  summary: text(8_000),
  rules: z.array(text(2_000)).max(40),
  risks: z.array(text(2_000)).max(40),
  confidence: z.number().min(0).max(1),
});
export const ExplainResult = Explanation.extend(answered);
export type ExplainResult = z.infer<typeof ExplainResult>;

/** `agent.analyse`: what its back-test says about a strategy. */
export const AnalyseRequest = z.object({
  ...studied,
  seed: z.number().int(),
  bars: BarsInfo,
  metrics: Metrics,
  lookAhead: LookAheadReport,
});
export type AnalyseRequest = z.infer<typeof AnalyseRequest>;
export const Analysis = z.object({
  assessment: text(8_000),
  strengths: z.array(text(2_000)).max(40),
  weaknesses: z.array(text(2_000)).max(40),
  suggestions: z.array(text(2_000)).max(40),
  confidence: z.number().min(0).max(1),
});
export const AnalyseResult = Analysis.extend(answered);
export type AnalyseResult = z.infer<typeof AnalyseResult>;

/** `agent.refactor`: the next version of a strategy, validated and run like a new one; registered as a draft. */
export const RefactorRequest = z.object({
  ...studied,
  seed: z.number().int(),
  goal: text(2_000),
  confidence: z.number().min(0).max(1),
  ...FixLoop.shape,
});
export type RefactorRequest = z.infer<typeof RefactorRequest>;
export const RefactorInput = RefactorRequest.extend({ bars: BarsInfo });
export type RefactorInput = z.infer<typeof RefactorInput>;
export const RefactorResult = DevelopResult.extend({ parentVersion: version });
export type RefactorResult = z.infer<typeof RefactorResult>;
