import { TradewrightError } from '../../contracts/errors.ts';
import type { Clock } from '../../contracts/ports/clock.ts';
import type { Log } from '../../contracts/ports/log.ts';
import { ActorCell } from './actor-cell.ts';
import { type CellParent, Children } from './children.ts';
import type { SystemCore } from './core.ts';
import { type DeadLetter, DeadLetters } from './dead-letters.ts';
import type { JournalEngine } from './journal-engine.ts';
import { nact } from './nact.ts';
import { PersistentBehaviour } from './persistent-behaviour.ts';
import { PlainBehaviour } from './plain-behaviour.ts';
import type { Ref } from './ref.ts';
import type { ActorSpec, PersistentSpec, Spawner, Terminated } from './spec.ts';

export interface ActorSystemOptions {
  readonly name: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Needed by `spawnPersistent`. */
  readonly journalEngine?: JournalEngine;
  /** A top-level actor was given up: the process had better end. */
  readonly onFailed?: (terminated: Terminated) => void;
  /** How long a stop waits for a handler or an `onStop`, milliseconds. Default 10,000. */
  readonly stopTimeoutMs?: number;
}

export interface ActorSystem extends Spawner {
  readonly name: string;
  /** Messages that found nobody, since the start. */
  readonly deadLetters: number;
  /** Tells each of them; the returned function takes it back. */
  onDeadLetter(listener: (letter: DeadLetter) => void): () => void;
  /** Stops every actor, the last spawned first. */
  stop(): Promise<void>;
}

/** nact keeps its systems under their names in one map of the process: two of one name would share their actors' addresses. */
let systemsMade = 0;

export function createActorSystem(options: ActorSystemOptions): ActorSystem {
  const { name, clock, journalEngine } = options;
  const log = options.log.child({ actorSystem: name });
  const live = new Map<string, PersistentBehaviour<never, never>>();
  const engine = journalEngine?.forNact((key, data) => live.get(key)?.readableSnapshot(data) ?? true);
  const nactRef = nact.start(
    { name: `${name}-${++systemsMade}` },
    ...(engine === undefined ? [] : [nact.configurePersistence(engine)]),
  );
  let accepting = true;

  const root: CellParent = {
    nactRef,
    path: `/${name}`,
    children: new Children(),
    get accepting() {
      return accepting;
    },
    childFailed(terminated) {
      try {
        options.onFailed?.(terminated);
      } catch (error) {
        log.error({ error: String(error), actor: terminated.path }, 'onFailed threw');
      }
    },
  };

  function add<M>(parent: CellParent, childName: string, make: () => ActorCell<M>): Ref<M> {
    if (!parent.accepting) throw new TradewrightError('ACTOR_STOPPED', `${parent.path} has stopped`);
    return parent.children.add(parent.path, childName, make);
  }

  const core: SystemCore = {
    clock,
    log,
    deadLetters: new DeadLetters(log),
    stopTimeoutMs: options.stopTimeoutMs ?? 10_000,
    spawn: (parent, spec) =>
      add(
        parent,
        spec.name,
        () => new ActorCell(core, parent, spec, (cell) => new PlainBehaviour(cell, spec)),
      ),
    spawnPersistent<M, S>(parent: CellParent, spec: PersistentSpec<M, S>): Ref<M> {
      const { key } = spec;
      if (engine === undefined) throw new TradewrightError('INTERNAL', 'this actor system has no journal');
      if (key === '') throw new TradewrightError('INTERNAL', `${spec.name} needs a key`);
      if (live.has(key)) throw new TradewrightError('INTERNAL', `an actor of ${key} lives already`);
      return add<M>(parent, spec.name, () => {
        const cell = new ActorCell<M>(core, parent, spec, (own) => {
          const behaviour = new PersistentBehaviour(own, spec);
          live.set(key, behaviour as unknown as PersistentBehaviour<never, never>);
          return behaviour;
        });
        cell.watch(() => live.delete(key));
        return cell;
      });
    },
  };

  return {
    name,
    get deadLetters() {
      return core.deadLetters.count;
    },
    onDeadLetter: (listener) => core.deadLetters.listen(listener),
    spawn: <C, S>(spec: ActorSpec<C, S>) => core.spawn(root, spec),
    spawnPersistent: <C, S>(spec: PersistentSpec<C, S>) => core.spawnPersistent(root, spec),
    async stop() {
      accepting = false;
      await root.children.terminateInTurn();
      nact.stop(nactRef);
    },
  };
}
