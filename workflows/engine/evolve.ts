import { unreachable } from '../../contracts/errors.ts';
import type { WorkflowId } from '../../contracts/ids.ts';
import type { WorkflowFact } from '../../contracts/workflow-event.ts';
import { isTerminal, type WorkflowState } from '../../contracts/workflow-view.ts';
import type { AnyWorkflow } from './definition.ts';
import { inRound, neverStarted, stepOf, type WorkflowData, withStep } from './state.ts';
import { loopRoundStarted, retryRequested, resumed } from './evolve-turns.ts';
import { undoingWentOn } from './evolve-undo.ts';

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
  const next = apply(data, event.fact, event.time);
  return { ...next, state: isTerminal(next.state) ? next.state : openState(next), seq: event.seq };
}

function openState({ halting, rollback, paused, decision, steps }: WorkflowData): WorkflowState {
  if (halting || rollback) return 'COMPENSATING';
  if (paused) return 'PAUSED';
  if (decision) return 'WAITING';
  let waits = false;
  for (const name in steps) {
    const { state, retryAt } = steps[name] ?? neverStarted;
    if (state === 'executing' || retryAt !== null) return 'RUNNING';
    waits ||= state === 'waiting';
  }
  return waits ? 'WAITING' : 'RUNNING';
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
    loops: {},
    completions: [],
    past: [],
    paused: null,
    halting: null,
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
        budgetFrom: step.budgetFrom ?? time,
        retryAt: null,
      }));
    case 'StepInterrupted':
      return withStep(data, fact.step, (step) => ({
        ...step,
        state: 'pending',
        interruptions: step.interruptions + 1,
      }));
    case 'StepCompleted':
      return {
        ...withStep(data, fact.step, ({ error: _, ...step }) => ({
          ...step,
          state: 'completed',
          ms: fact.durationMs,
          result: fact.result,
        })),
        completions: [...data.completions, { step: fact.step, ...inRound(stepOf(data, fact.step).round) }],
      };
    case 'StepReused':
      return withStep(data, fact.step, (step) => ({ ...step, state: 'completed', result: fact.result }));
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
        // A step that was told to stop is not why the workflow ends.
        error: data.halting ? data.error : fact.error,
      };
    case 'StepSkipped':
      return withStep(data, fact.step, (step) => ({ ...step, state: 'skipped' }));
    case 'StepRetryRequested':
      return retryRequested(data, fact.step);
    case 'StepsAborted':
      return { ...data, decision: null, halting: { end: fact.end, error: fact.error ?? null } };
    case 'LoopRoundStarted':
      return loopRoundStarted(data, fact);
    case 'LoopEnded':
      return { ...data, loops: { ...data.loops, [fact.loop]: { round: fact.rounds, ended: true } } };
    case 'TimerSet':
      return withStep(data, fact.step, (step) => ({
        ...step,
        state: 'waiting',
        startedAt: time,
        wakeAt: fact.at,
      }));
    case 'TimerFired':
      return withStep(data, fact.step, ({ wakeAt: _, ...step }) => ({
        ...step,
        state: 'completed',
        ms: time - (step.startedAt ?? time),
      }));
    case 'WorkflowPaused': {
      const { by, reason, needsPerson } = fact;
      return { ...data, paused: { by, reason, needsPerson, since: data.paused?.since ?? time } };
    }
    case 'WorkflowResumed':
      return resumed(data, time);
    case 'DecisionRequested':
      return {
        ...withStep(data, fact.step, (step) =>
          step.state === 'pending' ? { ...step, state: 'waiting', startedAt: time } : step,
        ),
        decision: { step: fact.step, deadlineAt: fact.deadlineAt, summary: fact.summary },
      };
    case 'DecisionMade':
      return decided(data, fact.step, time, { verdict: fact.verdict, by: fact.by, reason: fact.reason });
    case 'DecisionExpired':
      return decided(data, fact.step, time, { verdict: fact.verdict, by: 'deadline', reason: '' });
    case 'WorkflowRejected':
      return { ...data, rejection: { step: fact.step, code: fact.code, reason: fact.reason } };
    case 'WorkflowCancelRequested':
      return { ...data, cancellation: { by: fact.by, reason: fact.reason }, decision: null };
    case 'RollbackStarted':
    case 'CompensationStarted':
    case 'CompensationInterrupted':
    case 'CompensationCompleted':
    case 'CompensationAttemptFailed':
    case 'CompensationFailed':
      return undoingWentOn(data, fact, time);
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

/** A decision that is a node of its own is done with it, and its verdict is its result. */
function decided(data: WorkflowData, name: string, time: number, result: unknown): WorkflowData {
  return {
    ...withStep(data, name, (step) =>
      step.state === 'waiting'
        ? { ...step, state: 'completed', ms: time - (step.startedAt ?? time), result }
        : step,
    ),
    decision: null,
  };
}
