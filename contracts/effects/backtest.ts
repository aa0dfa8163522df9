import { z } from 'zod';
import { BarsInfo } from '../bars.ts';
import { LookAheadReport } from '../look-ahead.ts';
import { Metrics } from '../metrics.ts';
import { SignalCandidate } from '../signal-candidate.ts';
import { Symbol } from '../symbol.ts';

/** `sandbox.review`: the validator's verdict on code; its result is a CodeReview. */
export const ReviewRequest = z.object({ code: z.string() });

/** One more bar than the stored ones: what an incoming signal saw. All four prices are the one it named. */
export const Observation = z.object({ time: z.iso.datetime({ offset: true }), price: z.number().positive() });
export type Observation = z.infer<typeof Observation>;

/** `sandbox.backtest`: one run over all bars in a warm container; fills, costs and metrics are computed outside of it. */
export const BacktestRequest = z.object({
  code: z.string(),
  symbol: Symbol,
  signalBars: z.number().int().positive(),
  observation: Observation.optional(),
});
export type BacktestRequest = z.infer<typeof BacktestRequest>;

export const BacktestStepResult = z.object({
  bars: BarsInfo,
  metrics: Metrics,
  /** Changes of the target in the last bars, and the current target. */
  candidates: z.array(SignalCandidate).min(1),
  warmupBars: z.number().int().nonnegative(),
  /** SHA-256 of the stored positions (float64, little-endian, one per bar). */
  positions: z.string(),
  /** SHA-256 of the stored equity curve (float64, little-endian, one per bar). */
  equity: z.string(),
  sandbox: z.object({
    durationMs: z.number(),
    cpuMs: z.number().nullable(),
    peakMemoryBytes: z.number().nullable(),
    stdout: z.string(),
    stderr: z.string(),
  }),
});
export type BacktestStepResult = z.infer<typeof BacktestStepResult>;

/** `sandbox.assess`: the same program on truncated bars, in the same lease where it still lives. */
export const AssessRequest = z.object({
  code: z.string(),
  symbol: Symbol,
  /** SHA-256 of the positions of the full run. */
  positions: z.string(),
  warmupBars: z.number().int().nonnegative(),
  observation: Observation.optional(),
});
export type AssessRequest = z.infer<typeof AssessRequest>;

export const AssessResult = z.object({
  lookAhead: LookAheadReport,
  runs: z.number().int(),
  ms: z.number(),
  reusedLease: z.boolean(),
  /** What chose the truncation points; drawn when the test ran. */
  cutSeed: z.number().int(),
});
export type AssessResult = z.infer<typeof AssessResult>;
