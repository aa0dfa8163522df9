import { startWorker } from '../support/queue.ts';

// A worker process that takes tasks and never ends one: its parent kills it while it holds them.
const url = process.argv[2] ?? '';
const nats = {
  url,
  port: 0,
  kill: idle,
  start: idle,
  stop: idle,
  freeze: idle,
  thaw: () => undefined,
};
async function idle(): Promise<void> {}

await startWorker(nats, (registry) =>
  registry.registerHandler('echo', async (task) => {
    process.stdout.write(`holds ${task.dedupKey}\n`);
    await new Promise(() => undefined);
  }),
);
