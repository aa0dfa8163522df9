import { toFailure, TradewrightError } from '../../contracts/errors.ts';
import type { WorkflowEvent } from '../../contracts/workflow-event.ts';
import type { ActorCell } from './actor-cell.ts';
import { type Behaviour, isStart } from './behaviour.ts';
import { PersistentCellContext } from './cell-context.ts';
import type { SnapshotData } from './journal-engine.ts';
import { nact, type NactContext, type NactHandler, type NactProperties, type NactRef } from './nact.ts';
import type { Envelope } from './ref.ts';
import type { JournalBatch, PersistentSpec } from './spec.ts';

/**
 * An event-sourced actor: nact's persistent actor, which replays what it stored through the handler. The facade turns those calls
 * into `evolve`. nact counts messages where the journal counts events, so the journal's sequence is kept here.
 */
export class PersistentBehaviour<M, S> implements Behaviour {
  readonly #cell: ActorCell<M>;
  readonly #spec: PersistentSpec<M, S>;
  readonly #context: PersistentCellContext<M>;
  #seq = 0;
  #recovered = false;
  #held: { state: S } | undefined;
  /** nact's own `persist` while a handler runs. */
  #nactPersist: ((data: unknown) => Promise<void>) | undefined;
  #writing: Promise<void> = Promise.resolve();
  #failedPersist: { readonly error: unknown } | undefined;

  constructor(cell: ActorCell<M>, spec: PersistentSpec<M, S>) {
    this.#cell = cell;
    this.#spec = spec;
    this.#context = new PersistentCellContext(cell, (batch) => this.#persist(batch));
  }

  spawnInNact(parent: NactRef, handler: NactHandler, properties: NactProperties): NactRef {
    const { name, key, initial, snapshotEvery } = this.#spec;
    return nact.spawnPersistent(parent, handler, key, name, {
      ...properties,
      initialState: initial,
      ...(snapshotEvery === undefined ? {} : { snapshotEvery }),
      snapshotEncoder: (state) => this.#encodeSnapshot(state as S),
      snapshotDecoder: (data) => this.#useSnapshot(data as SnapshotData),
    });
  }

  replay(state: unknown, stored: unknown): unknown {
    let next = state as S;
    for (const event of stored as readonly WorkflowEvent[]) {
      next = this.#spec.evolve(next, event);
      this.#seq = event.seq;
    }
    return next;
  }

  async work(state: unknown, envelope: Envelope, nactContext: NactContext): Promise<unknown> {
    this.#held ??= { state: state as S };
    this.#nactPersist = nactContext.persist;
    try {
      if (!this.#recovered) {
        await this.#spec.onRecovered?.(this.#held.state, this.#context);
        await this.#written();
        this.#recovered = true;
      }
      if (isStart(envelope)) return this.#held.state;
      this.#nactPersist = nactContext.persist;
      const next = await this.#spec.receive(this.#held.state, envelope.message as M, this.#context);
      await this.#written();
      this.#held.state = next;
      return next;
    } finally {
      this.#nactPersist = undefined;
    }
  }

  /** After a failed write nact's counter is ahead of the journal, and a failed recovery leaves half a state. */
  mustEnd(): boolean {
    return this.#failedPersist !== undefined || !this.#recovered;
  }

  reopen(): Promise<void> {
    this.#recovered = false;
    this.#seq = 0;
    this.#cell.startAgain();
    return Promise.resolve();
  }

  async release(): Promise<void> {
    const held = this.#held;
    this.#held = undefined;
    if (held === undefined) return;
    try {
      await this.#spec.onStop?.(held.state, this.#cell.context);
    } catch (error) {
      this.#cell.context.log.error({ failure: toFailure(error) }, 'onStop threw');
    }
  }

  /** What was stored before this key's reading of a snapshot failed; see `journal-engine.ts`. */
  readableSnapshot(data: SnapshotData): boolean {
    try {
      this.#decode(data);
      return true;
    } catch (error) {
      this.#cell.context.log.warn(
        { failure: toFailure(error), seq: data.seq },
        'snapshot not readable; reading the whole journal',
      );
      return false;
    }
  }

  #persist(batch: JournalBatch): Promise<void> {
    const nactPersist = this.#nactPersist;
    if (nactPersist === undefined) {
      return Promise.reject(new TradewrightError('INTERNAL', 'persist was called outside of a handler'));
    }
    const write = this.#writing.then(async () => {
      if (this.#failedPersist !== undefined) throw this.#failedPersist.error;
      try {
        await nactPersist(batch);
        this.#seq = batch.expectedSeq + batch.events.length;
      } catch (error) {
        this.#failedPersist ??= { error };
        throw error;
      }
    });
    this.#writing = write.catch(() => undefined);
    return write;
  }

  /** The handler is through: what it wrote must be on disk before its state counts. */
  async #written(): Promise<void> {
    this.#nactPersist = undefined;
    await this.#writing;
    if (this.#failedPersist !== undefined) throw this.#failedPersist.error;
  }

  #encodeSnapshot(state: S): SnapshotData | undefined {
    try {
      return { seq: this.#seq, state: this.#spec.snapshot?.encode(state) ?? state };
    } catch (error) {
      this.#cell.context.log.error({ failure: toFailure(error) }, 'snapshot not taken');
      return undefined;
    }
  }

  #useSnapshot(data: SnapshotData): S {
    this.#seq = data.seq;
    return this.#decode(data);
  }

  #decode(data: SnapshotData): S {
    return this.#spec.snapshot === undefined ? (data.state as S) : this.#spec.snapshot.decode(data.state);
  }
}
