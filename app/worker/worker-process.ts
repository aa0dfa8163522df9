import { fork, type ChildProcess } from 'node:child_process';
import { TradewrightError, fromFailure } from '../../contracts/errors.ts';
import { manyTasks, programBeside } from '../program.ts';
import { WorkerMessage } from './worker-message.ts';

export interface WorkerProcess {
  readonly pid: number;
  readonly gatewayUrl: string;
  readonly natsUrl: string;
  /** How it ended, once it has. */
  readonly exited: Promise<{ readonly code: number | null; readonly signal: string | null }>;
  /** SIGKILL: it gets no chance to tidy up. Resolves when the process is gone. */
  kill(): Promise<void>;
  /** Asks it to finish; kills it when it has not within the limit. */
  stop(): Promise<void>;
}

const main = programBeside({ url: import.meta.url, built: import.meta.built }, 'main');
const STOP_LIMIT_MS = 30_000;

/**
 * Starts a worker in a process of its own and waits until it is ready.
 * @throws the failure that the worker reports, under its own code
 */
export async function startWorkerProcess(options: {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly progress: (text: string) => void;
}): Promise<WorkerProcess> {
  const child = fork(main.file, [], {
    env: { ...options.environment },
    execArgv: [...manyTasks, ...main.execArgv],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    // Ctrl-C reaches the whole process group: the worker is to be stopped by us, in order.
    detached: true,
  });
  const exited = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  const { gatewayUrl, natsUrl } = await ready(child, exited, options.progress);
  return {
    pid: child.pid ?? 0,
    gatewayUrl,
    natsUrl,
    exited,
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
    async stop() {
      child.kill('SIGTERM');
      const limit = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
      await exited;
      clearTimeout(limit);
    },
  };
}

function ready(
  child: ChildProcess,
  exited: Promise<{ code: number | null; signal: string | null }>,
  progress: (text: string) => void,
): Promise<{ gatewayUrl: string; natsUrl: string }> {
  return new Promise((resolve, reject) => {
    child.on('message', (raw) => {
      const message = WorkerMessage.parse(raw);
      if (message.type === 'progress') progress(message.text);
      else if (message.type === 'ready') resolve(message);
      else reject(fromFailure(message.failure));
    });
    child.once('error', reject);
    void exited.then(({ code, signal }) =>
      reject(
        new TradewrightError(
          'INTERNAL',
          `the worker ended before it was ready (${signal ?? `exit code ${code}`})`,
        ),
      ),
    );
  });
}
