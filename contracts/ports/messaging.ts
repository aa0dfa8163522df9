import type { Failure } from '../errors.ts';
import type { RunId, WorkflowId } from '../ids.ts';
import type { Lane } from '../lanes.ts';
import type { SignalAnswer, SignalIn, SignalOut, SignalRejected } from '../signal.ts';
import type { LiveChannel } from '../subjects.ts';
import type { DeadTask, Task, TaskReply } from '../task.ts';
import type { SealedCommit, WorkflowEventBatch } from '../workflow-event.ts';

/** A message taken from a lane; exactly one of the endings is called, once. */
export interface Delivery {
  readonly subject: string;
  readonly bytes: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
  /** 1 for the first delivery. */
  readonly deliveryCount: number;
  /** Stream sequence. */
  readonly streamSeq: number;
  readonly storedAt: number;
  /** Messages of the lane that were behind this one when it was taken. */
  readonly behind: number;
  /** Done: it leaves the queue. Resolves when the server has confirmed. */
  ack(): Promise<void>;
  /** Again, after `delayMs` (short ones only: it keeps a place in the in-flight window). */
  retry(delayMs: number): void;
  /** Never again: it leaves the queue. The caller has stored it in DEAD first. */
  discard(): Promise<void>;
  /** Still working: the ack wait starts anew. */
  working(): void;
}

export type Stored = { readonly kind: 'stored' | 'duplicate'; readonly streamSeq: number };

/** Tasks in, durable once `publish` resolves. */
export interface TaskProducer {
  /**
   * `duplicate` when the same key was taken before: within the stream's window, or within the task's own `dedupForMs`. A task with a
   * `notBefore` goes to the schedule, otherwise it goes to its lane.
   * @throws QUEUE_FULL, NATS_UNAVAILABLE, INPUT_TOO_LARGE
   */
  publish(task: Task): Promise<Stored>;
  /** Any number at once; the answers in the order of the tasks, each by itself. */
  publishAll(tasks: readonly Task[]): Promise<readonly PromiseSettledResult<Stored>[]>;
}

export interface LaneSource {
  /**
   * Pulls at most `max` messages that are there within `waitMs`; an empty list when there are none. What was on its way when the signal
   * aborted goes to `late`; without it, back.
   */
  pull(
    lane: Lane,
    max: number,
    waitMs: number,
    signal: AbortSignal,
    late?: (delivery: Delivery) => void,
  ): Promise<readonly Delivery[]>;
}

/** One lane as the server sees it, over all workers. */
export interface LaneDepth {
  /** Stored and not taken yet. */
  readonly depth: number;
  /** Taken and not ended, those that wait for a short retry included. */
  readonly inFlight: number;
  /** Pull requests that wait for a message: workers with nothing to do. */
  readonly waiting: number;
  /** When the oldest message still in the lane was stored, milliseconds since the epoch. */
  readonly oldestStoredAt: number | null;
  /** Messages taken and not ended that the server allows, over all workers; beyond it nobody gets more. Null without a consumer. */
  readonly inFlightLimit: number | null;
  /** Given to a worker more than once and not ended yet. */
  readonly redelivered: number;
}

export interface LaneStatistics {
  /** @throws NATS_UNAVAILABLE */
  lane(lane: Lane): Promise<LaneDepth>;
  all(): Promise<Readonly<Record<Lane, LaneDepth>>>;
  /** Messages in the dead-letter stream. */
  deadDepth(): Promise<number>;
  /** Tasks that wait for their time. */
  delayed(): Promise<number>;
  /** How full the streams are that refuse when they are full. */
  fullness(): Promise<readonly StreamFullness[]>;
}

export interface StreamFullness {
  readonly stream: string;
  readonly messages: number;
  readonly maxMessages: number;
  readonly bytes: number;
  readonly maxBytes: number;
}

/** What a stored message turned out to be: nothing from outside is trusted before this. */
export type ParsedTask = { readonly journey: TaskJourney } & (
  { readonly kind: 'task'; readonly task: Task } | { readonly kind: 'malformed'; readonly failure: Failure }
);

/** What a task's message went through before it was stored as it is now. */
export interface TaskJourney {
  /** Attempts that failed. */
  readonly attempts: number;
  /** How often it has come back from the dead letters. */
  readonly replays: number;
  /** Names the message that it was at first. */
  readonly origin: string;
  readonly firstStoredAt: number;
}

export type ParsedSignal =
  | { readonly kind: 'signal'; readonly signal: SignalIn }
  | {
      readonly kind: 'refused';
      readonly failure: Failure;
      /** The sender's id, where one could be read. */
      readonly id: string | null;
      /** The symbol's token for `signals.rejected.<token>`. */
      readonly symbolToken: string;
      /** Only a subject that is safe to answer on. */
      readonly replyTo: string | undefined;
    };

export interface Parsers {
  task(delivery: Pick<Delivery, 'subject' | 'bytes' | 'headers' | 'storedAt' | 'streamSeq'>): ParsedTask;
  signal(delivery: Pick<Delivery, 'subject' | 'bytes' | 'headers'>): ParsedSignal;
}

/** What became of a task, told on its `replyTo` over core NATS. */
export interface TaskReplies {
  /** @throws NATS_UNAVAILABLE */
  send(replyTo: string, reply: TaskReply): Promise<void>;
}

export interface SignalInbox {
  /** Incoming trade signals as they are stored on SIGNALS_IN, in order; the loop ends when the signal aborts. */
  consume(handle: (delivery: Delivery) => Promise<void>, signal: AbortSignal): Promise<void>;
}

export interface DeadLetters {
  publish(dead: DeadTask, lane: Lane, type: string): Promise<Stored>;
}

/** Publishing a signal: exactly one stored message per signal id, for ever. */
export interface SignalOutbox {
  /**
   * `already` when this very signal is stored; the caller gets it as stored.
   * @throws SIGNAL_CONFLICT another content is stored under its id; SIGNAL_STORE_FULL; NATS_UNAVAILABLE
   */
  publish(signal: SignalOut): Promise<{ readonly kind: 'stored' | 'already'; readonly streamSeq: number }>;
  stored(signal: Pick<SignalOut, 'symbol' | 'strategyId' | 'signalId'>): Promise<SignalOut | undefined>;
  reject(symbolToken: string, rejected: SignalRejected, replyTo: string | undefined): Promise<void>;
  answer(answer: SignalAnswer, replyTo: string | undefined): Promise<void>;
}

/** Where EVENTS ends. */
export interface EventsEnd {
  /** The journal commit of the last message; 0 when there is none, Infinity when it is not one of ours. */
  readonly commit: number;
  /** The stream's last sequence. */
  readonly streamSeq: number;
}

/** The copy of the journal that feeds read from. */
export interface EventFeed {
  /**
   * Stores commits, in order, as the messages right behind `afterStreamSeq`; none, or only the first ones, where another message stands
   * there. So any number of calls may be under way at once, each behind the one before, and nothing is doubled, left out or overtaken.
   * @throws EVENTS_OUT_OF_ORDER; NATS_UNAVAILABLE: whether they are stored is not known; INPUT_TOO_LARGE
   */
  append(commits: readonly SealedCommit[], afterStreamSeq: number): Promise<void>;
  /** Every batch of the workflow from the first one on, then live; ends when the signal aborts. */
  follow(workflowId: WorkflowId, signal: AbortSignal): AsyncIterable<WorkflowEventBatch>;
  /** @throws NATS_UNAVAILABLE */
  end(): Promise<EventsEnd>;
}

/** Core NATS: seen by those who listen now, not stored. */
export interface LiveFeed {
  send(workflowId: WorkflowId, channel: LiveChannel, text: string): void;
  follow(workflowId: WorkflowId, listener: (channel: LiveChannel, text: string) => void): () => void;
}

/** Between who asks for the run of a program and who runs it: its output as it comes, and the order to end it. Not stored. */
export interface ProgramFeed {
  output(runId: RunId, stream: 'stdout' | 'stderr', text: string): void;
  follow(runId: RunId, listener: (stream: 'stdout' | 'stderr', text: string) => void): () => void;
  cancel(runId: RunId): void;
  onCancel(runId: RunId, listener: () => void): () => void;
}

/** Request/reply for questions; answers are JSON. */
export interface Queries {
  /** @throws NATS_UNAVAILABLE when nobody answers in time; the failure the responder gave otherwise. */
  ask(subject: string, question: unknown, timeoutMs: number): Promise<unknown>;
  answer(subject: string, handler: (question: unknown) => Promise<unknown>): () => void;
}
