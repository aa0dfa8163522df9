import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { toFailure } from '../../contracts/errors.ts';
import { systemClock } from '../../contracts/ports/clock.ts';
import { readConfig } from '../config/config.ts';
import { openLog } from '../telemetry/log.ts';
import { startWorker } from './worker.ts';
import type { WorkerMessage } from './worker-message.ts';

/** A part that cannot be closed must not keep a worker without use alive: what is durable is durable, the rest is swept at the next start. */
const STOP_LIMIT_MS = 25_000;

/** Tells the parent process, where there is one that listens, otherwise the terminal; resolves once it is on its way. */
async function tell(message: WorkerMessage): Promise<void> {
  if (process.connected) return new Promise((resolve) => process.send?.(message, () => resolve()));
  if (message.type === 'progress') console.error(message.text);
  else if (message.type === 'ready') console.error(`ready: ${message.gatewayUrl} (NATS ${message.natsUrl})`);
  else console.error(`${message.failure.code}: ${message.failure.message}`);
}

async function main(): Promise<void> {
  const config = readConfig();
  const log = openLog({ level: config.logLevel, to: process.send ? join(config.dataDir, 'worker.log') : 2 });
  const worker = await startWorker({
    config,
    clock: systemClock,
    log,
    random: () => randomInt(2 ** 47) / 2 ** 47,
    progress: (text) => void tell({ type: 'progress', text }),
  });
  let stopping: Promise<void> | undefined;
  const stop = (code: number): void => {
    if (stopping) return;
    setTimeout(() => process.exit(1), STOP_LIMIT_MS).unref();
    stopping = worker.stop().then(() => process.exit(code));
  };
  process.once('SIGTERM', () => stop(0));
  process.once('SIGINT', () => stop(0));
  // Whoever started this process is gone: nobody will ask for the end.
  process.once('disconnect', () => stop(0));
  void worker.lost.then((error) => {
    log.error({ failure: toFailure(error) }, 'a part is lost for good; ending');
    void tell({ type: 'failed', failure: { ...toFailure(error) } }).then(() => stop(1));
  });
  await tell({ type: 'ready', gatewayUrl: worker.gatewayUrl, natsUrl: worker.natsUrl });
}

main().catch(async (error: unknown) => {
  const { code, kind, message } = toFailure(error);
  await tell({ type: 'failed', failure: { code, kind, message } });
  process.exit(1);
});
