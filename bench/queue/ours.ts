// Ours: the QueueActor on JetStream. Arguments: NATS url.
import { createActorSystem } from '../../actors/kernel/index.ts';
import { type Queue, spawnQueue, TaskRegistry } from '../../actors/queue/index.ts';
import { taskIdFrom } from '../../contracts/ids.ts';
import { systemClock as clock } from '../../contracts/ports/clock.ts';
import { silentLog as log } from '../../contracts/ports/log.ts';
import type { Task } from '../../contracts/task.ts';
import { connect, openMessaging, streamLimits } from '../../messaging/index.ts';
import { loaded, serve } from '../harness/serve.mjs';

const [natsUrl = ''] = process.argv.slice(2);
/** A backlog of a million must fit. */
const limits = {
  ...streamLimits,
  tasks: { ...streamLimits.tasks, maxMessages: 2_000_000, maxBytes: 4 * 2 ** 30 },
};
const messaging = await openMessaging({ url: natsUrl, name: 'bench', log, clock, limits });

const task = (key: string): Task => ({
  schema: 'tradewright.task/1',
  id: taskIdFrom(key),
  type: 'bench',
  lane: 'normal',
  payload: { symbol: 'SPX', key, weights: [0.25, 0.5, 0.25], note: 'x'.repeat(100) },
  createdAt: clock.now(),
  dedupKey: key,
  maxRetries: 3,
  timeoutMs: 30_000,
});

let done = 0;
let wanted = 0;
let reached: () => void = () => undefined;
const waiting = new Map<string, (endedAt: number) => void>();
const held: string[] = [];
let holding = false;
const registry = new TaskRegistry().registerHandler('bench', async ({ dedupKey }) => {
  if (holding) {
    held.push(dedupKey);
    await new Promise(() => undefined);
  }
  done += 1;
  waiting.get(dedupKey)?.(performance.now());
  if (done === wanted) reached();
  return { ok: true };
});
const work = (concurrency: number): { queue: Queue; stop: () => Promise<void> } => {
  const system = createActorSystem({ name: 'bench', clock, log });
  const queue = spawnQueue(system, {
    ports: messaging,
    registry,
    clock,
    log,
    random: Math.random,
    concurrency,
    takeSignals: false,
  });
  return { queue, stop: () => queue.stop().then(() => system.stop()) };
};

const keys = (n: number, tag: string): string[] => Array.from({ length: n }, (_, at) => `${tag}-${at}`);

serve({
  /** One after the other, each stored before the next. */
  add: async ({ n, tag }: { n: number; tag: string }) => {
    const began = performance.now();
    for (const key of keys(n, tag)) await messaging.tasks.publish(task(key));
    return { seconds: (performance.now() - began) / 1000 };
  },
  /** As many under way as it takes; all stored when it ends. */
  bulk: async ({ n, tag }: { n: number; tag: string }) => {
    const all = keys(n, tag);
    const began = performance.now();
    await loaded(n, 1_000, async (at) => void (await messaging.tasks.publish(task(all[at] ?? ''))));
    return { seconds: (performance.now() - began) / 1000 };
  },
  /** `n` of what is stored; of all that is stored, until the last is acknowledged. */
  process: async ({
    n,
    concurrency,
    all: whole = true,
  }: {
    n: number;
    concurrency: number;
    all?: boolean;
  }) => {
    [done, wanted] = [0, n];
    const all = new Promise<void>((resolve) => (reached = resolve));
    const began = performance.now();
    const { queue, stop } = work(concurrency);
    await all;
    while (whole && (await queue.statistics()).worker.inFlight > 0)
      await new Promise((resolve) => setTimeout(resolve, 1));
    const seconds = (performance.now() - began) / 1000;
    await stop();
    return { seconds };
  },
  /** Added with nothing else to do: from `add` to the handler's end. */
  latency: async ({ n, tag }: { n: number; tag: string }) => {
    const { queue, stop } = work(10);
    const latencies: number[] = [];
    for (const key of keys(n, tag)) {
      const ended = new Promise<number>((resolve) => waiting.set(key, resolve));
      const began = performance.now();
      await queue.add(task(key));
      latencies.push((await ended) - began);
      waiting.delete(key);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await stop();
    return { latencies };
  },
  clear: async () => {
    const link = await connect({ url: natsUrl, name: 'bench clear', log, clock });
    await link.jsm.streams.purge('TASKS');
    await link.close();
    return {};
  },
  /** Takes `n` tasks and never ends them. */
  hold: async ({ n }: { n: number }) => {
    holding = true;
    work(n);
    while (held.length < n) await new Promise((resolve) => setTimeout(resolve, 10));
    return {};
  },
  /** A worker with nothing to do, until it has done `n`. */
  standBy: async ({ n }: { n: number }) => {
    [done, wanted] = [0, n];
    const all = new Promise<void>((resolve) => (reached = resolve));
    const { stop } = work(n);
    await all;
    void stop();
    return {};
  },
});
