export { type ActorSystem, type ActorSystemOptions, createActorSystem } from './actor-system.ts';
export { type JournalEngine, nactJournalEngine } from './journal-engine.ts';
export { ask, type Ref, stop, tell } from './ref.ts';
export { type ReplyTo } from './reply.ts';
export { defaultRestart, neverRestart, type RestartPolicy } from './restart-budget.ts';
export { createSharded, type Sharded, type ShardedOptions } from './sharded.ts';
export {
  type ActorContext,
  type ActorSpec,
  type JournalBatch,
  type PersistentContext,
  type PersistentSpec,
  type Spawner,
  type Terminated,
} from './spec.ts';
