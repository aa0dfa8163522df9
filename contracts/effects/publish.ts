import { z } from 'zod';
import { Author } from '../author.ts';
import { Mode, TraceParent } from '../envelope.ts';
import { ReservationId, SignalId, StrategyId, WorkflowId } from '../ids.ts';
import { Metrics } from '../metrics.ts';
import { DecisionRisk, GateVerdict } from '../risk.ts';
import { SignalCandidate } from '../signal-candidate.ts';
import { SignalIn, SignalOut } from '../signal.ts';
import { Symbol } from '../symbol.ts';

const origin = {
  workflowId: WorkflowId,
  strategyId: StrategyId,
  version: z.number().int().positive(),
  symbol: Symbol,
  timeframe: z.string(),
  mode: Mode,
  candidates: z.array(SignalCandidate),
};

/** `router.decide`: scores the whole run, asks the risk gates, and holds the limits that the signals will use. */
export const DecideRequest = z.object({
  ...origin,
  codeRisk: z.number(),
  metrics: Metrics,
  lookAheadPassed: z.boolean(),
  confidence: z.number().min(0).max(1),
});
export type DecideRequest = z.infer<typeof DecideRequest>;

export const DecideResult = z.object({
  decisionRisk: DecisionRisk,
  gates: z.array(GateVerdict),
  /** What passed the gates; the refused ones' reasons stand in `gates`. */
  candidates: z.array(SignalCandidate),
  /** Null when there is nothing to publish. */
  reservationId: ReservationId.nullable(),
});
export type DecideResult = z.infer<typeof DecideResult>;

/** `router.release`: gives back what `router.decide` held. Without an id it is found by the decide step's own key. */
export const ReleaseRequest = z.object({ workflowId: WorkflowId, reservationId: ReservationId.nullable() });
export type ReleaseRequest = z.infer<typeof ReleaseRequest>;

/** `router.publish`: every candidate becomes a stored signal, exactly once; the strategy becomes the symbol's active one. */
export const PublishRequest = z.object({
  ...origin,
  reservationId: ReservationId.nullable(),
  confidence: z.number().min(0).max(1),
  author: Author,
  traceparent: TraceParent.optional(),
  /** The incoming signal that is answered, if there was one. */
  answers: SignalIn.optional(),
});
export type PublishRequest = z.infer<typeof PublishRequest>;

export const PublishResult = z.object({
  signals: z.array(SignalOut),
  alreadyStored: z.number().int().nonnegative(),
});
export type PublishResult = z.infer<typeof PublishResult>;

/** `router.retract` gets what `router.publish` got: a retraction for each signal of the step that was stored; none is sent for one that never was. */
export const RetractResult = z.object({ retracted: z.array(SignalId) });
export type RetractResult = z.infer<typeof RetractResult>;

/** `router.refuse`: tells the sender of an incoming signal why nothing came of it. */
export const RefuseRequest = z.object({
  signal: SignalIn,
  code: z.string(),
  reason: z.string(),
  workflowId: WorkflowId,
});
export type RefuseRequest = z.infer<typeof RefuseRequest>;
