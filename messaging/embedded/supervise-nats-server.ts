import { type Clock, delay, systemClock } from '../../contracts/ports/clock.ts';
import { toFailure, type Failure } from '../../contracts/errors.ts';
import { type Log, silentLog } from '../../contracts/ports/log.ts';
import { openServer, ownFolder } from './nats-server-child.ts';
import type { ServerFiles } from './server-files.ts';
import type { NatsServerOptions, RunningServer } from './server-process.ts';

export type NatsServerState =
  | { readonly kind: 'ready'; readonly pid: number; readonly adopted: boolean; readonly restarts: number }
  | { readonly kind: 'restarting'; readonly restarts: number; readonly reason: string; readonly inMs: number }
  | { readonly kind: 'failed'; readonly failure: Failure }
  | { readonly kind: 'stopped' };

export interface RestartPolicy {
  /** More crashes than this within `withinMs` and the supervisor gives up. */
  readonly maxRestarts: number;
  readonly withinMs: number;
  /** Doubles with each crash within the window, up to `maxBackoffMs`. */
  readonly firstBackoffMs: number;
  readonly maxBackoffMs: number;
}

export const defaultRestartPolicy: RestartPolicy = {
  maxRestarts: 10,
  withinMs: 60_000,
  firstBackoffMs: 50,
  maxBackoffMs: 5_000,
};

export interface SupervisedNats {
  /** Stays the same over restarts, so clients reconnect by themselves. */
  readonly url: string;
  readonly port: number;
  readonly version: string;
  /** Of the server that runs: how long what it has accepted may be in memory only, or `always`. */
  readonly syncInterval: string;
  readonly state: NatsServerState;
  /** Hears every change from now on; gives back how to stop listening. */
  onState(listener: (state: NatsServerState) => void): () => void;
  stop(): Promise<void>;
}

/** Starts or adopts a server and keeps it up, on the same port and store, while this process holds the folder. */
export async function superviseNatsServer(
  options: NatsServerOptions & { readonly restart?: Partial<RestartPolicy> },
): Promise<SupervisedNats> {
  const { files, release } = await ownFolder(options.dataDir);
  let server: RunningServer;
  try {
    server = await openServer(files, options, options.port);
  } catch (error) {
    await release();
    throw error;
  }
  return supervise(server, files, options, { ...defaultRestartPolicy, ...options.restart }, release);
}

function supervise(
  first: RunningServer,
  files: ServerFiles,
  options: NatsServerOptions,
  policy: RestartPolicy,
  release: () => Promise<void>,
): SupervisedNats {
  const clock: Clock = options.clock ?? systemClock;
  const log: Log = options.logger ?? silentLog;
  const { port } = first;
  const listeners = new Set<(state: NatsServerState) => void>();
  const stopping = new AbortController();
  let server = first;
  let restarts = 0;
  let state: NatsServerState = { kind: 'ready', pid: first.pid, adopted: first.adopted, restarts };

  const enter = (next: NatsServerState): void => {
    state = next;
    for (const listener of listeners) listener(next);
  };

  const keepUp = async (): Promise<void> => {
    const crashes: number[] = [];
    let reason: string;
    for (;;) {
      const exit = await server.exited;
      if (stopping.signal.aborted) return;
      reason = `nats-server ${server.pid} ended (${exit.signal ?? exit.code ?? 'no child of ours'})`;
      for (let up = false; !up;) {
        const now = clock.now();
        crashes.push(now);
        while (crashes[0] !== undefined && crashes[0] < now - policy.withinMs) crashes.shift();
        if (crashes.length > policy.maxRestarts) {
          enter({
            kind: 'failed',
            failure: {
              code: 'NATS_UNAVAILABLE',
              kind: 'retryable',
              message: `gave up after ${crashes.length} crashes: ${reason}`,
            },
          });
          return;
        }
        const inMs = Math.min(policy.firstBackoffMs * 2 ** (crashes.length - 1), policy.maxBackoffMs);
        restarts += 1;
        log.warn({ reason, restarts, inMs }, 'nats-server is restarted');
        enter({ kind: 'restarting', restarts, reason, inMs });
        try {
          await delay(clock, inMs, stopping.signal);
          server = await openServer(files, { ...options, signal: stopping.signal }, port);
          up = true;
        } catch (error) {
          if (stopping.signal.aborted) return;
          reason = toFailure(error).message;
        }
      }
      enter({ kind: 'ready', pid: server.pid, adopted: server.adopted, restarts });
    }
  };
  const supervision = keepUp().catch((error: unknown) =>
    enter({ kind: 'failed', failure: toFailure(error) }),
  );

  const stop = async (): Promise<void> => {
    stopping.abort(new Error('nats-server is being stopped'));
    await server.end();
    await supervision;
    // A restart may have been under way when the stop was asked for.
    await server.end();
    await release();
    enter({ kind: 'stopped' });
  };
  let stopped: Promise<void> | undefined;

  return {
    url: `nats://127.0.0.1:${port}`,
    port,
    version: first.version,
    get syncInterval() {
      return server.syncInterval;
    },
    get state() {
      return state;
    },
    onState(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    stop: () => (stopped ??= stop()),
  };
}
