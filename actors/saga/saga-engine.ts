import type { Clock } from '../../contracts/ports/clock.ts';
import type { Journal } from '../../contracts/ports/journal.ts';
import { type Log, silentLog } from '../../contracts/ports/log.ts';
import type { WorkflowEvent } from '../../contracts/workflow-event.ts';
import { type AnyWorkflow, WorkflowRegistry } from '../../workflows/engine/definition.ts';
import { effectActor } from '../effects/effect-actor.ts';
import type { EffectHandlers } from '../effects/effect-call.ts';
import { createActorSystem, nactJournalEngine, tell } from '../kernel/index.ts';
import { type Sagas, sagaSupervisor } from './saga-supervisor.ts';

/** Workflows with nothing to do stay in memory this long, for those who ask how it goes. */
const LINGER_MS = 60_000;

export interface SagaEngineOptions {
  readonly journal: Journal;
  readonly definitions: readonly AnyWorkflow[];
  readonly effects: EffectHandlers;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly log?: Log;
  /** Effects performed at a time. Default 100. */
  readonly concurrency?: number;
  readonly lingerMs?: number;
  readonly mostIdle?: number;
  readonly mostBusy?: number;
  readonly snapshotEvery?: number;
  /** A fact is durable; never called for replayed ones. */
  readonly recorded?: (event: WorkflowEvent) => void;
}

export interface SagaEngine {
  readonly sagas: Sagas;
  /** Lets go of what runs; the journal stays open. A later engine on the same journal goes on with it. */
  readonly stop: () => Promise<void>;
}

/** The saga engine alone: definitions, handlers of their effects, and a journal. `sagas.recover()` takes up what was open. */
export async function startSagaEngine(options: SagaEngineOptions): Promise<SagaEngine> {
  const { journal, clock, random, log = silentLog, lingerMs = LINGER_MS, recorded, snapshotEvery } = options;
  const system = createActorSystem({
    name: 'saga-engine',
    clock,
    log,
    journalEngine: nactJournalEngine(journal, log),
  });
  const performer = system.spawn(
    effectActor({ name: 'performer', handlers: options.effects, concurrency: options.concurrency ?? 100 }),
  );
  const supervised = {
    clock,
    random,
    registry: new WorkflowRegistry(options.definitions),
    journal,
    live: () => undefined,
    lingerMs,
    mostIdle: options.mostIdle,
    mostBusy: options.mostBusy,
    ...(recorded === undefined ? {} : { recorded }),
    ...(snapshotEvery === undefined ? {} : { snapshotEvery }),
  };
  const sagas = await new Promise<Sagas>((resolve) =>
    system.spawn(sagaSupervisor({ ...supervised, perform: (job) => void tell(performer, job) }, resolve)),
  );
  return { sagas, stop: () => system.stop() };
}
