export { type ActorSystem, type ActorSystemOptions, createActorSystem } from './actor-system.ts';
export { type JournalEngine, nactJournalEngine } from './journal-engine.ts';
export { type DeadLetter } from './dead-letters.ts';
export { ask, drain, type Ref, stop, tell } from './ref.ts';
export { type ReplyTo } from './reply.ts';
export { defaultRestart, neverRestart, type RestartPolicy } from './restart-budget.ts';
export { createSharded, type Sharded, type ShardedOptions } from './sharded.ts';
export {
  type ActorContext,
  type ActorSpec,
  type JournalBatch,
  type Overflow,
  type PersistentContext,
  type PersistentSpec,
  type Spawner,
  type Terminated,
} from './spec.ts';
