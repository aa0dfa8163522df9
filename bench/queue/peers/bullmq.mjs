// BullMQ on Redis. Arguments: port of the server.
import { Queue, Worker } from 'bullmq';
import { serve } from '../../harness/serve.mjs';

const [port] = process.argv.slice(2);
const connection = { host: '127.0.0.1', port: Number(port), maxRetriesPerRequest: null };
/** Done is done, on both sides: neither keeps what has come to its end. */
const defaultJobOptions = { removeOnComplete: true, removeOnFail: true, attempts: 4 };
const queue = new Queue('bench', { connection, defaultJobOptions });
await queue.waitUntilReady();

const data = (key) => ({ symbol: 'SPX', key, weights: [0.25, 0.5, 0.25], note: 'x'.repeat(100) });

let done = 0;
let holding = false;
let held = 0;
let wanted = 0;
let reached = () => undefined;
const waiting = new Map();
const work = (concurrency) => {
  const worker = new Worker(
    'bench',
    async (job) => {
      if (holding) {
        held += 1;
        await new Promise(() => undefined);
      }
      waiting.get(job.id)?.(performance.now());
      return { ok: true };
    },
    { connection, concurrency },
  );
  worker.on('completed', () => {
    done += 1;
    if (done === wanted) reached();
  });
  return worker;
};

const keys = (n, tag) => Array.from({ length: n }, (_, at) => `${tag}-${at}`);
/** Of one `addBulk`: larger ones are no faster. */
const LOT = 1_000;

serve({
  add: async ({ n, tag }) => {
    const began = performance.now();
    for (const key of keys(n, tag)) await queue.add('bench', data(key), { jobId: key });
    return { seconds: (performance.now() - began) / 1000 };
  },
  bulk: async ({ n, tag }) => {
    const all = keys(n, tag);
    const began = performance.now();
    for (let from = 0; from < n; from += LOT) {
      const lot = all.slice(from, from + LOT);
      await queue.addBulk(lot.map((key) => ({ name: 'bench', data: data(key), opts: { jobId: key } })));
    }
    return { seconds: (performance.now() - began) / 1000 };
  },
  process: async ({ n, concurrency }) => {
    [done, wanted] = [0, n];
    const all = new Promise((resolve) => (reached = resolve));
    const began = performance.now();
    const worker = work(concurrency);
    await all;
    const seconds = (performance.now() - began) / 1000;
    await worker.close();
    return { seconds };
  },
  latency: async ({ n, tag }) => {
    const worker = work(10);
    await worker.waitUntilReady();
    const latencies = [];
    for (const key of keys(n, tag)) {
      const ended = new Promise((resolve) => waiting.set(key, resolve));
      const began = performance.now();
      await queue.add('bench', data(key), { jobId: key });
      latencies.push((await ended) - began);
      waiting.delete(key);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await worker.close();
    return { latencies };
  },
  hold: async ({ n }) => {
    holding = true;
    work(n);
    while (held < n) await new Promise((resolve) => setTimeout(resolve, 10));
    return {};
  },
  clear: async () => {
    await queue.obliterate({ force: true });
    return {};
  },
  standBy: async ({ n }) => {
    [done, wanted] = [0, n];
    const all = new Promise((resolve) => (reached = resolve));
    work(n);
    await all;
    return {};
  },
});
