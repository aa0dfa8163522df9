import { z } from 'zod';
import { Mode, TraceParent } from './envelope.ts';
import { SignalId, StrategyId, WorkflowId } from './ids.ts';
import { Symbol } from './symbol.ts';

/** What any program publishes on `signals.in.<symbol>`: plain JSON, the optional fields may be left out. */
export const SignalIn = z.object({
  schema: z.literal('tradewright.signal-in/1').default('tradewright.signal-in/1'),
  /** The sender's own id: the same id twice is one signal. */
  id: z.string().min(1).max(128),
  symbol: Symbol,
  action: z.enum(['buy', 'sell', 'hold', 'observe']),
  price: z.number().min(1e-9).max(1e12),
  /** When the signal was true, ISO 8601 with zone. */
  time: z.iso.datetime({ offset: true }),
  source: z.string().min(1).max(128).default('unknown'),
  /** How long it holds, milliseconds from `time`. */
  validForMs: z
    .number()
    .int()
    .positive()
    .max(7 * 86_400_000, 'a signal is valid for 7 days at most')
    .default(86_400_000),
  confidence: z.number().min(0).max(1).default(0.5),
  mode: Mode.default('paper'),
  replyTo: z
    .string()
    .max(256)
    .regex(/^(?!\$)[^\s*>]+$/, 'expected a plain NATS subject')
    .optional(),
  traceparent: TraceParent.optional(),
});
export type SignalIn = z.infer<typeof SignalIn>;

export const SignalAction = z.enum(['buy', 'sell', 'short', 'cover', 'hold', 'retract']);
export type SignalAction = z.infer<typeof SignalAction>;

/** What goes out on `signals.out.<symbol>.<strategyId>.<signalId>`: stored once per `signalId`, for ever. */
export const SignalOut = z.object({
  schema: z.literal('tradewright.signal-out/1'),
  signalId: SignalId,
  symbol: Symbol,
  timeframe: z.string(),
  /** The bar at whose close the strategy decided. */
  barTime: z.iso.datetime(),
  action: SignalAction,
  side: z.enum(['long', 'short', 'flat']),
  /** Fractions of the strategy's capital in [-1, 1]. */
  targetPosition: z.number().min(-1).max(1),
  previousPosition: z.number().min(-1).max(1),
  priceReference: z.number().positive(),
  confidence: z.number().min(0).max(1),
  validFrom: z.iso.datetime(),
  validUntil: z.iso.datetime(),
  strategyId: StrategyId,
  strategyVersion: z.number().int().positive(),
  workflowId: WorkflowId,
  /** Path on the gateway where the reasoning behind it can be read. */
  reasoning: z.string(),
  author: z.string(),
  mode: Mode,
  /** For `retract`: the signal taken back. */
  retracts: SignalId.optional(),
  traceparent: TraceParent.optional(),
});
export type SignalOut = z.infer<typeof SignalOut>;

/** Why an incoming signal was refused: on `signals.rejected.<symbol>` and on its `replyTo`. */
export const SignalRejected = z.object({
  schema: z.literal('tradewright.signal-rejected/1'),
  id: z.string().nullable(),
  code: z.string(),
  reason: z.string(),
  time: z.iso.datetime(),
  workflowId: WorkflowId.optional(),
});
export type SignalRejected = z.infer<typeof SignalRejected>;

/** What comes back on `replyTo` when an incoming signal led to outgoing ones. */
export const SignalAnswer = z.object({
  schema: z.literal('tradewright.signal-answer/1'),
  id: z.string(),
  workflowId: WorkflowId,
  outcome: z.string(),
  signals: z.array(SignalOut),
  time: z.iso.datetime(),
});
export type SignalAnswer = z.infer<typeof SignalAnswer>;
