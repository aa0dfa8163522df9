import { z } from 'zod';
import { SignalId } from './ids.ts';
import { SignalOut } from './signal.ts';
import { CandidateAction } from './signal-candidate.ts';

/** What the gates need to know of an outgoing signal. Retractions do not pass them: taking back is always allowed. */
export const GateSignal = SignalOut.pick({
  signalId: true,
  symbol: true,
  mode: true,
  barTime: true,
  targetPosition: true,
  previousPosition: true,
  validFrom: true,
  validUntil: true,
}).extend({ action: CandidateAction });
export type GateSignal = z.infer<typeof GateSignal>;

/**
 * What an account has done so far. Keep one for live, one for paper, and a fresh one for each historical workflow: a replay of the
 * past must not use up today's limits.
 */
export const RiskState = z.object({
  /** Currency; a position of 1 is worth this much. */
  capital: z.number().positive(),
  killSwitch: z.object({ engaged: z.boolean(), reason: z.string() }),
  /** Ids of published signals, oldest first, bounded. */
  publishedIds: z.array(z.string()),
  /** Symbol → when its last trade was signalled, milliseconds since the epoch. */
  lastTradeAtMs: z.record(z.string(), z.number()),
  /** The UTC day (YYYY-MM-DD) that the two sums below belong to. */
  day: z.string(),
  notionalToday: z.number().nonnegative(),
  /** Currency; a loss is negative. Whoever knows the account's result writes it. */
  pnlToday: z.number(),
});
export type RiskState = z.infer<typeof RiskState>;

export const RiskLimits = z.object({
  /** Largest |target position|, fraction of capital. */
  maxPosition: z.number().min(0).max(1),
  /** Currency. */
  maxNotionalPerDay: z.number().nonnegative(),
  /** Least time between two trades of a symbol, milliseconds. */
  cooldownMs: z.number().nonnegative(),
  /** Currency, a positive number; reached = refused. */
  maxDailyLoss: z.number().positive(),
});
export type RiskLimits = z.infer<typeof RiskLimits>;

export const gateNames = [
  'kill-switch',
  'staleness',
  'duplicate',
  'max-position',
  'max-notional',
  'cooldown',
  'max-daily-loss',
] as const;
export const GateName = z.enum(gateNames);
export type GateName = z.infer<typeof GateName>;

/** Stable reasons. The first row lets a signal pass, the second refuses it. */
export const gateCodes = {
  passing: ['OK', 'EXEMPT_HISTORICAL', 'EXEMPT_REDUCES_RISK', 'EXEMPT_NO_TRADE'],
  refusing: [
    'KILL_SWITCH',
    'STALE',
    'FROM_THE_FUTURE',
    'DUPLICATE',
    'MAX_POSITION',
    'MAX_NOTIONAL',
    'COOLDOWN',
    'MAX_DAILY_LOSS',
  ],
} as const;
export const GateCode = z.enum([...gateCodes.passing, ...gateCodes.refusing]);
export type GateCode = z.infer<typeof GateCode>;

export const GateVerdict = z.object({
  signalId: SignalId,
  gate: GateName,
  passed: z.boolean(),
  code: GateCode,
  why: z.string(),
});
export type GateVerdict = z.infer<typeof GateVerdict>;

export const riskComponentNames = [
  'look-ahead',
  'code-risk',
  'drawdown',
  'sharpe',
  'few-trades',
  'cost-drag',
  'confidence',
  'mode',
] as const;
export const RiskComponent = z.object({
  name: z.enum(riskComponentNames),
  points: z.number(),
  why: z.string(),
});
export type RiskComponent = z.infer<typeof RiskComponent>;

export const DECISION_ASK_FROM = 30;
export const DECISION_REJECT_ABOVE = 70;

/** The risk of acting on a whole run: the sum of the points, at most 100. Below 30 approved, above 70 rejected, between: ask. */
export const DecisionRisk = z.object({
  score: z.number().min(0).max(100),
  components: z.array(RiskComponent),
  verdict: z.enum(['approve', 'ask', 'reject']),
});
export type DecisionRisk = z.infer<typeof DecisionRisk>;
