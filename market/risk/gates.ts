import {
  type GateCode,
  type GateName,
  type GateSignal,
  type GateVerdict,
  gateCodes,
  type RiskLimits,
  type RiskState,
} from '../../contracts/risk.ts';
import { isoTime } from '../timeframe.ts';
import { gateTimeMs, notionalOf, onDay } from './risk-state.ts';

type Finding = readonly [code: GateCode, why: string];
interface GateInput {
  readonly signal: GateSignal;
  readonly state: RiskState;
  readonly limits: RiskLimits;
  readonly nowMs: number;
}

const gates: Readonly<Record<GateName, (input: GateInput) => Finding>> = {
  'kill-switch': ({ state }) =>
    state.killSwitch.engaged
      ? ['KILL_SWITCH', `the kill switch is on: ${state.killSwitch.reason || 'no reason given'}`]
      : ['OK', 'the kill switch is off'],

  staleness: ({ signal, nowMs }) => {
    if (signal.mode === 'historical') {
      return [
        'EXEMPT_HISTORICAL',
        `historical signal of ${signal.barTime}: not held against the wall clock, and never to be traded`,
      ];
    }
    if (nowMs < Date.parse(signal.barTime)) {
      return ['FROM_THE_FUTURE', `its bar begins at ${signal.barTime}, but it is ${isoTime(nowMs)}`];
    }
    return nowMs >= Date.parse(signal.validUntil)
      ? ['STALE', `it was valid until ${signal.validUntil}, and it is ${isoTime(nowMs)}`]
      : ['OK', `valid until ${signal.validUntil}`];
  },

  duplicate: ({ signal, state }) =>
    state.publishedIds.includes(signal.signalId)
      ? ['DUPLICATE', `signal ${signal.signalId} has been published before`]
      : ['OK', 'not published before'],

  'max-position': (input) => {
    const { signal, limits } = input;
    const size = Math.abs(signal.targetPosition);
    if (size <= limits.maxPosition) return ['OK', `target ${size} of at most ${limits.maxPosition}`];
    return exemption(input) ?? ['MAX_POSITION', `target ${size} is above the limit of ${limits.maxPosition}`];
  },

  'max-notional': (input) => {
    const { signal, state, limits } = input;
    const notional = notionalOf(signal, state.capital);
    const today = onDay(state, gateTimeMs(signal, input.nowMs)).notionalToday;
    const sum = `${money(today)} today and ${money(notional)} now, of at most ${money(limits.maxNotionalPerDay)} a day`;
    if (today + notional <= limits.maxNotionalPerDay) return ['OK', sum];
    return exemption(input) ?? ['MAX_NOTIONAL', sum];
  },

  cooldown: (input) => {
    const { signal, state, limits } = input;
    const lastMs = state.lastTradeAtMs[signal.symbol];
    if (lastMs === undefined) return ['OK', `no trade of ${signal.symbol} before`];
    const elapsedMs = gateTimeMs(signal, input.nowMs) - lastMs;
    if (elapsedMs >= limits.cooldownMs)
      return ['OK', `${elapsedMs} ms since the last trade of ${signal.symbol}`];
    return (
      exemption(input) ?? [
        'COOLDOWN',
        `${elapsedMs} ms since the last trade of ${signal.symbol}; ${limits.cooldownMs} ms are required`,
      ]
    );
  },

  'max-daily-loss': (input) => {
    const { pnlToday } = onDay(input.state, gateTimeMs(input.signal, input.nowMs));
    const limit = input.limits.maxDailyLoss;
    if (pnlToday > -limit)
      return ['OK', `result today ${money(pnlToday)}, trading stops at ${money(-limit)}`];
    return (
      exemption(input) ?? ['MAX_DAILY_LOSS', `result today ${money(pnlToday)} has reached ${money(-limit)}`]
    );
  },
};

/**
 * Asks every gate, in the order of `gateNames`; a signal may go out when all pass. Pure: `nowMs` is the wall clock. Whoever publishes a
 * batch folds `withPublished` over the state between one signal and the next.
 *
 * Two kinds of signal pass the limits on position, notional, cooldown and loss whatever they say: one that trades nothing, and one
 * that only makes a position smaller. A limit must not lock anyone into a losing position; the kill switch still stops all.
 */
export function checkGates(
  signal: GateSignal,
  state: RiskState,
  limits: RiskLimits,
  nowMs: number,
): GateVerdict[] {
  return Object.entries(gates).map(([gate, check]) => {
    const [code, why] = check({ signal, state, limits, nowMs });
    return { signalId: signal.signalId, gate: gate as GateName, passed: isPassing(code), code, why };
  });
}

const isPassing = (code: GateCode): boolean => (gateCodes.passing as readonly string[]).includes(code);

function exemption({ signal }: GateInput): Finding | undefined {
  const { targetPosition: target, previousPosition: previous } = signal;
  if (target === previous) return ['EXEMPT_NO_TRADE', 'it changes nothing'];
  const reduces = Math.abs(target) < Math.abs(previous) && target * previous >= 0;
  return reduces
    ? ['EXEMPT_REDUCES_RISK', `it only reduces a position, from ${previous} to ${target}`]
    : undefined;
}

const money = (amount: number): string => amount.toFixed(2);
