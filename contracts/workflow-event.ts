import { z } from 'zod';
import { EpochMs, Failure, TraceParent } from './envelope.ts';
import { EventId, TaskId, WorkflowId } from './ids.ts';
import { Lane } from './lanes.ts';

/** Of a step, a group or a loop of a definition. */
export const StepName = z.string().regex(/^[a-z][a-z0-9-]{0,47}$/);
const Attempt = z.number().int().positive();
/** Of a step in a loop, from 1; absent outside of loops. */
const Round = z.number().int().positive();
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
    /** A fork: results recorded by that workflow before `step` are taken over. */
    forkedFrom: z.object({ workflowId: WorkflowId, step: StepName }).optional(),
  }),
  /** A fork takes over the result that the workflow `from` recorded: the step does not run here. */
  event('StepReused', { step: StepName, from: WorkflowId, result: z.unknown() }),
  event('StepStarted', {
    step: StepName,
    attempt: Attempt,
    idempotencyKey: z.string(),
    timeoutMs: z.number().positive(),
    round: Round.optional(),
    /** Of the code or prompt that performs it, where it has one. */
    revision: z.string().max(256).optional(),
  }),
  /** Its process died while it ran; it starts again under the same key. */
  event('StepInterrupted', { step: StepName, attempt: Attempt }),
  event('StepCompleted', {
    step: StepName,
    attempt: Attempt,
    result: z.unknown(),
    durationMs: z.number(),
    round: Round.optional(),
  }),
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
  /** A person has a step that failed for good tried again, with all its attempts. */
  event('StepRetryRequested', { step: StepName, by: z.string() }),
  /** Told to stop because the workflow ends early; undoing begins once they have. */
  event('StepsAborted', { end: RollbackEnd, steps: z.array(StepName), error: Failure.optional() }),
  /** A round of a loop begins: `steps` are the steps and loops within that begin anew. */
  event('LoopRoundStarted', { loop: StepName, round: Round, steps: z.array(StepName) }),
  /** `exhausted`: it ended because it may not take more rounds. */
  event('LoopEnded', { loop: StepName, rounds: Round, exhausted: z.boolean() }),
  event('TimerSet', { step: StepName, at: EpochMs }),
  event('TimerFired', { step: StepName }),
  event('DecisionRequested', { step: StepName, deadlineAt: EpochMs, summary: z.unknown() }),
  event('DecisionMade', { step: StepName, verdict: DecisionVerdict, by: z.string(), reason: z.string() }),
  event('DecisionExpired', { step: StepName, verdict: DecisionVerdict }),
  event('WorkflowRejected', { step: StepName, code: z.string(), reason: z.string() }),
  /** Nothing new starts; what runs may finish. `needsPerson`: a step failed for good, and its policy asks for a person. */
  event('WorkflowPaused', { by: z.string(), reason: z.string(), needsPerson: z.boolean() }),
  event('WorkflowResumed', { by: z.string() }),
  event('WorkflowCancelRequested', { by: z.string(), reason: z.string() }),
  /** Undoing begins: `steps` in the order in which they are undone; `error` is why, where there was one. */
  event('RollbackStarted', {
    end: RollbackEnd,
    steps: z.array(StepName),
    /** Which round of each of `steps`; absent when none of them is in a loop. */
    rounds: z.array(Round).optional(),
    error: Failure.optional(),
  }),
  event('CompensationStarted', {
    step: StepName,
    attempt: Attempt,
    idempotencyKey: z.string(),
    timeoutMs: z.number().positive(),
    round: Round.optional(),
  }),
  event('CompensationInterrupted', { step: StepName, attempt: Attempt, round: Round.optional() }),
  event('CompensationCompleted', {
    step: StepName,
    attempt: Attempt,
    result: z.unknown(),
    durationMs: z.number(),
    round: Round.optional(),
  }),
  event('CompensationAttemptFailed', {
    step: StepName,
    attempt: Attempt,
    error: Failure,
    durationMs: z.number(),
    retryAt: EpochMs,
    round: Round.optional(),
  }),
  /** Given up: a person must undo it. The rollback goes on with the step before. */
  event('CompensationFailed', {
    step: StepName,
    attempt: Attempt,
    error: Failure,
    durationMs: z.number(),
    round: Round.optional(),
  }),
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

/** A commit as it travels: `json` is its {@link WorkflowEventBatch}, written down once. */
export interface SealedCommit {
  readonly workflowId: WorkflowId;
  readonly commit: number;
  readonly json: string;
}

/** @param rows its events as JSON, in order */
export function sealed(
  { workflowId, commit }: Omit<SealedCommit, 'json'>,
  rows: readonly string[],
): SealedCommit {
  const head = `{"schema":"tradewright.workflow-events/1","workflowId":"${workflowId}","commit":${commit}`;
  return { workflowId, commit, json: `${head},"events":[${rows.join(',')}]}` };
}
