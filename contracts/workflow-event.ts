import { z } from 'zod';
import { EpochMs, Failure, TraceParent } from './envelope.ts';
import { EventId, TaskId, WorkflowId } from './ids.ts';
import { Lane } from './lanes.ts';

const StepName = z.string().regex(/^[a-z][a-z0-9-]{0,47}$/);
const Attempt = z.number().int().positive();
const event = <const T extends string, S extends z.ZodRawShape>(type: T, shape: S) =>
  z.object({ type: z.literal(type), ...shape });

/** What an ended or rolled-back workflow goes to once its compensations are through. */
export const RollbackEnd = z.enum(['failed', 'rejected', 'cancelled']);
export type RollbackEnd = z.infer<typeof RollbackEnd>;

export const DecisionVerdict = z.enum(['approve', 'reject']);
export type DecisionVerdict = z.infer<typeof DecisionVerdict>;

/** The facts of a workflow, in the past tense. A change of a shape makes a new `v` and an upcaster. */
export const WorkflowFact = z.discriminatedUnion('type', [
  event('WorkflowStarted', {
    definition: z.object({ name: z.string(), version: z.number().int().positive() }),
    input: z.unknown(),
    dedupKey: z.string(),
    taskId: TaskId.optional(),
    lane: Lane,
    labels: z.record(z.string(), z.string()),
    deadlineAt: EpochMs.optional(),
    traceparent: TraceParent.optional(),
  }),
  event('StepStarted', {
    step: StepName,
    attempt: Attempt,
    idempotencyKey: z.string(),
    timeoutMs: z.number().positive(),
  }),
  /** Its process died while it ran; it starts again under the same key. */
  event('StepInterrupted', { step: StepName, attempt: Attempt }),
  event('StepCompleted', { step: StepName, attempt: Attempt, result: z.unknown(), durationMs: z.number() }),
  event('StepAttemptFailed', {
    step: StepName,
    attempt: Attempt,
    error: Failure,
    durationMs: z.number(),
    /** When the next attempt is due. */
    retryAt: EpochMs,
  }),
  event('StepFailed', { step: StepName, attempt: Attempt, error: Failure, durationMs: z.number() }),
  event('StepSkipped', { step: StepName, reason: z.string() }),
  event('DecisionRequested', { step: StepName, deadlineAt: EpochMs, summary: z.unknown() }),
  event('DecisionMade', { step: StepName, verdict: DecisionVerdict, by: z.string(), reason: z.string() }),
  event('DecisionExpired', { step: StepName, verdict: DecisionVerdict }),
  event('WorkflowRejected', { step: StepName, code: z.string(), reason: z.string() }),
  event('WorkflowCancelRequested', { by: z.string(), reason: z.string() }),
  /** Undoing begins: `steps` in the order in which they are undone; `error` is why, where there was one. */
  event('RollbackStarted', { end: RollbackEnd, steps: z.array(StepName), error: Failure.optional() }),
  event('CompensationStarted', {
    step: StepName,
    attempt: Attempt,
    idempotencyKey: z.string(),
    timeoutMs: z.number().positive(),
  }),
  event('CompensationInterrupted', { step: StepName, attempt: Attempt }),
  event('CompensationCompleted', {
    step: StepName,
    attempt: Attempt,
    result: z.unknown(),
    durationMs: z.number(),
  }),
  event('CompensationAttemptFailed', {
    step: StepName,
    attempt: Attempt,
    error: Failure,
    durationMs: z.number(),
    retryAt: EpochMs,
  }),
  /** Given up: a person must undo it. The rollback goes on with the step before. */
  event('CompensationFailed', { step: StepName, attempt: Attempt, error: Failure, durationMs: z.number() }),
  event('WorkflowCompleted', { outcome: z.string(), reason: z.string().optional() }),
  event('WorkflowCompensated', { error: Failure }),
  event('WorkflowFailed', { error: Failure, needsPerson: z.boolean() }),
  event('WorkflowCancelled', { by: z.string(), reason: z.string(), needsPerson: z.boolean() }),
]);
export type WorkflowFact = z.infer<typeof WorkflowFact>;
export type WorkflowFactOf<T extends WorkflowFact['type']> = Extract<WorkflowFact, { type: T }>;

/** A fact with its place and circumstances: the journal is the audit log. */
export const WorkflowEvent = z.object({
  schema: z.literal('tradewright.workflow-event/1'),
  id: EventId,
  workflowId: WorkflowId,
  /** From 1, without gaps, per workflow. */
  seq: z.number().int().positive(),
  time: EpochMs,
  /** Who caused it: `saga`, a person's name, a program. */
  actor: z.string(),
  /** What caused it: the command's id or the effect's key. */
  cause: z.string(),
  stateBefore: z.string(),
  stateAfter: z.string(),
  fact: WorkflowFact,
});
export type WorkflowEvent = z.infer<typeof WorkflowEvent>;

/** One commit's events as one message on `events.<workflowId>`. */
export const WorkflowEventBatch = z.object({
  schema: z.literal('tradewright.workflow-events/1'),
  workflowId: WorkflowId,
  /** The journal's commit number: strictly increasing over all workflows. */
  commit: z.number().int().positive(),
  events: z.array(WorkflowEvent).min(1),
});
export type WorkflowEventBatch = z.infer<typeof WorkflowEventBatch>;
