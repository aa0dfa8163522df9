import { isTerminal } from '../../contracts/workflow-view.ts';
import { attemptTimeoutMs, idempotencyKey } from './attempts.ts';
import type { EffectRef } from './command.ts';
import { contextOf, definedStep } from './context.ts';
import type { AnyWorkflow } from './definition.ts';
import { executingSteps } from './rollback.ts';
import { inRound, resultOfExecution, stepOf, type UndoStatus, type WorkflowData } from './state.ts';

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
export function nextTickAt(data: WorkflowData): number | undefined {
  if (isTerminal(data.state) || data.halting) return undefined;
  const times: number[] = [];
  if (data.rollback) {
    for (const { state, retryAt } of data.rollback.undo)
      if (state === 'pending' && retryAt !== null) times.push(retryAt);
  } else {
    if (data.deadlineAt !== null) times.push(data.deadlineAt);
    if (!data.paused) times.push(...awaitedTimes(data));
  }
  return times.length === 0 ? undefined : Math.min(...times);
}

function awaitedTimes({ decision, steps }: WorkflowData): readonly number[] {
  return [
    ...(decision ? [decision.deadlineAt] : []),
    ...Object.values(steps).flatMap(({ state, retryAt, wakeAt }) => {
      if (state === 'waiting' && wakeAt !== undefined) return [wakeAt];
      return state === 'pending' && retryAt !== null ? [retryAt] : [];
    }),
  ];
}
