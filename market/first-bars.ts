import type { BarColumns } from '../contracts/bars.ts';

/** The first `count` bars; a view of the same memory. */
export function firstBars({ time, open, high, low, close, volume }: BarColumns, count: number): BarColumns {
  return {
    time: time.subarray(0, count),
    open: open.subarray(0, count),
    high: high.subarray(0, count),
    low: low.subarray(0, count),
    close: close.subarray(0, count),
    volume: volume.subarray(0, count),
  };
}
