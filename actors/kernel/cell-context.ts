import type { Clock } from '../../contracts/ports/clock.ts';
import type { Log } from '../../contracts/ports/log.ts';
import type { ActorCell } from './actor-cell.ts';
import { type Ref, targetOf } from './ref.ts';
import type {
  ActorContext,
  ActorSpec,
  JournalBatch,
  PersistentContext,
  PersistentSpec,
  Terminated,
} from './spec.ts';

/** What a handler gets beside state and message: one object for the actor's whole life. */
export class CellContext<M> implements ActorContext<M> {
  readonly #cell: ActorCell<M>;
  #log: Log | undefined;

  constructor(cell: ActorCell<M>) {
    this.#cell = cell;
  }

  get self(): Ref<M> {
    return this.#cell;
  }

  get name(): string {
    return this.#cell.name;
  }

  get log(): Log {
    return (this.#log ??= this.#cell.core.log.child({ actor: this.#cell.path }));
  }

  get clock(): Clock {
    return this.#cell.clock;
  }

  get signal(): AbortSignal {
    return this.#cell.signal;
  }

  get children(): readonly string[] {
    return this.#cell.children.names;
  }

  spawn<C, S>(spec: ActorSpec<C, S>): Ref<C> {
    return this.#cell.core.spawn(this.#cell, spec);
  }

  spawnPersistent<C, S>(spec: PersistentSpec<C, S>): Ref<C> {
    return this.#cell.core.spawnPersistent(this.#cell, spec);
  }

  stopSelf(): void {
    void this.#cell.terminate();
  }

  watch(ref: Ref<never>, toMessage: (terminated: Terminated) => M): () => void {
    return targetOf(ref).watch((terminated) => {
      if (this.#cell.accepting) this.#cell.deliver({ message: toMessage(terminated) });
    });
  }
}

export class PersistentCellContext<M> extends CellContext<M> implements PersistentContext<M> {
  readonly #persist: (batch: JournalBatch) => Promise<void>;

  constructor(cell: ActorCell<M>, persist: (batch: JournalBatch) => Promise<void>) {
    super(cell);
    this.#persist = persist;
  }

  persist(batch: JournalBatch): Promise<void> {
    return this.#persist(batch);
  }
}
