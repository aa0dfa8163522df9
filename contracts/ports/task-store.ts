import type { TaskId } from '../ids.ts';
import type { Lane } from '../lanes.ts';
import type { DeadTask, Task } from '../task.ts';
import type { TaskRecord } from '../task-record.ts';
import type { DeadLetters, Delivery, ParsedTask } from './messaging.ts';

/** What earlier deliveries of a message came to: the server counts deliveries only. */
export interface DeliveryNote {
  /** Attempts that failed. */
  readonly failed: number;
  /** Given back without an attempt that counts. */
  readonly returned: number;
  /** Ended with their worker. */
  readonly lost: number;
}
export const noNote: DeliveryNote = { failed: 0, returned: 0, lost: 0 };

export interface DeliveryNotes {
  /** @throws NATS_UNAVAILABLE */
  read(delivery: Pick<Delivery, 'streamSeq' | 'storedAt'>): Promise<DeliveryNote>;
  /** @throws NATS_UNAVAILABLE */
  write(delivery: Pick<Delivery, 'streamSeq' | 'storedAt'>, note: DeliveryNote): Promise<void>;
}

/** State, progress and result of tasks that ask for it. */
export interface TaskRecords {
  get(taskId: TaskId): Promise<TaskRecord | undefined>;
  /** Durable when it resolves. @throws NATS_UNAVAILABLE */
  put(record: TaskRecord): Promise<void>;
}

/** Tasks that wait for their time, durably. */
export interface TaskSchedule {
  /**
   * Stores the message for later; it then comes to its lane again as a new one.
   * @param attempts that failed so far
   * @throws QUEUE_FULL, NATS_UNAVAILABLE
   */
  defer(
    delivery: Pick<Delivery, 'subject' | 'bytes' | 'headers' | 'storedAt' | 'streamSeq' | 'deliveryCount'>,
    taskId: TaskId,
    dueAt: number,
    attempts: number,
  ): Promise<void>;
  /** Takes it out; gives what was there. */
  remove(taskId: TaskId): Promise<ParsedTask | undefined>;
  /** Moves what is due to its lane, until the signal aborts; any number of workers may do it. */
  run(signal: AbortSignal): Promise<void>;
}

export interface LanePause {
  readonly paused: boolean;
  readonly by: string;
  readonly reason: string;
  readonly at: number;
}

/** Which lanes are paused, for all workers, durably. */
export interface LaneControl {
  set(lane: Lane, pause: LanePause): Promise<void>;
  all(): Promise<Readonly<Record<Lane, LanePause | undefined>>>;
  /** Calls with the paused lanes: at once, on each change and after each loss of the connection. */
  follow(listener: (paused: ReadonlySet<Lane>) => void): () => void;
}

export interface Cancellation {
  readonly taskId: TaskId;
  readonly by: string;
  readonly reason: string;
  /** A task stored later is another one. */
  readonly at: number;
}

/** Tasks that are not to be done any more. */
export interface TaskCancels {
  put(cancellation: Cancellation): Promise<void>;
  /** Calls with every cancellation that there is, then `known`, then with each that comes. */
  follow(listener: (cancellation: Cancellation) => void, known: () => void): () => void;
}

/** A small record that several workers change: each change must know what it changes. */
export interface LimitLedger {
  read(type: string): Promise<{ readonly value: unknown; readonly revision: number }>;
  /** False when somebody else was faster. @throws NATS_UNAVAILABLE */
  write(type: string, value: unknown, revision: number): Promise<boolean>;
}

/** Keys that stay taken beyond the stream's window. */
export interface TaskKeys {
  /** Which message has the key: this one, or the one that had it before. `origin` as a {@link TaskJourney} tells it. */
  claim(task: Pick<Task, 'id' | 'dedupForMs'>, origin: string): Promise<{ readonly origin: string }>;
  /** Who has the key now, if anybody. */
  holder(task: Pick<Task, 'id'>): Promise<{ readonly origin: string } | undefined>;
}

/** Everything the queue keeps beside the tasks themselves. */
export interface TaskStore {
  readonly notes: DeliveryNotes;
  readonly records: TaskRecords;
  readonly schedule: TaskSchedule;
  readonly lanes: LaneControl;
  readonly cancels: TaskCancels;
  readonly limits: LimitLedger;
  readonly keys: TaskKeys;
}

/** What people do with tasks and lanes, with or without a worker. */
export interface TaskDesk {
  /** Undefined where nothing is kept: the task has no `keepResult`, or ended more than a week ago. */
  get(taskId: TaskId): Promise<TaskRecord | undefined>;
  /**
   * `cancelled`: it waited for its time and is out of the schedule. `requested`: whoever has it or takes it drops or aborts it, and the
   * answer goes to its `replyTo`. `ended`: too late. @throws NATS_UNAVAILABLE
   */
  cancel(taskId: TaskId, by: string, reason: string): Promise<'cancelled' | 'requested' | 'ended'>;
  /** No worker takes more from the lane until it is resumed; what is at work goes on. Holds across restarts. */
  pause(lane: Lane, by: string, reason: string): Promise<void>;
  resume(lane: Lane, by: string): Promise<void>;
  pauses(): Promise<Readonly<Record<Lane, LanePause | undefined>>>;
}

/** A dead task with its place in DEAD. */
export interface DeadEntry {
  readonly streamSeq: number;
  readonly lane: Lane;
  readonly type: string;
  readonly dead: DeadTask;
}

/** Every field given must fit. */
export interface DeadFilter {
  readonly lane?: Lane | undefined;
  readonly type?: string | undefined;
  /** Of the cause. */
  readonly code?: string | undefined;
  /** Died then or later, milliseconds since the epoch. */
  readonly diedFrom?: number | undefined;
  readonly diedBefore?: number | undefined;
}

export interface DeadPage {
  readonly entries: readonly DeadEntry[];
  /** Where the next page goes on; undefined at the end. */
  readonly next: number | undefined;
}

export interface ReplayOutcome {
  readonly replayed: number;
  /** Come back too often already: they stay, and need a person. */
  readonly capped: number;
  /** Still there, because the queue was full or the limit of this call was reached. */
  readonly left: number;
}

/** The dead-letter stream as a person works with it. */
export interface DeadLetterOffice extends DeadLetters {
  /** Entries after `afterSeq` that fit, oldest first, at most `limit`. */
  list(afterSeq: number, limit: number, filter?: DeadFilter): Promise<DeadPage>;
  get(streamSeq: number): Promise<DeadEntry | undefined>;
  /**
   * Puts the original back where it was and takes the entry away.
   * @param force also when it has come back as often as it may
   * @throws NOT_FOUND, REPLAY_CAPPED, QUEUE_FULL, NATS_UNAVAILABLE
   */
  replay(streamSeq: number, force?: boolean): Promise<void>;
  /** The same with all that fit, at most `limit`. */
  replayAll(filter: DeadFilter, limit: number, force?: boolean): Promise<ReplayOutcome>;
  /** Takes one entry away, for good. */
  purge(streamSeq: number): Promise<boolean>;
  /** All that fit; gives how many. */
  purgeAll(filter: DeadFilter): Promise<number>;
}
