import type { EffectHandler } from '../../actors/effects/effect-call.ts';
import type { TaskRegistry } from '../../actors/queue/index.ts';
import { fromFailure } from '../../contracts/errors.ts';
import { workflowIdFrom } from '../../contracts/ids.ts';
import { startWorker, type TestWorker } from '../support/queue.ts';
import { type SagaRig, startSagas } from '../support/sagas.ts';
import { orderWorkflow } from '../support/workflows.ts';

export const START_ORDER = 'start-order';
export const order = orderWorkflow({ retry: { initialMs: 40, factor: 2, maxMs: 1_000 } });

/** A queue whose start tasks begin `order` workflows in a real saga engine on the journal in `dir`. */
export async function startOrders(
  nats: Parameters<typeof startWorker>[0],
  dir: string,
  handlers: Readonly<Record<string, EffectHandler>>,
  begun: (key: string) => Promise<void> = async () => undefined,
): Promise<{ worker: TestWorker; rig: SagaRig; stop: () => Promise<void> }> {
  const rig = await startSagas({ dir, definitions: [order], handlers });
  await rig.sagas.recover();
  const register = (registry: TaskRegistry): unknown =>
    registry.registerStart(START_ORDER, async ({ dedupKey, lane, payload }) => {
      const workflowId = workflowIdFrom(dedupKey);
      const outcome = await rig.sagas.start({
        type: 'start',
        workflowId,
        definition: { name: order.name, version: order.version },
        input: payload,
        dedupKey,
        lane,
        labels: {},
      });
      if (outcome.kind === 'refused') throw fromFailure(outcome.failure);
      await begun(dedupKey);
      return { workflowId };
    });
  const worker = await startWorker(nats, register, { takeSignals: false });
  return {
    worker,
    rig,
    async stop() {
      await worker.stop();
      await rig.close();
    },
  };
}
