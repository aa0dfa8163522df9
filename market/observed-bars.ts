import type { BarColumns, BarSeries } from '../contracts/bars.ts';
import type { Observation } from '../contracts/effects/backtest.ts';
import { TradewrightError } from '../contracts/errors.ts';
import { barsSha256 } from './data/digest.ts';
import { timeframeMs } from './timeframe.ts';

const columns = ['time', 'open', 'high', 'low', 'close', 'volume'] as const;

/**
 * The bars known at the moment of an observation: those that had closed by then, and the bar in progress, of which only the
 * observed price is known.
 * @throws BARS_INVALID when no bar had closed by then.
 */
export function observedBars({ info, bars }: BarSeries, observation: Observation): BarSeries {
  const barMs = timeframeMs(info.timeframe);
  const at = Date.parse(observation.time);
  const opened = Math.floor(at / barMs) * barMs;
  const closed = bars.time.findLastIndex((time) => time + barMs <= at) + 1;
  if (closed === 0) {
    const message = `no bar of ${info.symbol} had closed by ${observation.time}: the data begins at ${info.from}`;
    throw new TradewrightError('BARS_INVALID', message);
  }
  const { price } = observation;
  const last = { time: opened, open: price, high: price, low: price, close: price, volume: 0 };
  const observed = Object.fromEntries(
    columns.map((name) => [name, appended(bars[name].subarray(0, closed), last[name])]),
  ) as unknown as BarColumns;
  return {
    bars: observed,
    info: { ...info, count: closed + 1, to: new Date(opened).toISOString(), sha256: barsSha256(observed) },
  };
}

function appended(values: Float64Array, value: number): Float64Array {
  const longer = new Float64Array(values.length + 1);
  longer.set(values);
  longer[values.length] = value;
  return longer;
}
