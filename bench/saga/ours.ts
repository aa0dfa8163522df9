// Ours: the saga engine on LevelDB with fsync, its relay copying every commit to EVENTS.
// Arguments: data folder, NATS url, file of the recorder, whether effects check their key.
import { join } from 'node:path';
import { z } from 'zod';
import { startSagaEngine } from '../../actors/saga/saga-engine.ts';
import { type WorkflowId, workflowIdFrom } from '../../contracts/ids.ts';
import { systemClock as clock } from '../../contracts/ports/clock.ts';
import { silentLog as log } from '../../contracts/ports/log.ts';
import { openMessaging, startRelay } from '../../messaging/index.ts';
import { openStore } from '../../persistence/index.ts';
import { defineWorkflow, nodesOf } from '../../workflows/engine/index.ts';
import { loaded, serve } from '../harness/serve.mjs';
import { checkedRecorder, recorder, steps } from './effect.mjs';

const [dir = '', natsUrl = '', file = '', checked] = process.argv.slice(2);
const record = checked === 'checked' ? checkedRecorder(file) : recorder(file);

const Input = z.object({ id: z.string() });
const { step } = nodesOf(Input);
const Done = z.object({ ok: z.boolean() });
const four = (name: string, effect: string) =>
  defineWorkflow({
    name,
    version: 1,
    input: Input,
    steps: steps.map((one) =>
      step({ name: one, effect, request: ({ input }) => ({ id: input.id }), result: Done }),
    ),
    outcome: () => ({ outcome: 'done' }),
  });

const store = await openStore({ dir: join(dir, 'journal'), clock, log });
const messaging = await openMessaging({ url: natsUrl, name: 'bench', log, clock });
const relay = startRelay({ journal: store.journal, feed: messaging.events, clock, log });
const ends = new Map<WorkflowId, () => void>();
const { sagas } = await startSagaEngine({
  journal: store.journal,
  definitions: [four('quick', 'bench.nothing'), four('recorded', 'bench.record')],
  effects: {
    'bench.nothing': async () => ({ ok: true }),
    'bench.record': async (request, { idempotencyKey }) => {
      await record(`${Input.parse(request).id} ${idempotencyKey}`);
      return { ok: true };
    },
  },
  clock,
  random: Math.random,
  concurrency: 1_000,
  recorded: ({ workflowId, fact }) => {
    if (fact.type === 'WorkflowCompleted') ends.get(workflowId)?.();
  },
});
await sagas.recover();

async function start(name: string, workflowId: WorkflowId, id: string): Promise<void> {
  const outcome = await sagas.start({
    type: 'start',
    workflowId,
    definition: { name, version: 1 },
    input: { id },
    dedupKey: id,
    lane: 'normal',
    labels: {},
  });
  if (outcome.kind === 'refused') throw new Error(outcome.failure.message);
}

const caughtUp = async (): Promise<void> => {
  while (relay.position() < store.journal.lastCommit())
    await new Promise((resolve) => setTimeout(resolve, 1));
};

serve({
  run: async ({ n, concurrency, tag }: { n: number; concurrency: number; tag: string }) => {
    const began = performance.now();
    const latencies = await loaded(n, concurrency, async (index) => {
      const id = `${tag}-${index}`;
      const workflowId = workflowIdFrom(id);
      const ended = new Promise<void>((resolve) => ends.set(workflowId, resolve));
      await start('quick', workflowId, id);
      await ended;
      ends.delete(workflowId);
    });
    await caughtUp();
    return { seconds: (performance.now() - began) / 1000, latencies };
  },
  flight: async ({ n, tag }: { n: number; tag: string }) => {
    const ids = Array.from({ length: n }, (_, index) => `${tag}-${index}`);
    await Promise.all(ids.map((id) => start('recorded', workflowIdFrom(id), id)));
    return {};
  },
});
