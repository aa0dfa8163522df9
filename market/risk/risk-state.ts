import type { GateSignal, RiskLimits, RiskState } from '../../contracts/risk.ts';
import { DAY_MS, isoTime } from '../timeframe.ts';

/** Ids remembered for the duplicate gate; the store refuses a second publish of older ones too. */
export const REMEMBERED_IDS = 10_000;

export function emptyRiskState(capital: number): RiskState {
  return {
    capital,
    killSwitch: { engaged: false, reason: '' },
    publishedIds: [],
    lastTradeAtMs: {},
    day: isoTime(0).slice(0, 10),
    notionalToday: 0,
    pnlToday: 0,
  };
}

/** Limits that suit one strategy on `capital`: full position, five times the capital a day, a loss of 5 % a day. */
export function defaultRiskLimits(capital: number): RiskLimits {
  return { maxPosition: 1, maxNotionalPerDay: 5 * capital, cooldownMs: 60_000, maxDailyLoss: 0.05 * capital };
}

/** What a signal would trade, currency: |target − previous| × capital. */
export function notionalOf(
  signal: Pick<GateSignal, 'targetPosition' | 'previousPosition'>,
  capital: number,
): number {
  return Math.abs(signal.targetPosition - signal.previousPosition) * capital;
}

/**
 * The instant a signal counts for: the wall clock, but the opening of its own next bar for a historical one, whose day and cooldown
 * belong to the past it was decided in.
 */
export function gateTimeMs(signal: Pick<GateSignal, 'mode' | 'validFrom'>, nowMs: number): number {
  return signal.mode === 'historical' ? Date.parse(signal.validFrom) : nowMs;
}

/** The state with both daily sums at 0 when a new UTC day has begun; a day before the recorded one changes nothing. */
export function onDay(state: RiskState, ms: number): RiskState {
  const day = isoTime(ms).slice(0, 10);
  return day > state.day ? { ...state, day, notionalToday: 0, pnlToday: 0 } : state;
}

/** The state after a signal was published (or reserved to be). The same signal twice changes nothing. */
export function withPublished(state: RiskState, signal: GateSignal, nowMs: number): RiskState {
  if (state.publishedIds.includes(signal.signalId)) return state;
  const atMs = gateTimeMs(signal, nowMs);
  const notional = notionalOf(signal, state.capital);
  const today = onDay(state, atMs);
  return {
    ...today,
    publishedIds: [...today.publishedIds, signal.signalId].slice(-REMEMBERED_IDS),
    lastTradeAtMs:
      notional === 0
        ? today.lastTradeAtMs
        : { ...withoutOld(today.lastTradeAtMs, atMs), [signal.symbol]: atMs },
    notionalToday: today.notionalToday + notional,
  };
}

/** Keeps the record of symbols bounded: what traded over 30 days ago is out of any cooldown. */
function withoutOld(lastTradeAtMs: Readonly<Record<string, number>>, nowMs: number): Record<string, number> {
  return Object.fromEntries(Object.entries(lastTradeAtMs).filter(([, at]) => nowMs - at < 30 * DAY_MS));
}
