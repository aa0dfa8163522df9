import { type Failure, toFailure } from '../../contracts/errors.ts';
import type { RollbackEnd, WorkflowFact } from '../../contracts/workflow-event.ts';
import { attemptTimeoutMs, idempotencyKey, INTERRUPTION_LIMIT, nextAttemptAt, tooOften } from './attempts.ts';
import type { EffectRef } from './command.ts';
import { definedStep } from './context.ts';
import { type Decision, type Draft, ignored } from './draft.ts';
import type { AnyWorkflow } from './definition.ts';
import {
  type Execution,
  inRound,
  sameExecution,
  stepOf,
  type UndoStatus,
  type WorkflowData,
} from './state.ts';

/**
 * The workflow ends early. What runs is told to stop, and undoing waits until it has: whether it had its effect is known only
 * then.
 */
export function rollBack(draft: Draft, end: RollbackEnd, error: Failure | undefined): void {
  const steps = executingSteps(draft.data);
  const why = error === undefined ? {} : { error };
  if (steps.length > 0) draft.add({ type: 'StepsAborted', end, steps: [...steps], ...why });
  else startRollback(draft, end, error);
}

export function reject(draft: Draft, step: string, code: string, reason: string): void {
  draft.add({ type: 'WorkflowRejected', step, code, reason });
  rollBack(draft, 'rejected', undefined);
}

export function executingSteps({ stepOrder, steps }: WorkflowData): readonly string[] {
  return stepOrder.filter((name) => steps[name]?.state === 'executing');
}

/** Undoing begins once nothing runs any more. */
export function progressHalting(draft: Draft): boolean {
  const { halting } = draft.data;
  if (!halting || executingSteps(draft.data).length > 0) return false;
  startRollback(draft, halting.end, halting.error ?? undefined);
  return true;
}

function startRollback(draft: Draft, end: RollbackEnd, error: Failure | undefined): void {
  const executions = toUndo(draft.definition, draft.data);
  draft.add({
    type: 'RollbackStarted',
    end,
    steps: executions.map(({ step }) => step),
    ...(executions.some(({ round }) => round !== undefined)
      ? { rounds: executions.map(({ round = 1 }) => round) }
      : {}),
    ...(error === undefined ? {} : { error }),
  });
}

/** What is undone, the latest completed first; before that, steps whose failed or cut-off attempt may have had an effect. */
function toUndo(definition: AnyWorkflow, data: WorkflowData): readonly Execution[] {
  const undoable = new Map(
    definition.steps.flatMap((step) =>
      step.kind === 'step' && step.compensation ? [[step.name, step] as const] : [],
    ),
  );
  const unsure = [...undoable.values()].reverse().flatMap(({ name, mayHaveHadEffect }) => {
    const { state, startedAt, round } = stepOf(data, name);
    const ended = state === 'completed' || state === 'skipped';
    return mayHaveHadEffect && startedAt !== null && !ended ? [{ step: name, ...inRound(round) }] : [];
  });
  return [...unsure, ...data.completions.filter(({ step }) => undoable.has(step)).reverse()];
}

export function progressUndo(draft: Draft): boolean {
  const { data, definition, at } = draft;
  for (const undo of data.rollback?.undo ?? []) {
    if (undo.state === 'completed' || undo.state === 'failed') continue;
    if (undo.state === 'executing') return false;
    if (undo.retryAt !== null && undo.retryAt > at.now) return false;
    startUndo(draft, definition, undo);
    return true;
  }
  draft.add(endOfRollback(data));
  return true;
}

function startUndo(draft: Draft, definition: AnyWorkflow, undo: UndoStatus): void {
  const { step, round, budgetFrom } = undo;
  const attempt = undo.attempt + 1;
  const compensation = definedStep(definition, step).compensation;
  if (undo.interruptions >= INTERRUPTION_LIMIT) {
    const error = toFailure(tooOften(step));
    draft.add({ type: 'CompensationFailed', step, attempt, error, durationMs: 0, ...inRound(round) });
    return;
  }
  draft.add({
    type: 'CompensationStarted',
    step,
    attempt,
    idempotencyKey: idempotencyKey(draft.data, { kind: 'undo', step, ...inRound(round) }),
    timeoutMs: compensation ? attemptTimeoutMs(compensation, budgetFrom, draft.at.now) : 1,
    ...inRound(round),
  });
}

const late = ignored('the result of an old attempt');

function runningUndo({ data }: Draft, { step, attempt, round }: EffectRef): UndoStatus | undefined {
  return data.rollback?.undo.find(
    (entry) =>
      sameExecution(entry, { step, ...inRound(round) }) &&
      entry.state === 'executing' &&
      entry.attempt === attempt,
  );
}

export function undoSucceeded(draft: Draft, effect: EffectRef, result: unknown): Decision | undefined {
  const undo = runningUndo(draft, effect);
  if (!undo) return late;
  const { step, attempt, round } = effect;
  const durationMs = draft.at.now - (undo.startedAt ?? draft.at.now);
  draft.add({
    type: 'CompensationCompleted',
    step,
    attempt,
    result: result ?? null,
    durationMs,
    ...inRound(round),
  });
  return undefined;
}

export function undoFailed(draft: Draft, effect: EffectRef, error: Failure): Decision | undefined {
  const undo = runningUndo(draft, effect);
  if (!undo) return late;
  const { step, attempt } = effect;
  const durationMs = draft.at.now - (undo.startedAt ?? draft.at.now);
  const retry = definedStep(draft.definition, step).compensation?.retry;
  const failures = undo.failures + 1;
  const retryAt = retry && nextAttemptAt(retry, { ...undo, failures }, error, draft.at);
  const what = { step, attempt, error, durationMs, ...inRound(effect.round) };
  if (retryAt === undefined) draft.add({ type: 'CompensationFailed', ...what });
  else draft.add({ type: 'CompensationAttemptFailed', ...what, retryAt });
  return undefined;
}

function endOfRollback({ rollback, rejection, cancellation, needsPerson }: WorkflowData): WorkflowFact {
  const undo = rollback?.undo ?? [];
  const failedUndo = undo.find((entry) => entry.state === 'failed');
  const undoFailure: Failure | undefined = failedUndo && {
    code: 'UNDO_FAILED',
    kind: 'terminal',
    message: `step ${failedUndo.step} could not be undone: ${failedUndo.error?.message ?? 'no reason given'}`,
  };
  switch (rollback?.end) {
    case 'rejected':
      return undoFailure
        ? { type: 'WorkflowFailed', error: undoFailure, needsPerson: true }
        : {
            type: 'WorkflowCompleted',
            outcome: 'rejected',
            reason: `${rejection?.code}: ${rejection?.reason}`,
          };
    case 'cancelled':
      return {
        type: 'WorkflowCancelled',
        by: cancellation?.by ?? 'unknown',
        reason: cancellation?.reason ?? '',
        needsPerson,
      };
    default: {
      const error = rollback?.error ?? toFailure(new Error('rolled back without a cause'));
      return undoFailure || undo.length === 0
        ? { type: 'WorkflowFailed', error, needsPerson: undoFailure !== undefined }
        : { type: 'WorkflowCompensated', error };
    }
  }
}
