import { join } from 'node:path';
import type { EffectHandler } from '../../actors/effects/effect-call.ts';
import { startSagaEngine } from '../../actors/saga/saga-engine.ts';
import type { CommandOutcome } from '../../actors/saga/saga-actor.ts';
import type { Sagas } from '../../actors/saga/saga-supervisor.ts';
import { type WorkflowId, workflowIdFrom } from '../../contracts/ids.ts';
import { systemClock } from '../../contracts/ports/clock.ts';
import { silentLog } from '../../contracts/ports/log.ts';
import type { WorkflowEvent } from '../../contracts/workflow-event.ts';
import { isTerminal, type WorkflowView } from '../../contracts/workflow-view.ts';
import { openStore, type Store } from '../../persistence/index.ts';
import type { AnyWorkflow } from '../../workflows/engine/definition.ts';
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
  readonly mostIdle?: number;
  readonly mostBusy?: number;
  readonly recorded?: (event: WorkflowEvent) => void;
  readonly snapshotEvery?: number;
}): Promise<SagaRig> {
  const clock = systemClock;
  const log = silentLog;
  const store = await openStore({ dir: join(options.dir, 'journal'), log, clock });
  const { definitions, handlers: effects, lingerMs, mostIdle, mostBusy, recorded, snapshotEvery } = options;
  const engine = await startSagaEngine({
    journal: store.journal,
    definitions,
    effects,
    clock,
    random: () => 0.5,
    log,
    ...(lingerMs === undefined ? {} : { lingerMs }),
    ...(mostIdle === undefined ? {} : { mostIdle }),
    ...(mostBusy === undefined ? {} : { mostBusy }),
    ...(recorded === undefined ? {} : { recorded }),
    ...(snapshotEvery === undefined ? {} : { snapshotEvery }),
  });
  const { sagas } = engine;
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
      await engine.stop();
      await store.close();
    },
  };
}
