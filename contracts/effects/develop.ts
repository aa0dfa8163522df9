import { z } from 'zod';
import { Usage } from '../author.ts';
import { TraceId } from '../ids.ts';
import { GenerateInput, GenerateRequest, GenerateResult } from './generate.ts';

/** How often the model may write before the step fails, the first time included. */
export const MOST_ATTEMPTS = 10;

export const FixLoop = z.object({
  /** Off: one attempt, which is still validated and run. */
  autoFix: z.boolean().default(true),
  maxAttempts: z.number().int().min(1).max(MOST_ATTEMPTS).default(3),
  /** A second pass that looks for look-ahead, over-fitting and hidden constants. */
  critique: z.boolean().default(true),
});
export type FixLoop = z.infer<typeof FixLoop>;

/** `agent.develop`: writes the strategy, has it validated and run on a slice of the bars, and mends it until it works. */
export const DevelopRequest = GenerateRequest.extend(FixLoop.shape);
export type DevelopRequest = z.infer<typeof DevelopRequest>;
export const DevelopInput = GenerateInput.extend(FixLoop.shape);
export type DevelopInput = z.infer<typeof DevelopInput>;

export const problemKinds = [
  'no-code',
  'syntax',
  'blocked',
  'import',
  'runtime',
  'contract',
  'timeout',
  'memory',
  'output',
  'pids',
  'look-ahead',
  'critique',
] as const;

/** What is wrong with an attempt, as the next one is told. */
export const CodeProblem = z.object({
  kind: z.enum(problemKinds),
  message: z.string(),
  line: z.number().int().positive().nullable(),
  /** Findings, the traceback or the critic's notes. */
  details: z.string(),
});
export type CodeProblem = z.infer<typeof CodeProblem>;

export const AttemptSummary = z.object({
  attempt: z.number().int().positive(),
  role: z.enum(['generate', 'fix', 'refactor']),
  traceId: TraceId,
  codeSha256: z.string().nullable(),
  codeRisk: z.number().nullable(),
  /** Null: validated, run on a slice, nothing against it. */
  problem: CodeProblem.omit({ details: true }).nullable(),
  /** It works: what the critic says of it may still have led to another attempt. */
  works: z.boolean(),
  cached: z.boolean(),
  usage: Usage,
});
export type AttemptSummary = z.infer<typeof AttemptSummary>;

export const CritiqueFinding = z.object({
  kind: z.enum(['look-ahead', 'over-fitting', 'hidden-constant', 'other']).catch('other'),
  severity: z.enum(['low', 'high']).catch('low'),
  line: z.number().int().positive().nullable().catch(null).default(null),
  message: z.string().trim().min(1).max(1_000),
});
export const Critique = z.object({
  verdict: z.enum(['pass', 'revise']),
  findings: z.array(CritiqueFinding).max(20),
  confidence: z.number().min(0).max(1),
});
export type Critique = z.infer<typeof Critique>;

export const DevelopResult = GenerateResult.extend({
  attempts: z.array(AttemptSummary).min(1),
  critique: Critique.nullable(),
});
export type DevelopResult = z.infer<typeof DevelopResult>;
