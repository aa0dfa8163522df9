import type { Drawdown } from '../../contracts/metrics.ts';
import { DAY_MS, isoTime } from '../timeframe.ts';

export interface MaxDrawdown {
  /** A positive fraction of the peak. */
  readonly fraction: number;
  /** Null where equity never fell below an earlier value. */
  readonly drawdown: Drawdown | null;
}

/**
 * The largest fall from a running peak, `max over t of 1 − E[t] ÷ max(E[first..t])`, at closes, from bar `first` on. Magdon-Ismail, M.
 * and Atiya, A. (2004), Maximum Drawdown, Risk 17(10), 99–102. Of equally deep ones the earliest. The peak is the last bar at
 * that height before the fall; recovered = a later close at or above the peak.
 */
export function maxDrawdown(equity: Float64Array, time: Float64Array, first: number): MaxDrawdown {
  let peak = first;
  let deepest = { fraction: 0, peak: first, trough: first };
  for (let bar = first; bar < equity.length; bar += 1) {
    const value = equity[bar] as number;
    if (value >= (equity[peak] as number)) peak = bar;
    const fraction = 1 - value / (equity[peak] as number);
    if (fraction > deepest.fraction) deepest = { fraction, peak, trough: bar };
  }
  if (deepest.fraction === 0) return { fraction: 0, drawdown: null };
  const height = equity[deepest.peak] as number;
  const recovery = equity.findIndex((value, bar) => bar > deepest.trough && value >= height);
  const end = recovery < 0 ? equity.length - 1 : recovery;
  const timeOf = (bar: number): number => time[bar] as number;
  return {
    fraction: deepest.fraction,
    drawdown: {
      peakTime: isoTime(timeOf(deepest.peak)),
      troughTime: isoTime(timeOf(deepest.trough)),
      recoveryTime: recovery < 0 ? null : isoTime(timeOf(recovery)),
      bars: end - deepest.peak,
      days: (timeOf(end) - timeOf(deepest.peak)) / DAY_MS,
    },
  };
}
