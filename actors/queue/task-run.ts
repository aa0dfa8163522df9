import { type Failure, toFailure, TradewrightError } from '../../contracts/errors.ts';
import type { Clock } from '../../contracts/ports/clock.ts';
import type { Log } from '../../contracts/ports/log.ts';
import type { DeadLetters, ParsedTask, TaskReplies } from '../../contracts/ports/messaging.ts';
import { type DeliveryNote, noNote, type TaskStore } from '../../contracts/ports/task-store.ts';
import type { Task, TaskReply } from '../../contracts/task.ts';
import { Attempt } from './attempt.ts';
import { RecordKeeper } from './record-keeper.ts';
import { LONGEST_HAND_BACK_MS, type RetryPolicy } from './retry-policy.ts';
import { abandoned, deadTask, deadTypeOf, type Verdict, verdictOn } from './settlement.ts';
import type { ReadTask } from './taken-task.ts';
import type { TaskDefinition, TaskRegistry } from './task-registry.ts';

export interface TaskTools {
  readonly clock: Clock;
  readonly log: Log;
  /** In [0, 1). */
  readonly random: () => number;
  readonly dead: DeadLetters;
  readonly replies: TaskReplies;
  readonly store: TaskStore;
  readonly registry: TaskRegistry;
  readonly retry: RetryPolicy;
  readonly graceMs: number;
}

/**
 * How a delivery ended. `deferred`: it comes again when it is due; `duplicate`: another message has its key. `unacknowledged`: the work is
 * done but NATS may not know; `unsettled`: NATS could not be told anything. Both come again.
 */
export type DeliveryEnd =
  | 'completed'
  | 'retried'
  | 'deferred'
  | 'handed-back'
  | 'duplicate'
  | 'cancelled'
  | 'dead'
  | 'unacknowledged'
  | 'unsettled';

export interface RunEvents {
  /** Its handler has ended, or none began: the place is free. What it took, milliseconds; undefined where none ran. */
  readonly placeFree: (workMs: number | undefined) => void;
  /** It is taken over from a worker that did not bring it to an end. */
  readonly recovered: () => void;
}

/** How long a message whose dead letter could not be stored stays away. */
const STORE_AGAIN_MS = 1_000;

/** Takes one message to its end: run, then acknowledge, hand back or bury. Never throws. */
export class TaskRun {
  readonly job: ReadTask;
  readonly ended: Promise<DeliveryEnd>;
  readonly #tools: TaskTools;
  readonly #events: RunEvents;
  #attempt: Attempt | undefined;
  #told:
    | { readonly kind: 'interrupt' }
    | { readonly kind: 'cancel'; readonly reason: TradewrightError }
    | undefined;
  #note: DeliveryNote = noNote;
  #number = 1;
  #startedAt: number | undefined;
  #keeper: RecordKeeper | undefined;

  /**
   * @param begin `done`: an earlier delivery was run to its end here and only the acknowledgement got lost; an error: nobody wants it
   * any more
   */
  constructor(job: ReadTask, begin: 'run' | 'done' | TradewrightError, tools: TaskTools, events: RunEvents) {
    this.job = job;
    this.#tools = tools;
    this.#events = events;
    if (begin instanceof TradewrightError) this.#told = { kind: 'cancel', reason: begin };
    this.ended = begin === 'done' ? this.#onlyAcknowledge() : this.#take();
  }

  /** The worker stops. */
  interrupt(): void {
    this.#told ??= { kind: 'interrupt' };
    this.#attempt?.interrupt();
  }

  cancel(reason: TradewrightError): void {
    this.#told ??= { kind: 'cancel', reason };
    this.#attempt?.cancel(reason);
  }

  async #onlyAcknowledge(): Promise<DeliveryEnd> {
    this.#events.placeFree(undefined);
    return this.#acknowledge('completed');
  }

  async #take(): Promise<DeliveryEnd> {
    const { parsed, delivery } = this.job;
    try {
      if (delivery.deliveryCount > 1) await this.#readNote();
      this.#number += parsed.journey.attempts + this.#note.failed + this.#note.lost;
      const definition =
        parsed.kind === 'task' ? this.#tools.registry.definition(parsed.task.type) : undefined;
      const verdict =
        parsed.kind === 'malformed' || definition === undefined
          ? notDoable(parsed)
          : (this.#unwanted(parsed.task) ??
            (waitsOrHasKey(parsed.task) ? await this.#elsewhere(parsed.task) : undefined) ??
            (await this.#run(parsed.task, definition)));
      this.#events.placeFree(this.#startedAt && this.#tools.clock.now() - this.#startedAt);
      if (verdict === 'deferred' || verdict === 'duplicate') return await this.#acknowledge(verdict);
      if (verdict.kind === 'done' && nobodyAsks(parsed)) return await this.#acknowledge('completed');
      return await this.#settle(verdict);
    } catch (error) {
      this.#events.placeFree(undefined);
      this.#tools.log.warn({ ...this.#about(), error: toFailure(error) }, 'a task could not be settled yet');
      delivery.retry(STORE_AGAIN_MS);
      return 'unsettled';
    }
  }

  async #readNote(): Promise<void> {
    const { store, log } = this.#tools;
    const { delivery } = this.job;
    try {
      this.#note = await store.notes.read(delivery);
    } catch (error) {
      log.warn({ ...this.#about(), error: toFailure(error) }, 'earlier deliveries of a task are not known');
    }
    const { failed, returned, lost } = this.#note;
    const gone = delivery.deliveryCount - 1 - failed - returned - lost;
    if (gone <= 0) return;
    this.#note = { ...this.#note, lost: lost + gone };
    this.#events.recovered();
  }

  /** Why it is not begun. */
  #unwanted(task: Task): Verdict | undefined {
    if (this.#told?.kind === 'cancel') return { kind: 'cancelled', failure: toFailure(this.#told.reason) };
    const given = abandoned(task, this.#number);
    return given === undefined ? undefined : { kind: 'dead', failure: given };
  }

  /** Whether it goes to the schedule, or is there already. */
  async #elsewhere(task: Task): Promise<'deferred' | 'duplicate' | undefined> {
    const { clock, store } = this.#tools;
    const { delivery, parsed } = this.job;
    if (task.notBefore !== undefined && task.notBefore > clock.now()) {
      await store.schedule.defer(delivery, task.id, task.notBefore, this.#number - 1);
      return 'deferred';
    }
    if (task.dedupForMs === undefined) return undefined;
    const { origin } = await store.keys.claim(task, parsed.journey.origin);
    return origin === parsed.journey.origin ? undefined : 'duplicate';
  }

  async #run(task: Task, definition: TaskDefinition): Promise<Verdict> {
    const { clock, retry, random, graceMs } = this.#tools;
    if (task.keepResult) void this.#keeperOf(task).say('processing');
    this.#startedAt = clock.now();
    this.#attempt = new Attempt((attempt) => this.#work(definition, task, attempt), {
      clock,
      timeoutMs: task.timeoutMs,
      graceMs,
    });
    if (this.#told?.kind === 'interrupt') this.#attempt.interrupt();
    const outcome = await this.#attempt.outcome;
    return verdictOn(outcome, task, this.#number, random, definition.retry ?? retry);
  }

  #work(definition: TaskDefinition, task: Task, attempt: Attempt): Promise<unknown> {
    return definition.run(task, {
      attempt: this.#number,
      get signal() {
        return attempt.signal;
      },
      progress: (note) => {
        this.#tools.log.debug({ ...this.#about(), note }, 'task progress');
        this.#keeper?.progress(note);
      },
    });
  }

  async #settle(verdict: Verdict): Promise<DeliveryEnd> {
    const { clock, log, dead, store } = this.#tools;
    const { lane, delivery, parsed } = this.job;
    const task = parsed.kind === 'task' ? parsed.task : undefined;
    switch (verdict.kind) {
      case 'done':
        await this.#keeper?.say('completed', { result: verdict.result });
        if (task?.replyTo !== undefined)
          await this.#reply(task, { outcome: 'completed', result: verdict.result });
        return this.#acknowledge('completed');
      case 'hand-back':
        void this.#keeper?.say('pending');
        await this.#write({ ...this.#note, returned: this.#note.returned + 1 });
        delivery.retry(0);
        return 'handed-back';
      case 'retry': {
        const { delayMs, failure } = verdict;
        log.warn({ ...this.#about(), delayMs, failure }, 'a task failed and is tried again');
        await this.#keeper?.say('failed', { error: failure });
        if (delayMs > LONGEST_HAND_BACK_MS && task !== undefined) {
          try {
            await store.schedule.defer(delivery, task.id, clock.now() + delayMs, this.#number);
            return await this.#acknowledge('retried');
          } catch (error) {
            log.warn({ ...this.#about(), error: toFailure(error) }, 'a failed task could not be scheduled');
          }
        }
        await this.#write({ ...this.#note, failed: this.#note.failed + 1 });
        delivery.retry(Math.min(delayMs, LONGEST_HAND_BACK_MS));
        return 'retried';
      }
      case 'cancelled':
        log.info({ ...this.#about(), failure: verdict.failure }, 'a task is cancelled');
        if (task !== undefined) await this.#keeperOf(task).say('cancelled', { error: verdict.failure });
        await this.#reply(task, { outcome: 'cancelled', error: verdict.failure });
        return this.#acknowledge('cancelled');
      case 'dead': {
        log.error({ ...this.#about(), failure: verdict.failure }, 'a task goes to the dead letters');
        const death = {
          ...verdict,
          attempts: this.#number,
          lastStartedAt: this.#startedAt,
          journey: parsed.journey,
        };
        // Stored before it leaves the queue: a crash in between buries it twice at worst, which DEAD recognises.
        await dead.publish(deadTask(delivery, task, death, clock.now()), lane, deadTypeOf(task));
        if (task !== undefined) await this.#tellDeath(task, verdict.failure);
        await delivery.discard();
        return 'dead';
      }
    }
  }

  async #acknowledge(
    end: 'completed' | 'retried' | 'deferred' | 'duplicate' | 'cancelled',
  ): Promise<DeliveryEnd> {
    try {
      await this.job.delivery.ack();
      return end;
    } catch (error) {
      this.#tools.log.warn({ ...this.#about(), error: toFailure(error) }, 'an acknowledgement got lost');
      return 'unacknowledged';
    }
  }

  /** Without it the next worker counts an attempt too many. */
  async #write(note: DeliveryNote): Promise<void> {
    try {
      await this.#tools.store.notes.write(this.job.delivery, note);
    } catch (error) {
      this.#tools.log.warn(
        { ...this.#about(), error: toFailure(error) },
        'a note on a task could not be kept',
      );
    }
  }

  #keeperOf(task: Task): RecordKeeper {
    return (this.#keeper ??= new RecordKeeper(task, this.#number, {
      ...this.#tools,
      records: this.#tools.store.records,
    }));
  }

  async #tellDeath(task: Task, failure: Failure): Promise<void> {
    const { registry, log } = this.#tools;
    await this.#keeperOf(task).say('dead_letter', { error: failure });
    await this.#reply(task, { outcome: 'dead', error: failure });
    try {
      await registry.definition(task.type)?.died?.(task, failure);
    } catch (error) {
      log.warn({ taskId: task.id, error: toFailure(error) }, 'the death of a task could not be told');
    }
  }

  /** Best effort: who asked may be gone, and the task's own end does not hang on it. */
  async #reply(task: Task | undefined, body: ReplyBody): Promise<void> {
    if (task?.replyTo === undefined) return;
    const { clock, log, replies } = this.#tools;
    const { outcome, result, error } = body;
    try {
      await replies.send(task.replyTo, {
        schema: 'tradewright.task-reply/1',
        taskId: task.id,
        type: task.type,
        outcome,
        ...(outcome === 'completed' && { result: result ?? null }),
        ...(error && {
          error: { ...error, details: error.details === undefined ? undefined : { ...error.details } },
        }),
        time: clock.now(),
      });
    } catch (thrown) {
      log.warn({ taskId: task.id, error: toFailure(thrown) }, 'a task reply could not be sent');
    }
  }

  #about(): Record<string, unknown> {
    const { delivery, parsed } = this.job;
    return {
      subject: delivery.subject,
      streamSeq: delivery.streamSeq,
      attempt: this.#number,
      ...(parsed.kind === 'task' && { taskId: parsed.task.id }),
    };
  }
}

function notDoable(parsed: ParsedTask): Verdict {
  if (parsed.kind === 'malformed') return { kind: 'dead', failure: parsed.failure };
  const { type } = parsed.task;
  const unknown = new TradewrightError('TASK_TYPE_UNKNOWN', `no worker knows tasks of type ${type}`);
  return { kind: 'dead', failure: toFailure(unknown) };
}

const waitsOrHasKey = ({ notBefore, dedupForMs }: Task): boolean =>
  notBefore !== undefined || dedupForMs !== undefined;

/** Its end is told to nobody but the queue. */
const nobodyAsks = (parsed: ParsedTask): boolean =>
  parsed.kind === 'task' && parsed.task.replyTo === undefined && parsed.task.keepResult !== true;

type ReplyBody = Pick<TaskReply, 'outcome' | 'result'> & { readonly error?: Failure };
