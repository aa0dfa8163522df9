import { join } from 'node:path';
import { toFailure } from '../../contracts/errors.ts';
import { systemClock } from '../../contracts/ports/clock.ts';
import { readConfig } from '../config/config.ts';
import { openLog } from '../telemetry/log.ts';
import { startWorker } from './worker.ts';
import { type WorkerMessage } from './worker-message.ts';

/** Tells the parent process, where there is one that listens, otherwise the terminal. */
function tell(message: WorkerMessage): void {
  if (process.send) return void process.send(message);
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
    random: Math.random,
    progress: (text) => tell({ type: 'progress', text }),
  });
  let stopping: Promise<void> | undefined;
  const stop = (code: number): void => {
    stopping ??= worker.stop().then(() => process.exit(code));
  };
  process.once('SIGTERM', () => stop(0));
  process.once('SIGINT', () => stop(0));
  // Whoever started this process is gone: nobody will ask for the end.
  process.once('disconnect', () => stop(0));
  void worker.lost.then((error) => {
    log.error({ failure: toFailure(error) }, 'a part is lost for good; ending');
    tell({ type: 'failed', failure: { ...toFailure(error) } });
    stop(1);
  });
  tell({ type: 'ready', gatewayUrl: worker.gatewayUrl, natsUrl: worker.natsUrl });
}

main().catch((error: unknown) => {
  const { code, kind, message } = toFailure(error);
  tell({ type: 'failed', failure: { code, kind, message } });
  process.exitCode = 1;
  if (process.connected) process.disconnect();
});
