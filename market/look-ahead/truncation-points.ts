import { TradewrightError } from '../../contracts/errors.ts';
import { seededRandom } from './seeded-random.ts';

/** Fewer cuts do not prove anything. */
export const LEAST_CUTS = 20;
/** As many cuts as there can be, up to this, end where the positions change. */
export const CUTS_AT_CHANGES = 12;
/** How far from a change still counts as its region, bars. */
const REGION_BARS = 8;

export interface TruncationOptions {
  /** At least 20; 24 unless given. */
  readonly cuts?: number;
  readonly seed: number;
  /** The shortest prefix to run, in bars: above the warm-up. */
  readonly minBars: number;
  /** Positions of the full run: tells where a peek would show. */
  readonly positions?: Float64Array;
}

/**
 * Lengths of prefixes of `count` bars on which to run a strategy again, ascending and distinct; the same arguments give the same
 * ones. Half of them, and at least 12 where the positions change that often, end on a bar in which the full run changes its target
 * (a `shift(-1)` shows only in a prefix's last bar, and mostly there), spread over all changes; the others are spread over the
 * whole series, the longest prefix (count − 1) among them. Where fewer prefixes exist than asked for, all of them.
 *
 * Run them in this order, and in a process that has not seen longer series: a program that keeps bars between calls would otherwise
 * know the future it is tested on. Throws INPUT_INVALID for fewer than 20 cuts.
 */
export function truncationPoints(count: number, options: TruncationOptions): number[] {
  const { cuts = 24, seed, positions } = options;
  if (!(Number.isInteger(cuts) && cuts >= LEAST_CUTS)) {
    throw new TradewrightError(
      'INPUT_INVALID',
      `look-ahead test: expected at least ${LEAST_CUTS} cuts, got ${cuts}`,
    );
  }
  const shortest = Math.max(1, Math.ceil(options.minBars));
  const all = range(shortest, count - 1);
  if (all.length <= cuts) return all;

  const random = seededRandom(seed);
  const chosen = new Set<number>([count - 1]);
  const wanted = Math.max(CUTS_AT_CHANGES, Math.floor(cuts / 2));
  if (positions !== undefined) {
    // First the changes themselves; only where they are too few also the bars around them.
    for (let radius = 0; radius <= REGION_BARS && chosen.size - 1 < wanted; radius += 1) {
      const near = cutsNearChanges(positions, radius, shortest, count - 1).filter((cut) => !chosen.has(cut));
      for (const cut of spread(near, wanted - (chosen.size - 1), random)) chosen.add(cut);
    }
  }
  const others = all.filter((cut) => !chosen.has(cut));
  for (const cut of spread(others, cuts - chosen.size, random)) chosen.add(cut);
  return [...chosen].sort((a, b) => a - b);
}

/** Whether a bar's position differs from the one before it; two NaN are alike. */
export function changesAt(positions: Float64Array, bar: number): boolean {
  const now = positions[bar] ?? Number.NaN;
  const before = positions[bar - 1] ?? Number.NaN;
  if (Number.isNaN(now) || Number.isNaN(before)) return Number.isNaN(now) !== Number.isNaN(before) && bar > 0;
  return Math.abs(now - before) > 1e-9;
}

/** Prefix lengths whose last bar is `radius` bars before or after a change. */
function cutsNearChanges(
  positions: Float64Array,
  radius: number,
  shortest: number,
  longest: number,
): number[] {
  const near = new Set<number>();
  for (let bar = 1; bar < positions.length; bar += 1) {
    if (!changesAt(positions, bar)) continue;
    for (const cut of [bar + 1 - radius, bar + 1 + radius])
      if (cut >= shortest && cut <= longest) near.add(cut);
  }
  return [...near].sort((a, b) => a - b);
}

/** One of each of `wanted` equally large strata of the candidates, so they lie all over; all of them where there are too few. */
function spread(candidates: readonly number[], wanted: number, random: () => number): number[] {
  if (candidates.length <= wanted) return [...candidates];
  return Array.from({ length: wanted }, (_, stratum) => {
    const from = Math.floor((stratum * candidates.length) / wanted);
    const to = Math.floor(((stratum + 1) * candidates.length) / wanted);
    return candidates[from + Math.floor(random() * (to - from))] as number;
  });
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index);
}
