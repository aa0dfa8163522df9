import { TradewrightError } from '../contracts/errors.ts';

export const MINUTE_MS = 60_000;
export const DAY_MS = 86_400_000;
/** A Gregorian year on average: 365.2425 days. */
export const YEAR_MS = 365.2425 * DAY_MS;

const unitMs = { m: MINUTE_MS, h: 60 * MINUTE_MS, d: DAY_MS, w: 7 * DAY_MS } as const;
type Unit = keyof typeof unitMs;

/** Length of a bar in milliseconds, of a time frame like `1m`, `4h`, `1d`, `1w`. Throws INPUT_INVALID. */
export function timeframeMs(timeframe: string): number {
  const match = /^([1-9]\d{0,3})([mhdw])$/.exec(timeframe);
  if (match === null) {
    throw new TradewrightError(
      'INPUT_INVALID',
      `time frame "${timeframe}": expected a number and m, h, d or w, like 1d`,
    );
  }
  return Number(match[1]) * unitMs[match[2] as Unit];
}

/** The time frame's name of a bar length that is a whole number of minutes; undefined for any other length. */
export function timeframeName(ms: number): string | undefined {
  for (const unit of ['w', 'd', 'h', 'm'] as const) {
    if (ms > 0 && ms % unitMs[unit] === 0 && ms / unitMs[unit] < 10_000) return `${ms / unitMs[unit]}${unit}`;
  }
  return undefined;
}

/**
 * Whether the market keeps weekends: under 5 % of the bars begin on a Saturday or Sunday (UTC). Not 0 %, so that one odd bar does
 * not change what a year is.
 */
export function restsAtWeekends(time: Float64Array): boolean {
  return time.filter(isWeekend).length < 0.05 * time.length;
}

export function isWeekend(ms: number): boolean {
  const day = new Date(ms).getUTCDay();
  return day === 0 || day === 6;
}

/**
 * Bars of one year, for turning per-bar figures into yearly ones. Daily bars of a market with weekends: 252 (the convention for
 * exchange-traded assets). Anything else: measured from the time stamps, `(count − 1) ÷ years between first and last bar`;
 * a series of under two bars falls back to the length of the time frame.
 */
export function barsPerYear(time: Float64Array, timeframe: string): number {
  const lengthMs = timeframeMs(timeframe);
  if (lengthMs === DAY_MS && restsAtWeekends(time)) return 252;
  const first = time[0];
  const last = time[time.length - 1];
  if (first === undefined || last === undefined || last <= first) return YEAR_MS / lengthMs;
  return ((time.length - 1) * YEAR_MS) / (last - first);
}

/**
 * Opening instant of the bar after `ms`, for a bar not yet in the data: one bar length on; for daily and longer bars of a market
 * with weekends moved to Monday. Holidays and intraday session breaks are not known here.
 */
export function nextBarTime(ms: number, timeframe: string, weekends: 'rest' | 'trade'): number {
  const lengthMs = timeframeMs(timeframe);
  let next = ms + lengthMs;
  if (weekends === 'rest' && lengthMs >= DAY_MS) while (isWeekend(next)) next += DAY_MS;
  return next;
}

export const isoTime = (ms: number): string => new Date(ms).toISOString();
