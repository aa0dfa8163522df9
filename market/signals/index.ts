import type { BarColumns } from '../../contracts/bars.ts';
import { TradewrightError } from '../../contracts/errors.ts';
import type { CandidateAction, SignalCandidate } from '../../contracts/signal-candidate.ts';
import { cleanPositions, targetsInForce } from '../backtest/index.ts';
import { isoTime, nextBarTime, restsAtWeekends } from '../timeframe.ts';

export interface SignalOptions {
  /** How many of the last bars' changes are wanted, at least 1. */
  readonly lastBars: number;
  /** Of the bars, like `1d`: tells when the bars after the last one open. */
  readonly timeframe: string;
  /** Bars in which nothing is decided; 0 unless given. */
  readonly warmupBars?: number;
  /** As in the back-test, so that signals are the trades it made; 0.01 unless given. */
  readonly rebalanceTolerance?: number;
}

/**
 * The changes of the target in the last bars, oldest first, and always the last bar's target, as a `hold` where it did not change.
 * The last element is what the strategy wants now. Throws STRATEGY_OUTPUT_INVALID for bad positions, INPUT_INVALID without bars.
 */
export function signalCandidates(
  bars: BarColumns,
  positions: Float64Array,
  options: SignalOptions,
): SignalCandidate[] {
  const { lastBars, timeframe, warmupBars = 0, rebalanceTolerance = 0.01 } = options;
  const count = bars.time.length;
  if (count === 0 || !(lastBars >= 1)) {
    throw new TradewrightError('INPUT_INVALID', 'signals need at least one bar, and lastBars of at least 1');
  }
  const targets = targetsInForce(cleanPositions(positions, bars.time, warmupBars), rebalanceTolerance);
  const weekends = restsAtWeekends(bars.time) ? 'rest' : 'trade';
  const candidates: SignalCandidate[] = [];
  for (let bar = Math.max(0, count - Math.floor(lastBars)); bar < count; bar += 1) {
    const target = targets[bar] ?? 0;
    const previous = bar === 0 ? 0 : (targets[bar - 1] ?? 0);
    if (target === previous && bar < count - 1) continue;
    const opensAt = (index: number): number =>
      bars.time[index] ?? nextBarTime(opensAt(index - 1), timeframe, weekends);
    candidates.push({
      barTime: isoTime(opensAt(bar)),
      action: actionOf(previous, target),
      side: target > 0 ? 'long' : target < 0 ? 'short' : 'flat',
      targetPosition: target,
      previousPosition: previous,
      priceReference: bars.close[bar] as number,
      validFrom: isoTime(opensAt(bar + 1)),
      validUntil: isoTime(opensAt(bar + 2)),
    });
  }
  return candidates;
}

/** The customary name of the order that leads from one target to the next; see `CandidateAction`. */
export function actionOf(previous: number, target: number): CandidateAction {
  if (target === previous) return 'hold';
  if (target > previous) return target > 0 ? 'buy' : 'cover';
  return target < 0 ? 'short' : 'sell';
}
