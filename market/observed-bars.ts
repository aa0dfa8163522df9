import type { BarColumns, BarSeries } from '../contracts/bars.ts';
import type { Observation } from '../contracts/effects/backtest.ts';
import { TradewrightError } from '../contracts/errors.ts';
import { barsSha256 } from './data/digest.ts';
import { isoTime, timeframeMs } from './timeframe.ts';

/** Weekends and holidays leave gaps; after a longer one, indicators would join two different markets. */
const LONGEST_GAP_BARS = 10;

/** A price this many times the last close, or that fraction of it, is a slip of the sender or worse. */
const LARGEST_JUMP = 2;

const columns = ['time', 'open', 'high', 'low', 'close', 'volume'] as const;

/**
 * The bars known at the moment of an observation: those that had closed by then, and the bar in progress, of which only the
 * observed price is known.
 * @throws BARS_INVALID when no bar had closed by then, or the last one long before, or at quite another price.
 */
export function observedBars({ info, bars }: BarSeries, observation: Observation): BarSeries {
  const barMs = timeframeMs(info.timeframe);
  const at = Date.parse(observation.time);
  const closed = bars.time.findLastIndex((time) => time + barMs <= at) + 1;
  if (closed === 0) {
    const message = `no bar of ${info.symbol} had closed by ${observation.time}: the data begins at ${info.from}`;
    throw new TradewrightError('BARS_INVALID', message);
  }
  const lastClosed = bars.time[closed - 1] as number;
  // Bars lie on the grid of the data itself: a week need not begin on a Thursday, as the epoch did.
  const opened = lastClosed + Math.floor((at - lastClosed) / barMs) * barMs;
  if (opened - lastClosed > LONGEST_GAP_BARS * barMs) {
    const message = `the data of ${info.symbol} ends ${isoTime(lastClosed)}, too long before ${observation.time}`;
    throw new TradewrightError('BARS_INVALID', message);
  }
  const { price } = observation;
  const ratio = price / (bars.close[closed - 1] as number);
  if (!(ratio >= 1 / LARGEST_JUMP && ratio <= LARGEST_JUMP)) {
    const message = `price ${price} is not within a factor of ${LARGEST_JUMP} of the last close of ${info.symbol}`;
    throw new TradewrightError('BARS_INVALID', message);
  }
  const last = { time: opened, open: price, high: price, low: price, close: price, volume: 0 };
  const observed = Object.fromEntries(
    columns.map((name) => [name, appended(bars[name].subarray(0, closed), last[name])]),
  ) as unknown as BarColumns;
  return {
    bars: observed,
    info: { ...info, count: closed + 1, to: isoTime(opened), sha256: barsSha256(observed) },
  };
}

function appended(values: Float64Array, value: number): Float64Array {
  const longer = new Float64Array(values.length + 1);
  longer.set(values);
  longer[values.length] = value;
  return longer;
}
