import type { Failure } from '../../contracts/errors.ts';
import type { WorkflowId } from '../../contracts/ids.ts';
import type { Task } from '../../contracts/task.ts';
import { TradewrightError } from '../../contracts/errors.ts';

export interface TaskContext {
  /** Aborts when the task's time is up or the worker stops; what the handler gives after that counts for nothing. */
  readonly signal: AbortSignal;
  /** From 1; deliveries to workers that died before they were done count too. */
  readonly attempt: number;
  /** Says in the log how far it is. */
  readonly progress: (note: string) => void;
}

export interface StartOutcome {
  readonly workflowId: WorkflowId;
}

/** Called once when a task has ended in DEAD. */
export type TaskDied = (task: Task, failure: Failure) => Promise<void>;

export interface TaskDefinition {
  readonly run: (task: Task, context: TaskContext) => Promise<unknown>;
  readonly died?: TaskDied;
}

/** Who does what: each type of task has one start or one handler. */
export class TaskRegistry {
  readonly #definitions = new Map<string, TaskDefinition>();

  /** `start` resolves once the workflow's first event is durable; the task is done then, the workflow goes on by itself. */
  registerStart(
    type: string,
    start: (task: Task, context: TaskContext) => Promise<StartOutcome>,
    died?: TaskDied,
  ): this {
    return this.#register(type, { run: start, ...(died && { died }) });
  }

  /** The task is done when `handler` resolves; what it gives goes to the task's `replyTo`. */
  registerHandler(
    type: string,
    handler: (task: Task, context: TaskContext) => Promise<unknown>,
    died?: TaskDied,
  ): this {
    return this.#register(type, { run: handler, ...(died && { died }) });
  }

  definition(type: string): TaskDefinition | undefined {
    return this.#definitions.get(type);
  }

  #register(type: string, definition: TaskDefinition): this {
    if (this.#definitions.has(type))
      throw new TradewrightError('INTERNAL', `task type ${type} is registered twice`);
    this.#definitions.set(type, definition);
    return this;
  }
}
