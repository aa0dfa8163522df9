import type { Clock } from '../../contracts/ports/clock.ts';
import type { Log } from '../../contracts/ports/log.ts';
import type { CellParent } from './children.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { Ref } from './ref.ts';
import type { ActorSpec, PersistentSpec } from './spec.ts';

/** What all actors of one system share. */
export interface SystemCore {
  readonly clock: Clock;
  readonly log: Log;
  readonly deadLetters: DeadLetters;
  /** How long a stop waits for a handler or an `onStop`, milliseconds. */
  readonly stopTimeoutMs: number;
  spawn<M, S>(parent: CellParent, spec: ActorSpec<M, S>): Ref<M>;
  spawnPersistent<M, S>(parent: CellParent, spec: PersistentSpec<M, S>): Ref<M>;
}
