import { isTerminal } from '../../contracts/workflow-view.ts';
import type { EffectRef } from './command.ts';
import { contextOf, definedStep } from './context.ts';
import { idempotencyKey } from './decide.ts';
import type { AnyWorkflow } from './definition.ts';
import { stepOf, type WorkflowData } from './state.ts';

/** An effect that ought to be running in this state. */
export interface DueEffect extends EffectRef {
  readonly effect: string;
  readonly idempotencyKey: string;
  readonly timeoutMs: number;
}

/** The effects that ought to be running now: the owner starts what is missing and aborts what is not listed. */
export function dueEffects(definition: AnyWorkflow, data: WorkflowData): readonly DueEffect[] {
  if (isTerminal(data.state)) return [];
  if (data.rollback) {
    return data.rollback.undo.flatMap(({ step, state, attempt }) => {
      const compensation = definedStep(definition, step).compensation;
      if (state !== 'executing' || !compensation) return [];
      const { effect, timeoutMs } = compensation;
      return [
        {
          kind: 'undo' as const,
          step,
          attempt,
          effect,
          timeoutMs,
          idempotencyKey: idempotencyKey(data, { kind: 'undo', step }),
        },
      ];
    });
  }
  return data.stepOrder.flatMap((step) => {
    const { state, attempt } = stepOf(data, step);
    if (state !== 'executing') return [];
    const { effect, timeoutMs } = definedStep(definition, step);
    return [
      {
        kind: 'run' as const,
        step,
        attempt,
        effect,
        timeoutMs,
        idempotencyKey: idempotencyKey(data, { kind: 'run', step }),
      },
    ];
  });
}

/** The input of an effect, built by its definition. May throw what the definition's functions throw. */
export function effectInput(
  definition: AnyWorkflow,
  data: WorkflowData,
  { kind, step: name }: EffectRef,
): unknown {
  const step = definedStep(definition, name);
  const context = contextOf(definition, data);
  return kind === 'run'
    ? step.request(context)
    : step.compensation?.request(context, stepOf(data, name).result);
}

/** The next instant at which a `tick` is due, milliseconds since the epoch; undefined when nothing waits for the clock. */
export function nextTickAt(data: WorkflowData): number | undefined {
  if (isTerminal(data.state)) return undefined;
  const times: number[] = [];
  if (data.rollback) {
    for (const { state, retryAt } of data.rollback.undo)
      if (state === 'pending' && retryAt !== null) times.push(retryAt);
  } else {
    if (data.deadlineAt !== null) times.push(data.deadlineAt);
    if (data.decision) times.push(data.decision.deadlineAt);
    for (const { state, retryAt } of Object.values(data.steps)) {
      if (state === 'pending' && retryAt !== null) times.push(retryAt);
    }
  }
  return times.length === 0 ? undefined : Math.min(...times);
}
