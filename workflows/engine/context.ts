import { TradewrightError } from '../../contracts/errors.ts';
import type { AnyWorkflow, StepContext, StepDefinition, StepRef } from './definition.ts';
import { stepOf, type WorkflowData } from './state.ts';

/** What the functions of a definition see of a workflow. */
export function contextOf(definition: AnyWorkflow, data: WorkflowData): StepContext<unknown> {
  return {
    workflowId: data.workflowId,
    input: definition.input.parse(data.input),
    traceparent: data.traceparent ?? undefined,
    undoing: undoing(data),
    has: (step) => stepOf(data, step.name).result !== undefined,
    resultOf<R>(step: StepRef<R>): R {
      const parsed = step.result.safeParse(stepOf(data, step.name).result);
      if (parsed.success) return parsed.data;
      throw new TradewrightError(
        'STEP_RESULT_INVALID',
        `step ${step.name} has no result that matches its schema`,
        {
          cause: parsed.error,
        },
      );
    },
  };
}

function undoing({ rollback, rejection, cancellation }: WorkflowData): StepContext<unknown>['undoing'] {
  if (!rollback) return undefined;
  const { end, error } = rollback;
  if (end === 'rejected' && rejection) return { end, code: rejection.code, reason: rejection.reason };
  if (end === 'cancelled' && cancellation) {
    return { end, code: 'CANCELLED', reason: cancellation.reason || `cancelled by ${cancellation.by}` };
  }
  return { end, code: error?.code ?? 'INTERNAL', reason: error?.message ?? 'no reason was recorded' };
}

/** @throws INTERNAL when the definition has no such step: the journal belongs to another definition. */
export function definedStep(definition: AnyWorkflow, name: string): StepDefinition<unknown> {
  const step = definition.steps.find((candidate) => candidate.name === name);
  if (!step) {
    throw new TradewrightError(
      'INTERNAL',
      `${definition.name}/${definition.version} has no step called ${name}`,
    );
  }
  return step;
}
