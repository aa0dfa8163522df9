import type { Failure } from '../../contracts/errors.ts';
import type { Clock } from '../../contracts/ports/clock.ts';
import type { Log } from '../../contracts/ports/log.ts';
import type { WorkflowEvent } from '../../contracts/workflow-event.ts';
import type { WorkflowSummary } from '../../contracts/workflow-view.ts';
import type { Ref } from './ref.ts';
import type { RestartPolicy } from './restart-budget.ts';

/** How an actor ended: `failure` is set when it was given up, absent when it was stopped. */
export interface Terminated {
  readonly path: string;
  readonly name: string;
  readonly failure?: Failure;
}

/** What can have children: an actor, or the system itself. Names are unique among siblings. */
export interface Spawner {
  spawn<C, S>(spec: ActorSpec<C, S>): Ref<C>;
  spawnPersistent<C, S>(spec: PersistentSpec<C, S>): Ref<C>;
}

export interface ActorContext<M> extends Spawner {
  readonly self: Ref<M>;
  readonly name: string;
  readonly log: Log;
  readonly clock: Clock;
  /** Aborts when the actor is to stop: what the handler waits for should end then. */
  readonly signal: AbortSignal;
  readonly children: readonly string[];
  /** Stops after the present message. `stop(ref)` awaited inside the actor's own handler would wait for itself. */
  stopSelf(): void;
  /** Sends what `toMessage` gives to this actor once `ref` has ended, at once if it has already; the result takes it back. */
  watch(ref: Ref<never>, toMessage: (terminated: Terminated) => M): () => void;
}

export interface PersistentContext<M> extends ActorContext<M> {
  /**
   * Appends the batch to the journal, all or nothing; durable when it resolves. A failure stops the actor even if the handler
   * catches it: its memory and its journal may differ.
   * @throws WORKFLOW_CONFLICT, DISK_FULL
   */
  persist(batch: JournalBatch): Promise<void>;
}

/** What one command adds to a workflow's journal; one persisted nact message. */
export interface JournalBatch {
  readonly expectedSeq: number;
  readonly events: readonly WorkflowEvent[];
  readonly summary: WorkflowSummary;
}

/** `drop-new` refuses what comes, `drop-oldest` what has waited longest: for messages that the next one replaces. */
export type Overflow = 'drop-new' | 'drop-oldest';

interface Supervision<M> {
  /** Required, unique among siblings, of the characters A–Z a–z 0–9 - _ $ . + ! * ' ( ) , */
  readonly name: string;
  /** What happens after a handler threw; {@link defaultRestart} otherwise. */
  readonly restart?: RestartPolicy;
  /** Messages that may wait. Default 10,000. */
  readonly mailboxLimit?: number;
  /** Which message becomes a dead letter (its asker gets MAILBOX_FULL) when one too many comes. Default `drop-new`. */
  readonly overflow?: Overflow;
  /** The message this actor gets when a child of it was given up; without it the failure is only logged. */
  readonly childFailed?: (terminated: Terminated) => M;
}

export interface ActorSpec<M, S> extends Supervision<M> {
  /** Runs before the first message and again after each crash. */
  initial(ctx: ActorContext<M>): S | Promise<S>;
  receive(state: S, message: M, ctx: ActorContext<M>): S | Promise<S>;
  /** Releases what the state holds: after a crash, before `initial` runs again, and when the actor ends. */
  onStop?(state: S, ctx: ActorContext<M>): void | Promise<void>;
}

export interface PersistentSpec<M, S> extends Supervision<M> {
  /** The workflow id under which the journal keeps the events. */
  readonly key: string;
  readonly initial: S;
  /** Recovers the state: pure, one stored event at a time. `receive` is never called with old messages. */
  evolve(state: S, event: WorkflowEvent): S;
  /** Gives the state after the message; what was persisted must be in it (apply `evolve` to the same events). */
  receive(state: S, message: M, ctx: PersistentContext<M>): S | Promise<S>;
  /** After each recovery, before any message: the place to take unfinished work up again. */
  onRecovered?(state: S, ctx: PersistentContext<M>): void | Promise<void>;
  onStop?(state: S, ctx: ActorContext<M>): void | Promise<void>;
  /** Persisted batches between snapshots; none when absent. */
  readonly snapshotEvery?: number;
  /** Between state and JSON; identity by default. A `decode` that throws makes the whole journal be read instead. */
  readonly snapshot?: { encode(state: S): unknown; decode(stored: unknown): S };
}
