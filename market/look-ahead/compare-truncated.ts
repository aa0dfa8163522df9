import type { LookAheadMismatch, LookAheadReport } from '../../contracts/look-ahead.ts';
import { isoTime } from '../timeframe.ts';
import { changesAt, LEAST_CUTS } from './truncation-points.ts';

export interface TruncatedRun {
  /** Bars the run was given. */
  readonly cut: number;
  /** Null where the run failed although the full one did not: counts as a difference in its last bar. */
  readonly positions: Float64Array | null;
}

export interface CompareOptions {
  /** Opening instants of all bars, milliseconds. */
  readonly time: Float64Array;
  /** Differences up to `tolerance · max(1, |full|, |truncated|)` are rounding; 1e-9 unless given. */
  readonly tolerance?: number;
  /** Fewer cuts than this fail the test; 20 unless given. */
  readonly leastCuts?: number;
  /** Bound of `mismatches`; 20 unless given, at most 100. */
  readonly maxMismatches?: number;
}

/**
 * Compares every bar of every truncated run with the same bar of the full run. A strategy that decides from the past alone decides the
 * same whether later bars exist or not; any difference means that it looked ahead (or is not deterministic, which is as bad).
 * NaN equals NaN only.
 */
export function compareTruncated(
  full: Float64Array,
  runs: readonly TruncatedRun[],
  options: CompareOptions,
): LookAheadReport {
  const { time, tolerance = 1e-9, leastCuts = LEAST_CUTS } = options;
  const maxMismatches = Math.min(100, options.maxMismatches ?? 20);
  const mismatches: LookAheadMismatch[] = [];
  let compared = 0;
  let mismatchedBars = 0;
  let mismatchedLastBars = 0;
  let worstCuts = 0;
  for (const { cut, positions } of runs) {
    const last = cut - 1;
    const valueAt = (bar: number): number | undefined => positions?.[bar];
    const differing: number[] = [];
    // A failed run gave no bars to compare; its last one, the one it was asked about, stands for them.
    for (let bar = positions === null ? last : 0; bar < Math.max(cut, positions?.length ?? 0); bar += 1) {
      compared += 1;
      if (!alike(full[bar], valueAt(bar), tolerance) || bar > last) differing.push(bar);
    }
    mismatchedBars += differing.length;
    if (differing.length > 0) worstCuts += 1;
    if (differing.includes(last)) mismatchedLastBars += 1;
    for (const bar of new Set([differing[0], differing.at(-1)])) {
      if (bar === undefined || mismatches.length >= maxMismatches) continue;
      mismatches.push({
        cut,
        bar,
        time: isoTime(time[bar] ?? time[time.length - 1] ?? 0),
        full: numberOrNull(full[bar]),
        truncated: numberOrNull(valueAt(bar)),
      });
    }
  }
  const distinctCuts = new Set(runs.map((run) => run.cut)).size;
  const passed = mismatchedBars === 0 && distinctCuts >= leastCuts;
  return {
    cuts: runs.length,
    cutsAtChanges: runs.filter((run) => changesAt(full, run.cut - 1)).length,
    compared,
    mismatchedBars,
    mismatchedLastBars,
    mismatches,
    passed,
    why: whyOf(),
  };

  function whyOf(): string {
    if (mismatchedBars > 0) {
      return `${worstCuts} of ${runs.length} runs on fewer bars decided otherwise than the full run, ${mismatchedLastBars} of them in their last bar: the strategy uses bars that lie ahead, or is not deterministic`;
    }
    if (distinctCuts < leastCuts) {
      return `only ${distinctCuts} different cuts were compared; ${leastCuts} are needed to rule out look-ahead`;
    }
    return `${runs.length} runs on fewer bars decided the same as the full run, at all ${compared} bars`;
  }
}

function alike(full: number | undefined, truncated: number | undefined, tolerance: number): boolean {
  if (full === undefined || truncated === undefined) return false;
  if (Number.isNaN(full) || Number.isNaN(truncated)) return Number.isNaN(full) && Number.isNaN(truncated);
  return Math.abs(full - truncated) <= tolerance * Math.max(1, Math.abs(full), Math.abs(truncated));
}

function numberOrNull(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null;
}
