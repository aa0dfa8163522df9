import { join } from 'node:path';
import { effectActor, type EffectMessage } from '../../actors/effects/effect-actor.ts';
import type { EffectHandler } from '../../actors/effects/effect-call.ts';
import { createActorSystem, nactJournalEngine, type Ref, tell } from '../../actors/kernel/index.ts';
import type { CommandOutcome } from '../../actors/saga/saga-actor.ts';
import { type Sagas, sagaSupervisor } from '../../actors/saga/saga-supervisor.ts';
import { type WorkflowId, workflowIdFrom } from '../../contracts/ids.ts';
import { systemClock } from '../../contracts/ports/clock.ts';
import { silentLog } from '../../contracts/ports/log.ts';
import { isTerminal, type WorkflowView } from '../../contracts/workflow-view.ts';
import { openStore, type Store } from '../../persistence/index.ts';
import { type AnyWorkflow, WorkflowRegistry } from '../../workflows/engine/definition.ts';
import { eventually } from './eventually.ts';

export interface SagaRig {
  readonly sagas: Sagas;
  readonly store: Store;
  readonly start: (
    key: string,
    input?: unknown,
    definition?: AnyWorkflow,
  ) => Promise<{ workflowId: WorkflowId; outcome: CommandOutcome }>;
  readonly ended: (workflowId: WorkflowId) => Promise<WorkflowView>;
  readonly view: (workflowId: WorkflowId) => Promise<WorkflowView>;
  close(): Promise<void>;
}

/** Real SagaActors on a real LevelDB journal in `dir`; the effects are the test's own handlers. */
export async function startSagas(options: {
  readonly dir: string;
  readonly definitions: readonly AnyWorkflow[];
  readonly handlers: Readonly<Record<string, EffectHandler>>;
  readonly lingerMs?: number;
}): Promise<SagaRig> {
  const clock = systemClock;
  const log = silentLog;
  const store = await openStore({ dir: join(options.dir, 'journal'), log, clock });
  const system = createActorSystem({
    name: 'test',
    clock,
    log,
    journalEngine: nactJournalEngine(store.journal, log),
  });
  const performer: Ref<EffectMessage> = system.spawn(
    effectActor({ name: 'performer', handlers: options.handlers, concurrency: 100 }),
  );
  const registry = new WorkflowRegistry(options.definitions);
  const sagas = await new Promise<Sagas>((resolve) =>
    system.spawn(
      sagaSupervisor(
        {
          clock,
          random: () => 0.5,
          registry,
          journal: store.journal,
          perform: (job) => void tell(performer, job),
          live: () => undefined,
          lingerMs: options.lingerMs ?? 60_000,
        },
        resolve,
      ),
    ),
  );
  const view = async (workflowId: WorkflowId): Promise<WorkflowView> => {
    const found = await sagas.get(workflowId);
    if (!found) throw new Error(`there is no workflow ${workflowId}`);
    return found;
  };
  return {
    sagas,
    store,
    view,
    async start(key, input = {}, definition = options.definitions[0]) {
      if (!definition) throw new Error('no definition');
      const workflowId = workflowIdFrom(key);
      const { name, version } = definition;
      const outcome = await sagas.start({
        type: 'start',
        workflowId,
        definition: { name, version },
        input,
        dedupKey: key,
        lane: 'normal',
        labels: {},
      });
      return { workflowId, outcome };
    },
    ended: (workflowId) =>
      eventually(
        async () => {
          const found = await view(workflowId);
          return isTerminal(found.state) ? found : undefined;
        },
        { what: `the end of ${workflowId}` },
      ),
    async close() {
      await system.stop();
      await store.close();
    },
  };
}
