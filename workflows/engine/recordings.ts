import type { Failure } from '../../contracts/errors.ts';
import type { WorkflowEvent } from '../../contracts/workflow-event.ts';
import type { AnyWorkflow } from './definition.ts';
import { effectInput } from './due.ts';
import { evolve } from './evolve.ts';
import { stepOf, type WorkflowData } from './state.ts';

/** One execution of a step as the journal has it. */
export interface Recording {
  readonly step: string;
  readonly round: number;
  readonly effect: string | undefined;
  /** What it was asked; undefined where a fork took its result over. */
  readonly request: unknown;
  /** Of the code or prompt that performed it. */
  readonly revision: string | undefined;
  readonly outcome:
    | { readonly kind: 'result'; readonly result: unknown }
    | { readonly kind: 'error'; readonly error: Failure }
    /** It had not ended, or was told to stop. */
    | { readonly kind: 'none' };
}

/** What a workflow recorded, by step and round. */
export interface Recordings {
  readonly executions: readonly Recording[];
  readonly of: (step: string, round: number | undefined) => Recording | undefined;
  /** Verdicts of persons and deadlines, by step, the last one first. */
  readonly verdictOn: (
    step: string,
  ) => { readonly verdict: 'approve' | 'reject'; readonly by: string } | undefined;
  /** What the events add up to. */
  readonly data: WorkflowData;
}

/** @param definition the one that the workflow began with */
export function recordingsOf(definition: AnyWorkflow, events: readonly WorkflowEvent[]): Recordings {
  const executions = new Map<string, Recording>();
  const verdicts = new Map<string, { verdict: 'approve' | 'reject'; by: string }>();
  let data: WorkflowData | undefined;
  for (const event of events) {
    data = evolve(definition, data, event);
    const { fact } = event;
    switch (fact.type) {
      case 'StepStarted': {
        const { step, attempt, round = 1, revision } = fact;
        const effect = definition.steps.find(({ name }) => name === step);
        executions.set(keyOf(step, round), {
          step,
          round,
          effect: effect?.kind === 'step' ? effect.effect : undefined,
          request: effectInput(definition, data, { kind: 'run', step, attempt }),
          revision,
          outcome: { kind: 'none' },
        });
        break;
      }
      case 'StepCompleted':
        ended(fact.step, fact.round ?? 1, { kind: 'result', result: fact.result });
        break;
      case 'StepFailed':
        ended(fact.step, stepOf(data, fact.step).round ?? 1, { kind: 'error', error: fact.error });
        break;
      case 'StepReused':
        executions.set(keyOf(fact.step, 1), {
          step: fact.step,
          round: 1,
          effect: undefined,
          request: undefined,
          revision: undefined,
          outcome: { kind: 'result', result: fact.result },
        });
        break;
      case 'DecisionMade':
        verdicts.set(fact.step, { verdict: fact.verdict, by: fact.by });
        break;
      case 'DecisionExpired':
        verdicts.set(fact.step, { verdict: fact.verdict, by: 'deadline' });
        break;
      default:
        break;
    }
  }
  if (!data) throw new Error('a workflow has at least one event');
  return {
    executions: [...executions.values()],
    of: (step, round = 1) => executions.get(keyOf(step, round)),
    verdictOn: (step) => verdicts.get(step),
    data,
  };

  function ended(step: string, round: number, outcome: Recording['outcome']): void {
    const recording = executions.get(keyOf(step, round));
    if (recording) executions.set(keyOf(step, round), { ...recording, outcome });
  }
}

const keyOf = (step: string, round: number): string => `${step}/${round}`;
