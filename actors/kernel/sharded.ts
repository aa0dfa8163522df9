import { toFailure, TradewrightError } from '../../contracts/errors.ts';
import type { Clock } from '../../contracts/ports/clock.ts';
import { ActorCell } from './actor-cell.ts';
import { type Envelope, type Ref, Target } from './ref.ts';
import type { Spawner, Terminated } from './spec.ts';

const DEFAULT_SHARDS = 64;
/** Messages that may wait while a passivated child ends. */
const BUFFER_LIMIT = 10_000;

export interface ShardedOptions<M> {
  readonly name: string;
  /** nact copies the list of children with every message of the parent, so many children need many parents. */
  readonly shards?: number;
  /** Spawns the child `id` under `parent`, by that very name. */
  readonly child: (id: string, parent: Spawner) => Ref<M>;
  /** An incarnation ended: passivated, or given up (`failure`). */
  readonly childEnded?: (id: string, terminated: Terminated) => void;
}

/** Any number of children by id, each spawned by the first message to it. */
export interface Sharded<M> {
  /** The address of the child, whichever incarnation of it lives when a message arrives; spawns nothing by itself. */
  ref(id: string): Ref<M>;
  /** Spawns the child unless it lives. */
  wake(id: string): Ref<M>;
  /** Ends the child after its present message. Messages it did not get to and those that come meanwhile go to the next incarnation. */
  passivate(id: string): Promise<void>;
  has(id: string): boolean;
  readonly size: number;
  readonly ids: readonly string[];
}

export function createSharded<M>(parent: Spawner, options: ShardedOptions<M>): Sharded<M> {
  return new ShardedChildren(parent, options);
}

interface Incarnation<M> {
  readonly cell: ActorCell<M>;
  /** Given back by the ending child, older than what came meanwhile. */
  readonly returned: Envelope<M>[];
  readonly later: Envelope<M>[];
}

class ShardedChildren<M> implements Sharded<M> {
  readonly #options: ShardedOptions<M>;
  readonly #shards: readonly ActorCell[];
  readonly #live = new Map<string, Incarnation<M>>();

  constructor(parent: Spawner, options: ShardedOptions<M>) {
    this.#options = options;
    this.#shards = Array.from({ length: options.shards ?? DEFAULT_SHARDS }, (_, index) =>
      cellOf(
        parent.spawn<never, undefined>({
          name: `${options.name}-${index}`,
          initial: () => undefined,
          receive: (state) => state,
        }),
      ),
    );
  }

  get size(): number {
    return this.#live.size;
  }

  get ids(): readonly string[] {
    return [...this.#live.keys()];
  }

  has(id: string): boolean {
    return this.#live.has(id);
  }

  ref(id: string): Ref<M> {
    return new ChildRef(this, id, this.shardOf(id));
  }

  wake(id: string): Ref<M> {
    if (!this.#live.has(id)) this.#spawn(id);
    return this.ref(id);
  }

  passivate(id: string): Promise<void> {
    return this.#live.get(id)?.cell.terminate() ?? Promise.resolve();
  }

  drain(id: string, withinMs: number): Promise<void> {
    return this.#live.get(id)?.cell.drain(withinMs) ?? Promise.resolve();
  }

  shardOf(id: string): ActorCell {
    const shard = this.#shards[fnv1a(id) % this.#shards.length];
    if (shard === undefined) throw new TradewrightError('INTERNAL', 'there are no shards');
    return shard;
  }

  deliver(id: string, envelope: Envelope<M>): boolean {
    const incarnation = this.#live.get(id);
    if (incarnation === undefined) return this.#deliverToNew(id, [envelope]);
    const { cell, later } = incarnation;
    if (cell.accepting) return cell.deliver(envelope);
    if (later.length < BUFFER_LIMIT) {
      later.push(envelope);
      return true;
    }
    cell.core.deadLetters.take(cell.path, envelope, 'MAILBOX_FULL');
    return false;
  }

  watch(id: string, callback: (terminated: Terminated) => void): () => void {
    const incarnation = this.#live.get(id);
    if (incarnation !== undefined) return incarnation.cell.watch(callback);
    callback({ path: `${this.shardOf(id).path}/${id}`, name: id });
    return () => undefined;
  }

  #spawn(id: string): ActorCell<M> {
    const shard = this.shardOf(id);
    if (!shard.accepting) throw new TradewrightError('ACTOR_STOPPED', `${shard.path} has stopped`);
    const cell = cellOf(this.#options.child(id, shard.context));
    if (cell.name !== id) {
      throw new TradewrightError('INTERNAL', `the child of ${id} was spawned as ${cell.name}`);
    }
    const incarnation: Incarnation<M> = { cell, returned: [], later: [] };
    this.#live.set(id, incarnation);
    cell.undelivered = (envelope) => {
      if (cell.cause !== undefined) return false;
      incarnation.returned.push(envelope);
      return true;
    };
    cell.watch((terminated) => this.#ended(id, incarnation, terminated));
    return cell;
  }

  #ended(id: string, { cell, returned, later }: Incarnation<M>, terminated: Terminated): void {
    this.#live.delete(id);
    try {
      this.#options.childEnded?.(id, terminated);
    } catch (error) {
      cell.context.log.error({ failure: toFailure(error) }, 'childEnded threw');
    }
    const waiting = [...returned, ...later];
    if (waiting.length === 0) return;
    if (cell.cause === undefined) this.#deliverToNew(id, waiting);
    else this.#bury(cell, waiting, cell.cause);
  }

  #deliverToNew(id: string, envelopes: readonly Envelope<M>[]): boolean {
    try {
      if (!this.#live.has(id)) this.#spawn(id);
    } catch (error) {
      this.#bury(this.shardOf(id), envelopes, error);
      return false;
    }
    return envelopes.map((envelope) => this.deliver(id, envelope)).every((delivered) => delivered);
  }

  #bury(near: ActorCell | ActorCell<M>, envelopes: readonly Envelope<M>[], error: unknown): void {
    const cause = error instanceof Error ? error : new TradewrightError('INTERNAL', String(error));
    for (const envelope of envelopes) near.core.deadLetters.take(near.path, envelope, 'ACTOR_STOPPED', cause);
  }
}

class ChildRef<M> extends Target<M> {
  readonly path: string;
  readonly clock: Clock;
  readonly #sharded: ShardedChildren<M>;
  readonly #id: string;

  constructor(sharded: ShardedChildren<M>, id: string, shard: ActorCell) {
    super();
    this.#sharded = sharded;
    this.#id = id;
    this.path = `${shard.path}/${id}`;
    this.clock = shard.clock;
  }

  deliver(envelope: Envelope<M>): boolean {
    return this.#sharded.deliver(this.#id, envelope);
  }

  terminate(): Promise<void> {
    return this.#sharded.passivate(this.#id);
  }

  drain(withinMs: number): Promise<void> {
    return this.#sharded.drain(this.#id, withinMs);
  }

  watch(callback: (terminated: Terminated) => void): () => void {
    return this.#sharded.watch(this.#id, callback);
  }
}

function cellOf<M>(ref: Ref<M>): ActorCell<M> {
  if (ref instanceof ActorCell) return ref as ActorCell<M>;
  throw new TradewrightError('INTERNAL', `${ref.path} is not an actor itself`);
}

/** FNV-1a, 32 bits: spreads ids evenly, the same in every process. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}
