import { type Failure, toFailure, TradewrightError } from '../../contracts/errors.ts';
import { type Clock, delay } from '../../contracts/ports/clock.ts';
import { type Behaviour, isStart, START } from './behaviour.ts';
import { CellContext } from './cell-context.ts';
import { Children, type CellParent } from './children.ts';
import type { SystemCore } from './core.ts';
import { nact, type NactContext, type NactCrashContext, type NactDecision, type NactRef } from './nact.ts';
import { type Envelope, Target } from './ref.ts';
import type { Reply } from './reply.ts';
import { defaultRestart, RestartBudget, type RestartPolicy } from './restart-budget.ts';
import { Mailbox } from './mailbox.ts';
import type { Overflow, Terminated } from './spec.ts';

export interface CellOptions {
  readonly name: string;
  readonly restart?: RestartPolicy | undefined;
  readonly mailboxLimit?: number | undefined;
  readonly overflow?: Overflow | undefined;
  readonly childFailed?: ((terminated: Terminated) => unknown) | undefined;
}

/**
 * One actor: a nact actor, and around it what nact lacks or gets wrong. Stopping goes: no new messages, the handler in progress
 * ends, the children end, nact's actor ends, `onStop`, then everybody who waits or watches is told.
 */
export class ActorCell<M = never> extends Target<M> implements CellParent {
  readonly path: string;
  readonly name: string;
  readonly core: SystemCore;
  readonly children = new Children();
  readonly context: CellContext<M>;
  readonly nactRef: NactRef;
  /** Takes over what could not be delivered because this actor stops; false makes it a dead letter. */
  undelivered: ((envelope: Envelope<M>) => boolean) | undefined;

  readonly #parent: CellParent;
  readonly #behaviour: Behaviour;
  readonly #mailbox: Mailbox;
  readonly #childFailed: ((terminated: Terminated) => M) | undefined;
  readonly #restart: RestartPolicy;
  #budget: RestartBudget | undefined;
  #status: 'running' | 'draining' | 'stopping' | 'stopped' = 'running';
  #working: Envelope | undefined;
  #tellQuiet: (() => void) | undefined;
  #owed: Set<Reply> | undefined;
  #failure: Failure | undefined;
  #cause: Error | undefined;
  #stopping: AbortController | undefined;
  #finalized = false;
  #ended: Promise<void> | undefined;
  #tellEnd: (() => void) | undefined;
  #watchers: Set<(terminated: Terminated) => void> | undefined;

  constructor(
    core: SystemCore,
    parent: CellParent,
    options: CellOptions,
    behaviour: (cell: ActorCell<M>) => Behaviour,
  ) {
    super();
    this.core = core;
    this.name = options.name;
    this.path = `${parent.path}/${options.name}`;
    this.context = new CellContext(this);
    this.#parent = parent;
    this.#mailbox = new Mailbox(options);
    this.#childFailed = options.childFailed as ((terminated: Terminated) => M) | undefined;
    this.#restart = options.restart ?? defaultRestart;
    this.#behaviour = behaviour(this);
    this.nactRef = this.#behaviour.spawnInNact(
      parent.nactRef,
      (state, message, context) =>
        context.recovering
          ? this.#behaviour.replay(state, message)
          : this.#handle(state, message as Envelope<M>, context),
      {
        onCrash: (_message, error, context) => this.#crashed(error, context),
        afterStop: (_state, context) => void this.#finalize(context.mailbox.map((entry) => entry.message)),
      },
    );
    nact.dispatch(this.nactRef, START);
  }

  get clock(): Clock {
    return this.core.clock;
  }

  get accepting(): boolean {
    return this.#status === 'running';
  }

  /** Why the actor was given up; undefined while it runs and when it was simply stopped. */
  get cause(): Error | undefined {
    return this.#cause;
  }

  get signal(): AbortSignal {
    this.#stopping ??= new AbortController();
    if (!this.#alive) this.#stopping.abort();
    return this.#stopping.signal;
  }

  deliver(envelope: Envelope<M>): boolean {
    if (this.#status !== 'running') return this.#refuse(envelope);
    const dropped = this.#mailbox.add(envelope);
    if (dropped !== undefined) this.core.deadLetters.take(this.path, dropped, 'MAILBOX_FULL');
    if (dropped === envelope) return false;
    nact.dispatch(this.nactRef, envelope);
    return true;
  }

  /** Has nact recover the actor or run its start again, behind what already waits. */
  startAgain(): void {
    nact.dispatch(this.nactRef, START);
  }

  terminate(): Promise<void> {
    if (this.#status === 'stopped') return Promise.resolve();
    this.#ended ??= new Promise((resolve) => (this.#tellEnd = resolve));
    if (this.#alive) {
      this.#beginStop();
      void this.#windDown();
    }
    return this.#ended;
  }

  async drain(withinMs: number): Promise<void> {
    if (this.#status === 'running') {
      this.#status = 'draining';
      const quiet = new Promise<void>((resolve) => (this.#tellQuiet = resolve));
      this.#whenQuiet();
      await this.#bounded(quiet, 'what waited', withinMs);
    }
    await this.terminate();
  }

  /** It works on messages: new ones, or those that waited when it was told to drain. */
  get #alive(): boolean {
    return this.#status === 'running' || this.#status === 'draining';
  }

  watch(callback: (terminated: Terminated) => void): () => void {
    if (this.#status === 'stopped') {
      callback(this.#terminated());
      return () => undefined;
    }
    const watchers = (this.#watchers ??= new Set());
    watchers.add(callback);
    return () => watchers.delete(callback);
  }

  childFailed(terminated: Terminated): void {
    if (this.#childFailed === undefined || this.#status !== 'running') return;
    try {
      this.deliver({ message: this.#childFailed(terminated) });
    } catch (error) {
      this.context.log.error({ failure: toFailure(error) }, 'childFailed threw');
    }
  }

  async #handle(state: unknown, envelope: Envelope<M>, nactContext: NactContext): Promise<unknown> {
    const start = isStart(envelope);
    if (!start && !this.#mailbox.take(envelope)) return state;
    if (!this.#alive) {
      if (!start) this.#refuse(envelope);
      this.#whenQuiet();
      return state;
    }
    this.#working = envelope;
    try {
      return await this.#behaviour.work(state, envelope, nactContext);
    } catch (error) {
      envelope.reply?.fail(error);
      throw error;
    } finally {
      if (envelope.reply !== undefined) this.#owe(envelope.reply);
      this.#rest();
    }
  }

  /** Remembers an answer put off beyond the handler's end: a crash or the end of the actor must still give one. */
  #owe(reply: Reply): void {
    if (reply.settled) return;
    const owed = (this.#owed ??= new Set());
    owed.add(reply);
    reply.onSettled(() => owed.delete(reply));
  }

  async #crashed(error: unknown, nactContext: NactCrashContext): Promise<NactDecision> {
    let again = false;
    if (this.#alive) {
      this.#working = START;
      try {
        again = await this.#nextIncarnation(error);
      } catch (fault) {
        this.#giveUp(fault);
      }
      this.#rest();
    }
    // nact finds an actor by way of its parents: once they have stopped, their children can be stopped no more.
    if (!again) await this.children.terminateAll();
    return again ? nactContext.reset : nactContext.stop;
  }

  /** Waits its turn and prepares the restart; false when there will be none. */
  async #nextIncarnation(error: unknown): Promise<boolean> {
    this.#failOwed(error);
    this.#budget ??= new RestartBudget(this.#restart);
    for (let cause = error; ;) {
      const pauseMs = this.#behaviour.mustEnd() ? undefined : this.#budget.crashed(this.clock.now());
      if (pauseMs === undefined) {
        this.#giveUp(cause);
        return false;
      }
      this.context.log.warn({ failure: toFailure(cause), pauseMs }, 'actor crashed and restarts');
      await this.children.terminateAll();
      await this.#behaviour.release();
      await delay(this.clock, pauseMs, this.signal).catch(() => undefined);
      if (!this.#alive) return false;
      try {
        await this.#behaviour.reopen();
        return true;
      } catch (again) {
        cause = again;
      }
    }
  }

  #giveUp(error: unknown): void {
    if (!this.#alive) return;
    this.#failure = toFailure(error);
    this.#cause = error instanceof Error ? error : new TradewrightError('INTERNAL', String(error));
    this.#beginStop();
  }

  #beginStop(): void {
    this.#status = 'stopping';
    this.#stopping?.abort();
  }

  /**
   * nact takes the next message out of the mailbox before its turn comes, and `stop` then loses it in silence. So nact is stopped
   * only once the handler has ended and the mailbox has run empty: what waited in it is refused in order.
   */
  async #windDown(): Promise<void> {
    const quiet = new Promise<void>((resolve) => (this.#tellQuiet = resolve));
    this.#whenQuiet();
    await this.#bounded(quiet, 'handler');
    await this.children.terminateAll();
    nact.stop(this.nactRef);
  }

  #rest(): void {
    this.#working = undefined;
    this.#whenQuiet();
  }

  #whenQuiet(): void {
    if (this.#working === undefined && this.#mailbox.empty) this.#tellQuiet?.();
  }

  async #finalize(mailbox: readonly unknown[]): Promise<void> {
    if (this.#finalized) return;
    this.#finalized = true;
    for (const message of mailbox) {
      const envelope = message as Envelope<M>;
      if (!isStart(envelope) && this.#mailbox.take(envelope)) this.#refuse(envelope);
    }
    this.#mailbox.clear();
    this.#whenQuiet();
    await this.#bounded(this.#behaviour.release(), 'onStop');
    if (this.#working?.reply !== undefined || (this.#owed?.size ?? 0) > 0) {
      const ended = this.#cause ?? new TradewrightError('ACTOR_STOPPED', `${this.path} has stopped`);
      this.#working?.reply?.fail(ended);
      this.#failOwed(ended);
    }
    this.#status = 'stopped';
    this.#parent.children.remove(this.name);
    const terminated = this.#terminated();
    if (this.#failure !== undefined) {
      this.context.log.error({ failure: this.#failure }, 'actor given up');
      this.#parent.childFailed(terminated);
    }
    for (const watcher of this.#watchers ?? []) watcher(terminated);
    this.#tellEnd?.();
  }

  #terminated(): Terminated {
    const { path, name } = this;
    return this.#failure === undefined ? { path, name } : { path, name, failure: this.#failure };
  }

  #refuse(envelope: Envelope<M>): boolean {
    if (this.undelivered?.(envelope)) return true;
    this.core.deadLetters.take(this.path, envelope, 'ACTOR_STOPPED', this.#cause);
    return false;
  }

  #failOwed(error: unknown): void {
    for (const reply of [...(this.#owed ?? [])]) reply.fail(error);
  }

  async #bounded(work: Promise<void>, what: string, waitedMs = this.core.stopTimeoutMs): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const cancel = this.clock.schedule(waitedMs, () => {
        this.context.log.error({ waitedMs }, `${what} did not end in time`);
        resolve();
      });
      void work.finally(cancel).then(resolve, reject);
    });
  }
}
