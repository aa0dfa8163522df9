import { isTerminal } from '../../contracts/workflow-view.ts';
import { attemptTimeoutMs, idempotencyKey } from './attempts.ts';
import type { EffectRef } from './command.ts';
import { contextOf, definedStep } from './context.ts';
import type { AnyWorkflow } from './definition.ts';
import { executingSteps } from './rollback.ts';
import {
  inRound,
  resultOfExecution,
  stepOf,
  type StepStatus,
  type UndoStatus,
  type WorkflowData,
} from './state.ts';

/** An effect that ought to be running in this state. */
export interface DueEffect extends EffectRef {
  readonly effect: string;
  readonly idempotencyKey: string;
  readonly timeoutMs: number;
  readonly heartbeatMs: number | undefined;
  /** It ought to stop; how it ended is still awaited. */
  readonly aborting: boolean;
}

/** The effects that ought to be running now: the owner starts what is missing and aborts what is not listed. */
export function dueEffects(definition: AnyWorkflow, data: WorkflowData): readonly DueEffect[] {
  if (isTerminal(data.state)) return [];
  if (data.rollback) return data.rollback.undo.flatMap((undo) => dueUndo(definition, data, undo));
  return executingSteps(data).map((name) => {
    const { attempt, startedAt, budgetFrom, round } = stepOf(data, name);
    const step = definedStep(definition, name);
    return {
      kind: 'run',
      step: name,
      attempt,
      effect: step.effect,
      timeoutMs: attemptTimeoutMs(step, budgetFrom, startedAt ?? 0),
      heartbeatMs: step.heartbeatMs,
      idempotencyKey: idempotencyKey(data, { kind: 'run', step: name, ...inRound(round) }),
      aborting: data.halting !== null,
    };
  });
}

function dueUndo(
  definition: AnyWorkflow,
  data: WorkflowData,
  { step, round, state, attempt, startedAt, budgetFrom }: UndoStatus,
): readonly DueEffect[] {
  const compensation = definedStep(definition, step).compensation;
  if (state !== 'executing' || !compensation) return [];
  return [
    {
      kind: 'undo',
      step,
      attempt,
      ...inRound(round),
      effect: compensation.effect,
      timeoutMs: attemptTimeoutMs(compensation, budgetFrom, startedAt ?? 0),
      heartbeatMs: undefined,
      idempotencyKey: idempotencyKey(data, { kind: 'undo', step, ...inRound(round) }),
      aborting: false,
    },
  ];
}

/** The input of an effect, built by its definition. May throw what the definition's functions throw. */
export function effectInput(
  definition: AnyWorkflow,
  data: WorkflowData,
  { kind, step: name, round }: EffectRef,
): unknown {
  const step = definedStep(definition, name);
  const context = contextOf(definition, data);
  return kind === 'run'
    ? step.request(context)
    : step.compensation?.request(context, resultOfExecution(data, { step: name, ...inRound(round) }));
}

/** The next instant at which a `tick` is due, milliseconds since the epoch; undefined when nothing waits for the clock. */
export function nextTickAt({
  state,
  halting,
  rollback,
  deadlineAt,
  paused,
  decision,
  steps,
}: WorkflowData): number | undefined {
  if (isTerminal(state) || halting) return undefined;
  let next = Infinity;
  if (rollback) {
    for (const undo of rollback.undo)
      if (undo.state === 'pending' && undo.retryAt !== null) next = Math.min(next, undo.retryAt);
  } else {
    if (deadlineAt !== null) next = deadlineAt;
    if (decision && !paused) next = Math.min(next, decision.deadlineAt);
    for (const name in paused ? {} : steps) next = Math.min(next, awaitedAt(steps[name]));
  }
  return next === Infinity ? undefined : next;
}

function awaitedAt(step: StepStatus | undefined): number {
  if (step?.state === 'waiting') return step.wakeAt ?? Infinity;
  return step?.state === 'pending' ? (step.retryAt ?? Infinity) : Infinity;
}
