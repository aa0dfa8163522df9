import { unreachable } from '../../contracts/errors.ts';
import type { WorkflowId } from '../../contracts/ids.ts';
import type { WorkflowFact } from '../../contracts/workflow-event.ts';
import type { AnyWorkflow } from './definition.ts';
import { neverStarted, stepOf, type StepStatus, type UndoStatus, type WorkflowData } from './state.ts';

/** An event as far as the state depends on it. */
export interface Occurrence {
  readonly workflowId: WorkflowId;
  readonly seq: number;
  readonly time: number;
  readonly fact: WorkflowFact;
}

/** The state after the event. `definition` is the one the workflow began with; pure. */
export function evolve(
  definition: AnyWorkflow,
  data: WorkflowData | undefined,
  event: Occurrence,
): WorkflowData {
  if (event.fact.type === 'WorkflowStarted') return started(definition, event, event.fact);
  if (!data) throw new Error(`event ${event.seq} of ${event.workflowId} comes before WorkflowStarted`);
  return { ...apply(data, event.fact, event.time), seq: event.seq };
}

function started(
  definition: AnyWorkflow,
  event: Occurrence,
  fact: Extract<WorkflowFact, { type: 'WorkflowStarted' }>,
): WorkflowData {
  const stepOrder = definition.steps.map((step) => step.name);
  return {
    workflowId: event.workflowId,
    seq: event.seq,
    state: 'RUNNING',
    definition: fact.definition,
    input: fact.input,
    dedupKey: fact.dedupKey,
    lane: fact.lane,
    labels: fact.labels,
    deadlineAt: fact.deadlineAt ?? null,
    traceparent: fact.traceparent ?? null,
    startedAt: event.time,
    endedAt: null,
    stepOrder,
    steps: Object.fromEntries(stepOrder.map((name) => [name, neverStarted])),
    decision: null,
    rejection: null,
    cancellation: null,
    rollback: null,
    outcome: null,
    reason: null,
    error: null,
    needsPerson: false,
  };
}

function apply(data: WorkflowData, fact: WorkflowFact, time: number): WorkflowData {
  switch (fact.type) {
    case 'WorkflowStarted':
      return data;
    case 'StepStarted':
      return withStep(data, fact.step, (step) => ({
        ...step,
        state: 'executing',
        attempt: fact.attempt,
        executions: step.executions + 1,
        startedAt: time,
        retryAt: null,
      }));
    case 'StepInterrupted':
      return withStep(data, fact.step, (step) => ({
        ...step,
        state: 'pending',
        interruptions: step.interruptions + 1,
      }));
    case 'StepCompleted':
      return withStep(data, fact.step, ({ error: _, ...step }) => ({
        ...step,
        state: 'completed',
        ms: fact.durationMs,
        result: fact.result,
      }));
    case 'StepAttemptFailed':
      return withStep(data, fact.step, (step) => ({
        ...step,
        state: 'pending',
        failures: step.failures + 1,
        ms: fact.durationMs,
        retryAt: fact.retryAt,
        error: fact.error,
      }));
    case 'StepFailed':
      return {
        ...withStep(data, fact.step, (step) => ({
          ...step,
          state: 'failed',
          failures: step.failures + 1,
          ms: fact.durationMs,
          retryAt: null,
          error: fact.error,
        })),
        error: fact.error,
      };
    case 'StepSkipped':
      return withStep(data, fact.step, (step) => ({ ...step, state: 'skipped' }));
    case 'DecisionRequested':
      return {
        ...data,
        state: 'WAITING',
        decision: { step: fact.step, deadlineAt: fact.deadlineAt, summary: fact.summary },
      };
    case 'DecisionMade':
    case 'DecisionExpired':
      return { ...data, state: 'RUNNING', decision: null };
    case 'WorkflowRejected':
      return { ...data, rejection: { step: fact.step, code: fact.code, reason: fact.reason } };
    case 'WorkflowCancelRequested':
      return { ...data, cancellation: { by: fact.by, reason: fact.reason }, decision: null };
    case 'RollbackStarted':
      return {
        ...data,
        state: 'COMPENSATING',
        decision: null,
        rollback: { end: fact.end, error: fact.error ?? null, undo: fact.steps.map(neverUndone) },
      };
    case 'CompensationStarted':
      return withUndo(
        withStep(data, fact.step, (step) => ({ ...step, state: 'compensating' })),
        fact.step,
        (undo) => ({
          ...undo,
          state: 'executing',
          attempt: fact.attempt,
          startedAt: time,
          retryAt: null,
        }),
      );
    case 'CompensationInterrupted':
      return withUndo(data, fact.step, (undo) => ({
        ...undo,
        state: 'pending',
        interruptions: undo.interruptions + 1,
      }));
    case 'CompensationCompleted':
      return withUndo(
        withStep(data, fact.step, (step) => ({ ...step, state: 'compensated' })),
        fact.step,
        ({ error: _, ...undo }) => ({ ...undo, state: 'completed', retryAt: null }),
      );
    case 'CompensationAttemptFailed':
      return withUndo(data, fact.step, (undo) => ({
        ...undo,
        state: 'pending',
        failures: undo.failures + 1,
        retryAt: fact.retryAt,
        error: fact.error,
      }));
    case 'CompensationFailed':
      return {
        ...withUndo(data, fact.step, (undo) => ({
          ...undo,
          state: 'failed',
          failures: undo.failures + 1,
          retryAt: null,
          error: fact.error,
        })),
        needsPerson: true,
      };
    case 'WorkflowCompleted':
      return {
        ...data,
        state: 'COMPLETED',
        endedAt: time,
        outcome: fact.outcome,
        reason: fact.reason ?? null,
      };
    case 'WorkflowCompensated':
      return { ...data, state: 'COMPENSATED', endedAt: time, outcome: 'compensated', error: fact.error };
    case 'WorkflowFailed':
      return {
        ...data,
        state: 'FAILED',
        endedAt: time,
        outcome: 'failed',
        error: fact.error,
        needsPerson: fact.needsPerson,
      };
    case 'WorkflowCancelled':
      return {
        ...data,
        state: 'CANCELLED',
        endedAt: time,
        outcome: 'cancelled',
        reason: fact.reason,
        needsPerson: fact.needsPerson,
      };
    default:
      return unreachable(fact);
  }
}

function neverUndone(step: string): UndoStatus {
  return {
    step,
    state: 'pending',
    attempt: 0,
    failures: 0,
    interruptions: 0,
    startedAt: null,
    retryAt: null,
  };
}

function withStep(data: WorkflowData, name: string, change: (step: StepStatus) => StepStatus): WorkflowData {
  return { ...data, steps: { ...data.steps, [name]: change(stepOf(data, name)) } };
}

function withUndo(data: WorkflowData, name: string, change: (undo: UndoStatus) => UndoStatus): WorkflowData {
  if (!data.rollback) return data;
  const undo = data.rollback.undo.map((entry) => (entry.step === name ? change(entry) : entry));
  return { ...data, rollback: { ...data.rollback, undo } };
}
