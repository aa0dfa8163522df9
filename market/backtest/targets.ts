import { TradewrightError } from '../../contracts/errors.ts';
import { isoTime } from '../timeframe.ts';

/** Positions may overshoot ±1 by rounding only, and anything this near to 0 is meant to be flat. */
const ROUNDING = 1e-9;

/**
 * Checks a strategy's positions against its contract and returns a clean copy: one per bar, 0 within the warm-up (whatever stands
 * there, NaN included), after it finite and in [-1, 1]. Throws STRATEGY_OUTPUT_INVALID naming the first bad bar.
 */
export function cleanPositions(
  positions: Float64Array,
  time: Float64Array,
  warmupBars: number,
): Float64Array {
  if (positions.length !== time.length) {
    throw new TradewrightError(
      'STRATEGY_OUTPUT_INVALID',
      `expected one position per bar, ${time.length}, got ${positions.length}`,
      { details: { expected: time.length, got: positions.length } },
    );
  }
  return positions.map((position, bar) => {
    if (bar < warmupBars) return 0;
    if (!(Math.abs(position) <= 1 + ROUNDING)) {
      throw new TradewrightError(
        'STRATEGY_OUTPUT_INVALID',
        `position ${position} at bar ${bar} (${isoTime(time[bar] ?? 0)}), after ${warmupBars} bars of warm-up: ` +
          'expected a number in [-1, 1]',
        { details: { bar, warmupBars } },
      );
    }
    return Math.abs(position) < ROUNDING ? 0 : Math.min(1, Math.max(-1, position));
  });
}

/** Whether a wish is far enough from the target in force to be traded. Going flat and turning round always are. */
export function isTargetChange(inForce: number, wanted: number, tolerance: number): boolean {
  if (wanted === inForce) return false;
  if (inForce !== 0 && (wanted === 0 || Math.sign(wanted) !== Math.sign(inForce))) return true;
  return Math.abs(wanted - inForce) > tolerance;
}

/**
 * The target in force after each bar's decision: the last wish that was far enough from the one before it to be traded. The
 * back-test trades these changes and signals are read off the same ones, so what is published is what was tested. Causal: a bar's
 * value depends on no later bar.
 */
export function targetsInForce(positions: Float64Array, tolerance: number): Float64Array {
  let inForce = 0;
  return positions.map((wanted) => {
    if (isTargetChange(inForce, wanted, tolerance)) inForce = wanted;
    return inForce;
  });
}
