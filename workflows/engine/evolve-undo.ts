import { unreachable } from '../../contracts/errors.ts';
import type { WorkflowFact } from '../../contracts/workflow-event.ts';
import {
  type Execution,
  inRound,
  sameExecution,
  stepOf,
  type UndoStatus,
  withStep,
  type WorkflowData,
} from './state.ts';

type UndoFact = Extract<WorkflowFact, { type: 'RollbackStarted' | `Compensation${string}` }>;

/** Facts of undoing, evolved. */
export function undoingWentOn(data: WorkflowData, fact: UndoFact, time: number): WorkflowData {
  switch (fact.type) {
    case 'RollbackStarted':
      return {
        ...data,
        halting: null,
        paused: null,
        decision: null,
        rollback: {
          end: fact.end,
          error: fact.error ?? null,
          undo: fact.steps.map((step, at) => neverUndone(undone(data, step, fact.rounds?.[at]))),
        },
      };
    case 'CompensationStarted':
      return withUndo(
        withStep(data, fact.step, (step) => ({ ...step, state: 'compensating' })),
        fact,
        (undo) => ({
          ...undo,
          state: 'executing',
          attempt: fact.attempt,
          startedAt: time,
          budgetFrom: undo.budgetFrom ?? time,
          retryAt: null,
        }),
      );
    case 'CompensationInterrupted':
      return withUndo(data, fact, (undo) => ({
        ...undo,
        state: 'pending',
        interruptions: undo.interruptions + 1,
      }));
    case 'CompensationCompleted':
      return withUndo(
        withStep(data, fact.step, (step) => ({ ...step, state: 'compensated' })),
        fact,
        ({ error: _, ...undo }) => ({ ...undo, state: 'completed', retryAt: null }),
      );
    case 'CompensationAttemptFailed':
      return withUndo(data, fact, (undo) => ({
        ...undo,
        state: 'pending',
        failures: undo.failures + 1,
        retryAt: fact.retryAt,
        error: fact.error,
      }));
    case 'CompensationFailed':
      return {
        ...withUndo(data, fact, (undo) => ({
          ...undo,
          state: 'failed',
          failures: undo.failures + 1,
          retryAt: null,
          error: fact.error,
        })),
        needsPerson: true,
      };
    default:
      return unreachable(fact);
  }
}

/** The event counts rounds from 1 for steps outside of loops too. */
function undone(data: WorkflowData, step: string, round: number | undefined): Execution {
  return { step, ...(stepOf(data, step).round === undefined ? {} : inRound(round)) };
}

function neverUndone(execution: Execution): UndoStatus {
  return {
    ...execution,
    state: 'pending',
    attempt: 0,
    failures: 0,
    interruptions: 0,
    startedAt: null,
    budgetFrom: null,
    retryAt: null,
  };
}

function withUndo(
  data: WorkflowData,
  execution: Execution,
  change: (undo: UndoStatus) => UndoStatus,
): WorkflowData {
  if (!data.rollback) return data;
  const undo = data.rollback.undo.map((entry) => (sameExecution(entry, execution) ? change(entry) : entry));
  return { ...data, rollback: { ...data.rollback, undo } };
}
