// The engine beside many archived or open workflows. Arguments: data folder, NATS url where the relay is to run.
import { join } from 'node:path';
import { z } from 'zod';
import { eventBatch } from '../../actors/saga/event-batch.ts';
import { startSagaEngine } from '../../actors/saga/saga-engine.ts';
import { type WorkflowId, workflowIdFrom } from '../../contracts/ids.ts';
import { systemClock as clock } from '../../contracts/ports/clock.ts';
import { silentLog as log } from '../../contracts/ports/log.ts';
import { openMessaging, startRelay } from '../../messaging/index.ts';
import { openStore } from '../../persistence/index.ts';
import type { WorkflowEvent } from '../../contracts/workflow-event.ts';
import type { WorkflowCommand } from '../../workflows/engine/command.ts';
import { decide } from '../../workflows/engine/decide.ts';
import { defineWorkflow, nodesOf } from '../../workflows/engine/index.ts';
import type { WorkflowData } from '../../workflows/engine/state.ts';
import { summaryOf } from '../../workflows/engine/view.ts';
import { loaded, serve } from '../harness/serve.mjs';
import { steps } from './effect.mjs';

const [dir = '', natsUrl] = process.argv.slice(2);
const Input = z.object({ id: z.string() });
const { step, sleepUntil } = nodesOf(Input);
const Done = z.object({ ok: z.boolean() });
const nothing = (name: string, effect = 'bench.nothing') =>
  step({ name, effect, request: () => ({ step: name }), result: Done });
const outcome = () => ({ outcome: 'done' });
const definitions = {
  quick: defineWorkflow({
    name: 'quick',
    version: 1,
    input: Input,
    steps: steps.map((name) => nothing(name)),
    outcome,
  }),
  waiting: defineWorkflow({
    name: 'waiting',
    version: 1,
    input: Input,
    steps: [sleepUntil('long', (_, now) => now + 24 * 3_600_000), nothing('after')],
    outcome,
  }),
  running: defineWorkflow({
    name: 'running',
    version: 1,
    input: Input,
    steps: [nothing('once', 'bench.once')],
    outcome,
  }),
};
type Kind = keyof typeof definitions;

const store = await openStore({ dir: join(dir, 'journal'), clock, log });
const ends = new Map<WorkflowId, () => void>();
let performed = 0;
const { sagas } = await startSagaEngine({
  journal: store.journal,
  definitions: Object.values(definitions),
  effects: {
    'bench.nothing': async () => ({ ok: true }),
    'bench.once': async () => {
      performed += 1;
      return { ok: true };
    },
  },
  clock,
  random: Math.random,
  recorded: ({ workflowId, fact }) => {
    if (fact.type === 'WorkflowCompleted') ends.get(workflowId)?.();
  },
});
const messaging =
  natsUrl === undefined ? undefined : await openMessaging({ url: natsUrl, name: 'bench', log, clock });
const relay = messaging && startRelay({ journal: store.journal, feed: messaging.events, clock, log });

const startOf = (kind: Kind, id: string) =>
  ({
    type: 'start',
    workflowId: workflowIdFrom(id),
    definition: { name: kind, version: 1 },
    input: { id },
    dedupKey: id,
    lane: 'normal',
    labels: { symbol: 'SPX' },
  }) as const;

/** The journal of a workflow that has begun, and done these steps, without an actor for it: what the decider gives, in one commit. */
async function write(kind: Kind, id: string, done: readonly string[]): Promise<void> {
  const command = startOf(kind, id);
  const { workflowId } = command;
  const at = { now: clock.now(), random: 0 };
  const circumstances = { time: at.now, actor: 'bench', cause: 'start' };
  const events: WorkflowEvent[] = [];
  let data: WorkflowData | undefined;
  const go = (asked: WorkflowCommand): WorkflowData => {
    const went = decide(definitions[kind], data, asked, at);
    if (went.kind !== 'accepted') throw new Error('not accepted');
    events.push(...eventBatch(workflowId, data ?? null, went.facts, went.states, circumstances));
    return (data = went.data);
  };
  let last = go(command);
  for (const name of done) {
    const effect = { kind: 'run', step: name, attempt: 1 } as const;
    last = go({ type: 'effect-succeeded', effect, result: { ok: true } });
  }
  await store.journal.append(workflowId, 0, events, summaryOf(last));
}

const caughtUp = async (): Promise<void> => {
  while (relay && relay.position() < store.journal.lastCommit())
    await new Promise((resolve) => setTimeout(resolve, 1));
};

serve({
  archive: async ({ n }: { n: number }) => {
    // Of one step each: what is in the files of the archive costs nobody anything.
    await loaded(n, 2_000, (index) => write('running', `old-${index}`, ['once']));
    await caughtUp();
    const { workflows } = await store.upkeep.retire(clock.now() + 1_000, { limit: n + 1 });
    if (workflows !== n) throw new Error(`${workflows} of ${n} were archived`);
    return {};
  },
  run: async ({ n, tag }: { n: number; tag: string }) => {
    const began = performance.now();
    await loaded(n, 50, async (index) => {
      const command = startOf('quick', `${tag}-${index}`);
      const ended = new Promise<void>((resolve) => ends.set(command.workflowId, resolve));
      await sagas.start(command);
      await ended;
      ends.delete(command.workflowId);
    });
    await caughtUp();
    return { seconds: (performance.now() - began) / 1000 };
  },
  open: async ({ n, kind }: { n: number; kind: Kind }) => {
    await loaded(n, 2_000, (index) => write(kind, `${kind}-${index}`, []));
    return {};
  },
  recover: async ({ n, kind }: { n: number; kind: Kind }) => {
    const { gc } = globalThis as { gc?: () => void };
    gc?.();
    const heap = process.memoryUsage().heapUsed;
    const began = performance.now();
    const recovered = await sagas.recover();
    if (recovered !== n) throw new Error(`${recovered} of ${n} were found`);
    // Those that ran are taken up once their effect has been asked for again.
    while (kind === 'running' && performed < n) await new Promise((resolve) => setTimeout(resolve, 1));
    const seconds = (performance.now() - began) / 1000;
    gc?.();
    return { seconds, bytesEach: Math.max(0, process.memoryUsage().heapUsed - heap) / n };
  },
});
