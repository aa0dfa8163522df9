import { type Clock, systemClock } from '../../contracts/ports/clock.ts';
import type { Log } from '../../contracts/ports/log.ts';
import { isAlive, type ProcessIdentity } from './process-identity.ts';
import { removeServerRecord, type ServerFiles } from './server-files.ts';

/** The embedded server is for this machine alone. */
export const host = '127.0.0.1';
export const greetingWithinMs = 2_000;
export const defaultSyncInterval = '1s';
const watchMs = 200;

export interface NatsServerOptions {
  /** The server keeps everything in `<dataDir>/nats`. */
  readonly dataDir: string;
  readonly binary: string;
  /** A free one is taken when left out. An adopted server keeps the port it has. */
  readonly port?: number | undefined;
  /** When acknowledged messages reach the disk: a NATS duration (default `1s`) or `always`. */
  readonly syncInterval?: string;
  /** Largest message; default 4 MiB. */
  readonly maxPayloadBytes?: number;
  /** Default 60 s: a large store takes its time to open. */
  readonly readyWithinMs?: number;
  /** Default 15 s; then SIGKILL. */
  readonly stopWithinMs?: number;
  readonly logger?: Log;
  readonly clock?: Clock;
  /** Aborts the start; a server that is up is stopped with `stop()`. */
  readonly signal?: AbortSignal;
}

export interface NatsServerExit {
  /** Both null for an adopted server: only its parent learns how a process ended. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly adopted: boolean;
}

/** A live server on a folder whose lock this process holds; the supervisor replaces it without giving the lock up. */
export interface RunningServer {
  readonly port: number;
  readonly pid: number;
  readonly version: string;
  readonly adopted: boolean;
  /** What it was started with, so what it does. */
  readonly syncInterval: string;
  readonly exited: Promise<NatsServerExit>;
  end(): Promise<void>;
}

/** The end of a process that is no child of ours. */
export function watchExit(identity: ProcessIdentity, clock: Clock): Promise<NatsServerExit> {
  return new Promise((resolve) => {
    const look = async (): Promise<void> => {
      if (await isAlive(identity)) clock.schedule(watchMs, () => void look());
      else resolve({ code: null, signal: null, adopted: true });
    };
    void look();
  });
}

/** SIGTERM, then SIGKILL at the deadline; returns when it is gone. */
export async function endProcess(
  identity: ProcessIdentity,
  exited: Promise<unknown>,
  files: ServerFiles,
  options: NatsServerOptions,
): Promise<void> {
  const { clock = systemClock, stopWithinMs = 15_000 } = options;
  await kill(identity, 'SIGTERM');
  const takeBack = clock.schedule(stopWithinMs, () => void kill(identity, 'SIGKILL'));
  await exited;
  takeBack();
  await removeServerRecord(files);
}

/** Only the very process that was started: its number may belong to another by now. */
async function kill(identity: ProcessIdentity, signal: NodeJS.Signals): Promise<void> {
  if (!(await isAlive(identity))) return;
  try {
    process.kill(identity.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
