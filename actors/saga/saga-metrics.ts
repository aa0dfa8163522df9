import type { WorkflowEvent } from '../../contracts/workflow-event.ts';

export interface SagaCounts {
  readonly started: number;
  readonly completed: number;
  readonly failed: number;
  readonly compensated: number;
  readonly cancelled: number;
  /** Steps that completed. */
  readonly stepsExecuted: number;
  /** Attempts of steps that failed, last ones included. */
  readonly attemptsFailed: number;
}

type Count = keyof SagaCounts;

/** Counts what became durable in this process: give it to the sagas as `recorded`. Replayed facts do not count again. */
export class SagaMetrics {
  readonly #counts: Record<Count, number> = {
    started: 0,
    completed: 0,
    failed: 0,
    compensated: 0,
    cancelled: 0,
    stepsExecuted: 0,
    attemptsFailed: 0,
  };

  readonly recorded = ({ fact }: Pick<WorkflowEvent, 'fact'>): void => {
    const count = countOf(fact);
    if (count) this.#counts[count] += 1;
  };

  get counts(): SagaCounts {
    return { ...this.#counts };
  }
}

function countOf(fact: WorkflowEvent['fact']): Count | undefined {
  switch (fact.type) {
    case 'WorkflowStarted':
      return 'started';
    case 'WorkflowCompleted':
      return 'completed';
    case 'WorkflowFailed':
      return 'failed';
    case 'WorkflowCompensated':
      return 'compensated';
    case 'WorkflowCancelled':
      return 'cancelled';
    case 'StepCompleted':
      return 'stepsExecuted';
    case 'StepAttemptFailed':
    case 'StepFailed':
      return 'attemptsFailed';
    default:
      return undefined;
  }
}
