import type { Failure } from '../../contracts/errors.ts';
import { TradewrightError } from '../../contracts/errors.ts';
import type { WorkflowId } from '../../contracts/ids.ts';
import type { Task } from '../../contracts/task.ts';
import type { TypeLimits } from './limit-rules.ts';
import type { RetryPolicy } from './retry-policy.ts';

export interface TaskContext {
  /** Aborts when the task's time is up, it is cancelled or the worker stops; what the handler gives after that counts for nothing. */
  readonly signal: AbortSignal;
  /** From 1; attempts that ended with their worker count too. */
  readonly attempt: number;
  /** Says how far it is: any JSON. Can be looked up where the task has `keepResult`. */
  readonly progress: (note: unknown) => void;
}

export interface StartOutcome {
  readonly workflowId: WorkflowId;
}

export interface TaskOptions {
  /** Called once when a task has ended in DEAD. */
  readonly died?: (task: Task, failure: Failure) => Promise<void>;
  /** Instead of the queue's own. */
  readonly retry?: RetryPolicy;
  /** Over all workers together. */
  readonly limits?: TypeLimits;
}

export interface TaskDefinition extends TaskOptions {
  readonly run: (task: Task, context: TaskContext) => Promise<unknown>;
}

/** Who does what: each type of task has one start or one handler. */
export class TaskRegistry {
  readonly #definitions = new Map<string, TaskDefinition>();

  /** `start` resolves once the workflow's first event is durable; the task is done then, the workflow goes on by itself. */
  registerStart(
    type: string,
    start: (task: Task, context: TaskContext) => Promise<StartOutcome>,
    options: TaskOptions = {},
  ): this {
    return this.#register(type, { ...options, run: start });
  }

  /** The task is done when `handler` resolves; what it gives goes to the task's `replyTo`. */
  registerHandler(
    type: string,
    handler: (task: Task, context: TaskContext) => Promise<unknown>,
    options: TaskOptions = {},
  ): this {
    return this.#register(type, { ...options, run: handler });
  }

  definition(type: string): TaskDefinition | undefined {
    return this.#definitions.get(type);
  }

  #register(type: string, definition: TaskDefinition): this {
    if (this.#definitions.has(type))
      throw new TradewrightError('INTERNAL', `task type ${type} is registered twice`);
    const { rate, concurrency } = definition.limits ?? {};
    for (const limit of [rate?.count, rate?.perMs, concurrency])
      if (limit !== undefined && !(limit >= 1))
        throw new TradewrightError('CONFIG_INVALID', `task type ${type}: a limit must be 1 or more`);
    this.#definitions.set(type, definition);
    return this;
  }
}
