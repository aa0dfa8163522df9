// What the numbered examples share: the saga engine on a LevelDB journal in a folder of its own.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EffectHandlers } from '../actors/effects/effect-call.ts';
import { startSagaEngine } from '../actors/saga/saga-engine.ts';
import type { Sagas } from '../actors/saga/saga-supervisor.ts';
import { type WorkflowId, workflowIdFrom } from '../contracts/ids.ts';
import { systemClock as clock } from '../contracts/ports/clock.ts';
import { silentLog as log } from '../contracts/ports/log.ts';
import type { WorkflowView } from '../contracts/workflow-view.ts';
import { openStore } from '../persistence/index.ts';
import type { AnyWorkflow } from '../workflows/engine/definition.ts';

export interface Engine {
  readonly sagas: Sagas;
  /** The same key gives the same workflow, however often it is started. */
  readonly start: (definition: AnyWorkflow, key: string, input: unknown) => Promise<WorkflowId>;
  /** Waits until the workflow looks as asked for. */
  readonly until: (workflowId: WorkflowId, holds: (view: WorkflowView) => boolean) => Promise<WorkflowView>;
  readonly close: () => Promise<void>;
}

/** Opens the engine; workflows that an earlier one left open go on. Prints every fact once it is durable. */
export async function openEngine(
  folder: string,
  definitions: readonly AnyWorkflow[],
  effects: EffectHandlers,
): Promise<Engine> {
  const store = await openStore({ dir: join(folder, 'journal'), clock, log });
  const { sagas, stop } = await startSagaEngine({
    journal: store.journal,
    definitions,
    effects,
    clock,
    random: Math.random,
    recorded: ({ seq, actor, fact: { type, ...fact } }) =>
      console.log(`${String(seq).padStart(3)}  ${type}`, 'step' in fact ? fact.step : '', `(${actor})`),
  });
  await sagas.recover();
  return {
    sagas,
    async start({ name, version }, key, input) {
      const workflowId = workflowIdFrom(key);
      const definition = { name, version };
      const lane = 'normal';
      const started = {
        type: 'start',
        workflowId,
        definition,
        input,
        dedupKey: key,
        lane,
        labels: {},
      } as const;
      const outcome = await sagas.start(started);
      if (outcome.kind === 'refused') throw new Error(outcome.failure.message);
      return workflowId;
    },
    async until(workflowId, holds) {
      for (;;) {
        const view = await sagas.get(workflowId);
        if (view && holds(view)) return view;
        await new Promise((resolve) => clock.schedule(20, () => resolve(undefined)));
      }
    },
    async close() {
      await stop();
      await store.close();
    },
  };
}

/** Runs `use` with a folder that is deleted afterwards. */
export async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'tradewright-example-'));
  try {
    await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
