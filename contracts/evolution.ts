import { z } from 'zod';
import { Author } from './author.ts';
import { EpochMs } from './envelope.ts';
import { StrategyId, WorkflowId } from './ids.ts';

/** What a back-test of one version says; null where it has none (yet). */
const Performance = z.object({
  totalReturn: z.number(),
  annualReturn: z.number().nullable(),
  sharpe: z.number().nullable(),
  maxDrawdown: z.number(),
  trades: z.number().int(),
  /** Digest of the bars: only results on the same bars can be compared. */
  bars: z.string(),
});
export type Performance = z.infer<typeof Performance>;

/** How a version differs in performance from the one it was made from; null where one of the two is not known. */
const PerformanceChange = z.object({
  totalReturn: z.number(),
  annualReturn: z.number().nullable(),
  sharpe: z.number().nullable(),
  maxDrawdown: z.number(),
  trades: z.number().int(),
});

export const StrategyVersion = z.object({
  version: z.number().int().positive(),
  parentVersion: z.number().int().positive().nullable(),
  status: z.enum(['draft', 'active', 'withdrawn']),
  author: Author,
  codeSha256: z.string(),
  /** Null in the oldest versions, where all of them would be too much for one answer: their workflows have it. */
  code: z.string().nullable(),
  /** Lines that are new against the version before it, and lines of that one that are gone. */
  lines: z.object({ added: z.number().int(), removed: z.number().int() }),
  workflowId: WorkflowId,
  createdAt: EpochMs,
  performance: Performance.nullable(),
  /** Null without two results on the same bars. */
  change: PerformanceChange.nullable(),
});
export type StrategyVersion = z.infer<typeof StrategyVersion>;

/** `GET /v1/strategies/:strategyId/evolution`: the first version first. */
export const Evolution = z.object({
  strategyId: StrategyId,
  symbol: z.string(),
  idea: z.string(),
  versions: z.array(StrategyVersion).min(1),
});
export type Evolution = z.infer<typeof Evolution>;
