import { type Failure, toFailure } from '../../contracts/errors.ts';
import type { Clock } from '../../contracts/ports/clock.ts';
import type { Log } from '../../contracts/ports/log.ts';
import type { TaskRecords } from '../../contracts/ports/task-store.ts';
import type { Task } from '../../contracts/task.ts';
import type { TaskRecord, TaskState } from '../../contracts/task-record.ts';

/** A result longer than that as JSON is told on `replyTo` only. */
const RESULT_LIMIT_CHARS = 64 * 1024;
/** Between two notes of a handler's progress; the last one is always written. */
const PROGRESS_EVERY_MS = 100;

interface Tools {
  readonly clock: Clock;
  readonly log: Log;
  readonly records: TaskRecords;
}

/** Writes down what becomes of one task, where it asks for that; one write at a time, the latest word last. */
export class RecordKeeper {
  readonly #tools: Tools;
  readonly #task: Task;
  readonly #attempt: number;
  #progress: unknown;
  #writing: Promise<void> = Promise.resolve();
  #cancelNote: (() => void) | undefined;
  #notedAt = 0;

  constructor(task: Task, attempt: number, tools: Tools) {
    this.#task = task;
    this.#attempt = attempt;
    this.#tools = tools;
  }

  /** Never throws: what is told does not decide what is done. */
  say(state: TaskState, more: { readonly result?: unknown; readonly error?: Failure } = {}): Promise<void> {
    if (!this.#task.keepResult) return this.#writing;
    if (state !== 'processing') this.#cancelNote?.();
    return (this.#writing = this.#writing.then(() => this.#write(state, more)));
  }

  progress(note: unknown): void {
    this.#progress = note;
    if (!this.#task.keepResult || this.#cancelNote !== undefined) return;
    const { clock } = this.#tools;
    const waitMs = Math.max(0, this.#notedAt + PROGRESS_EVERY_MS - clock.now());
    this.#cancelNote = clock.schedule(waitMs, () => {
      this.#cancelNote = undefined;
      this.#notedAt = clock.now();
      void this.say('processing');
    });
  }

  async #write(
    state: TaskState,
    { result, error }: { readonly result?: unknown; readonly error?: Failure },
  ): Promise<void> {
    const { clock, log, records } = this.#tools;
    const { id: taskId, type, lane } = this.#task;
    try {
      const kept = bounded(result);
      const record: TaskRecord = {
        schema: 'tradewright.task-record/1',
        taskId,
        type,
        lane,
        state,
        attempt: this.#attempt,
        ...(this.#progress === undefined ? {} : { progress: bounded(this.#progress) ?? null }),
        ...(kept === undefined ? {} : { result: kept }),
        ...(result !== undefined && kept === undefined ? { resultTooLarge: true } : {}),
        ...(error && { error: { ...error, details: error.details && { ...error.details } } }),
        updatedAt: clock.now(),
      };
      await records.put(record);
    } catch (thrown) {
      log.warn({ taskId, state, error: toFailure(thrown) }, 'the state of a task could not be kept');
    }
  }
}

const bounded = (value: unknown): unknown =>
  value === undefined || (JSON.stringify(value) ?? '').length > RESULT_LIMIT_CHARS ? undefined : value;
