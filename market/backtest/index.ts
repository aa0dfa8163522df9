import type { BarColumns } from '../../contracts/bars.ts';
import { TradewrightError } from '../../contracts/errors.ts';
import { BacktestSettings } from '../../contracts/metrics.ts';
import { simulate, type Simulation } from './simulate.ts';
import { cleanPositions, targetsInForce } from './targets.ts';

export { type Simulation } from './simulate.ts';
export { cleanPositions, targetsInForce } from './targets.ts';

export interface BacktestResult {
  readonly settings: BacktestSettings;
  readonly strategy: Simulation;
  /**
   * The benchmark: the same capital, all of it bought once at the first open after the warm-up (the open of bar `warmupBars` + 1,
   * the first a strategy can trade at), with the same fees and slippage, without leverage, held and marked to the end.
   */
  readonly buyAndHold: Simulation;
  /** The target in force after each bar's decision. */
  readonly targets: Float64Array;
  /** The last bar's: there is no open left to fill it at if it is new, but it is what the strategy wants now. */
  readonly currentTarget: number;
  /** Whether it is new and therefore not in the equity curve yet. */
  readonly currentTargetIsPending: boolean;
}

/**
 * What an account would have done that followed the positions.
 *
 * `positions[i]` is the target decided at the close of bar i, filled at the open of bar i + 1. A position of p means: right after
 * the fill, and after its costs, the holding is worth p × leverage × equity at the open price (negative: sold short). It is traded
 * only when the target moves by more than `rebalanceTolerance` from the last one traded (or to flat, or to the other side); in
 * between the units stay and the weight drifts with the price. NaN is allowed within `warmupBars`, where all is flat.
 *
 * Throws STRATEGY_OUTPUT_INVALID for bad positions, INPUT_INVALID for bad settings.
 */
export function backtest(
  bars: BarColumns,
  positions: Float64Array,
  settings: Partial<BacktestSettings> = {},
): BacktestResult {
  const parsed = BacktestSettings.safeParse(settings);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new TradewrightError(
      'INPUT_INVALID',
      `back-test setting ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}`,
    );
  }
  const { warmupBars, rebalanceTolerance } = parsed.data;
  const count = bars.time.length;
  const targets = targetsInForce(cleanPositions(positions, bars.time, warmupBars), rebalanceTolerance);
  const always = new Float64Array(count).fill(1, Math.min(warmupBars, count));
  const currentTarget = targets[count - 1] ?? 0;
  return {
    settings: parsed.data,
    strategy: simulate(bars, targets, parsed.data),
    buyAndHold: simulate(bars, always, { ...parsed.data, leverage: 1 }),
    targets,
    currentTarget,
    currentTargetIsPending: currentTarget !== (targets[count - 2] ?? 0),
  };
}
