import { z } from 'zod';

/** A bar where a run on fewer bars decided otherwise; null stands for "no number there". */
export const LookAheadMismatch = z.object({
  /** Bars the truncated run was given. */
  cut: z.number().int().positive(),
  /** Index of the bar, 0-based. */
  bar: z.number().int().nonnegative(),
  time: z.iso.datetime(),
  full: z.number().nullable(),
  truncated: z.number().nullable(),
});
export type LookAheadMismatch = z.infer<typeof LookAheadMismatch>;

/** Whether a strategy decides the same when it cannot see what comes later. */
export const LookAheadReport = z.object({
  /** Truncated runs compared. */
  cuts: z.number().int().nonnegative(),
  /** How many of them end on a bar where the full run changes its target: where a peek shows best. */
  cutsAtChanges: z.number().int().nonnegative(),
  /** Bars compared, over all cuts. */
  compared: z.number().int().nonnegative(),
  mismatchedBars: z.number().int().nonnegative(),
  /** Cuts whose very last bar differs: the mark of a peek at the next bar. */
  mismatchedLastBars: z.number().int().nonnegative(),
  /** The first and the last differing bar of each cut, up to a bound. */
  mismatches: z.array(LookAheadMismatch).max(100),
  passed: z.boolean(),
  /** One sentence. */
  why: z.string(),
});
export type LookAheadReport = z.infer<typeof LookAheadReport>;
