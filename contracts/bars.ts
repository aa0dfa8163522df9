import { z } from 'zod';

/**
 * Bars as columns of equal length, oldest first. `time` is the bar's opening instant in milliseconds since the epoch, UTC,
 * strictly increasing; prices are in the symbol's quote currency and above 0; volume is in units of the base, at least 0.
 */
export interface BarColumns {
  readonly time: Float64Array;
  readonly open: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
  readonly volume: Float64Array;
}

/** Where a series of bars came from, as it is shown beside every result. */
export const BarsInfo = z.object({
  symbol: z.string(),
  source: z.string(),
  timeframe: z.string(),
  count: z.number().int().nonnegative(),
  from: z.iso.datetime(),
  to: z.iso.datetime(),
  /** SHA-256 over the columns, hex: two results on the same digest used the same data. */
  sha256: z.string(),
});
export type BarsInfo = z.infer<typeof BarsInfo>;

export interface BarSeries {
  readonly info: BarsInfo;
  readonly bars: BarColumns;
}
