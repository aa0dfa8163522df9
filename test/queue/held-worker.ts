import { laneDefaults } from '../../messaging/lane-source.ts';
import { startWorker } from '../support/queue.ts';

// A worker process. `hold` ends no task but those called short, which end once the process is told to stop; `work` does them.
const [url = '', mode = 'hold', leaseMs] = process.argv.slice(2);
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
let stopping = false;

const worker = await startWorker(
  nats,
  (registry) =>
    registry.registerHandler('echo', async (task, { signal }) => {
      process.stdout.write(`holds ${task.dedupKey}\n`);
      if (mode === 'work') await new Promise((resolve) => setTimeout(resolve, 10));
      else if (task.dedupKey === 'short')
        while (!stopping) await new Promise((resolve) => setTimeout(resolve, 5));
      else await new Promise((_resolve, reject) => signal.addEventListener('abort', reject));
      process.stdout.write(`done ${task.dedupKey}\n`);
    }),
  { concurrency: 8, drainMs: 500, heartbeatMs: 500 },
  leaseMs === undefined ? laneDefaults.ackWaitMs : Number(leaseMs),
);
process.once('SIGTERM', () => {
  stopping = true;
  void worker.stop().then(() => process.exit(0));
});
process.stdout.write('ready\n');
