import { TradewrightError } from '../contracts/errors.ts';
import type { Database, WriteOperation } from './database.ts';

/** Decides at the moment of writing what is written; runs synchronously, with nobody in between. */
export type WriteTask<T> = () => { readonly operations: readonly WriteOperation[]; readonly result: T };

interface Waiting {
  readonly task: WriteTask<unknown>;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

const MAX_WAITING = 100_000;
const MAX_TASKS_A_COMMIT = 1_000;
const MAX_OPERATIONS_A_COMMIT = 10_000;

export interface CommitHooks {
  /** What belongs to the commit as a whole, added last. */
  seal(): readonly WriteOperation[];
  committed(): void;
  /** Nothing of the commit counts. */
  failed(): void;
}

/** The only writer: whatever waits when the disk is ready goes into one fsynced batch. */
export class GroupWriter {
  readonly #database: Database;
  readonly #hooks: CommitHooks;
  #waiting: Waiting[] = [];
  #draining: Promise<void> | undefined;
  #closed = false;

  constructor(database: Database, hooks: CommitHooks) {
    this.#database = database;
    this.#hooks = hooks;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** @throws DISK_FULL; STORE_CLOSED; QUEUE_FULL when far too much waits; what the task throws */
  submit<T>(task: WriteTask<T>): Promise<T> {
    if (this.#closed) return Promise.reject(new TradewrightError('STORE_CLOSED', 'the store is closed'));
    if (this.#waiting.length >= MAX_WAITING) {
      return Promise.reject(
        new TradewrightError('QUEUE_FULL', `${MAX_WAITING} writes wait for the journal already`),
      );
    }
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ task, resolve: resolve as (result: unknown) => void, reject });
      this.#draining ??= this.#drain();
    });
  }

  /** Writes what is waiting, then takes no more. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#draining;
  }

  async #drain(): Promise<void> {
    // Lets everybody who appends in this turn of the event loop into the first commit.
    await Promise.resolve();
    while (this.#waiting.length > 0) await this.#commit(this.#waiting.splice(0, MAX_TASKS_A_COMMIT));
    this.#draining = undefined;
  }

  async #commit(taken: Waiting[]): Promise<void> {
    const done: (() => void)[] = [];
    try {
      await this.#database.ensureWritable();
      const operations = this.#gather(taken, done);
      if (operations.length > 0) {
        await this.#database.write(operations);
        this.#hooks.committed();
      }
    } catch (error) {
      this.#hooks.failed();
      for (const { reject } of taken) reject(error);
      return;
    }
    for (const tell of done) tell();
  }

  /** Runs the tasks; those that make the commit too large go back to the head of the queue. */
  #gather(taken: Waiting[], done: (() => void)[]): WriteOperation[] {
    const operations: WriteOperation[] = [];
    for (const [index, waiting] of taken.entries()) {
      if (operations.length >= MAX_OPERATIONS_A_COMMIT) {
        this.#waiting.unshift(...taken.splice(index));
        break;
      }
      try {
        const { operations: own, result } = waiting.task();
        for (const operation of own) operations.push(operation);
        done.push(() => waiting.resolve(result));
      } catch (error) {
        waiting.reject(error);
      }
    }
    if (operations.length > 0) operations.push(...this.#hooks.seal());
    return operations;
  }
}
