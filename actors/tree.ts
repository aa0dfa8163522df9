import type { EffectHandlers } from './effects/effect-call.ts';
import { effectActor, type EffectMessage, type PerformEffect } from './effects/effect-actor.ts';
import { type ActorSystem, type Ref, tell } from './kernel/index.ts';
import { type Sagas, sagaSupervisor, type SagaSupervisorOptions } from './saga/saga-supervisor.ts';

/** What each performer does: its effects, and how many at a time. */
export interface Performer {
  readonly handlers: EffectHandlers;
  readonly concurrency: number;
  readonly onStop?: () => Promise<void>;
}

export interface TreeOptions extends Omit<SagaSupervisorOptions, 'perform'> {
  readonly system: ActorSystem;
  readonly agent: Performer;
  readonly library: Performer;
  readonly sandbox: Performer;
  readonly router: Performer;
}

/**
 * The supervision tree:
 *
 *     system
 *     ├── pool         owns the SandboxPool: starts, drains, and replaces it when it is lost (added by composition)
 *     ├── library      the strategies written so far
 *     ├── agent        AgentActor: asks the model
 *     ├── sandbox      reviews code; runs it in the SandboxPool's warm containers
 *     ├── router       scores, asks the risk gates, publishes and retracts; one at a time
 *     ├── sagas        supervises 64 shards of
 *     │   └── shard-n
 *     │       └── wf_…  SagaActor: one workflow, event-sourced; comes back from its journal after a crash
 *     └── queue        QueueActor: takes tasks off JetStream and gives them to the sagas (added by composition)
 *
 * A performer that crashes answers what it had under way with EFFECT_INTERRUPTED and starts anew: the sagas retry. Stopping goes from
 * the bottom up: first nothing new comes in, then the sagas let go of their effects, then the performers end, then the warm containers.
 */
export async function spawnTree(options: TreeOptions): Promise<Sagas> {
  const { system } = options;
  const perform = (name: string, performer: Performer): Ref<EffectMessage> =>
    system.spawn(effectActor({ name, ...performer }));
  const library = perform('library', options.library);
  const agent = perform('agent', options.agent);
  const sandbox = perform('sandbox', options.sandbox);
  const router = perform('router', options.router);
  const performers: Readonly<Record<string, Ref<EffectMessage>>> = {
    strategy: library,
    agent,
    sandbox,
    router,
    signal: router,
  };

  return new Promise((resolve) => system.spawn(sagaSupervisor({ ...options, perform: dispatch }, resolve)));

  function dispatch(job: PerformEffect): void {
    const family = job.effect.slice(0, job.effect.indexOf('.'));
    const performer = performers[family];
    const failure = {
      code: 'INTERNAL',
      kind: 'defect',
      message: `nobody performs the effect ${job.effect}`,
    } as const;
    if (!performer) job.ended({ kind: 'failed', error: failure });
    else if (!tell(performer, job)) {
      job.ended({
        kind: 'failed',
        error: {
          ...failure,
          code: 'EFFECT_INTERRUPTED',
          kind: 'retryable',
          message: `the ${family} actor takes no work now`,
        },
      });
    }
  }
}
