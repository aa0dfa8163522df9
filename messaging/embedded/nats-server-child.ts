import { spawn } from 'node:child_process';
import { open, readFile, stat } from 'node:fs/promises';
import { delay, systemClock } from '../../contracts/ports/clock.ts';
import { silentLog } from '../../contracts/ports/log.ts';
import { TradewrightError } from '../../contracts/errors.ts';
import { probePort } from './free-port.ts';
import { isNatsServerRecent } from './locate-server.ts';
import { type NatsInfo, readNatsInfo } from './nats-info.ts';
import { adoptOrphan } from './adopt-orphan.ts';
import { tryOwnerLock } from './owner-lock.ts';
import { identifyProcess } from './process-identity.ts';
import {
  removeServerRecord,
  type ServerFiles,
  serverFiles,
  writeServerConfig,
  writeServerRecord,
} from './server-files.ts';
import {
  defaultSyncInterval,
  endProcess,
  greetingWithinMs,
  host,
  type NatsServerExit,
  type NatsServerOptions,
  type RunningServer,
} from './server-process.ts';

export { type NatsServerExit, type NatsServerOptions } from './server-process.ts';

const randomPortTries = 5;
const pollMs = 25;

export interface EmbeddedNats {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly version: string;
  /** It was left behind by a parent that was killed, and still served this folder. */
  readonly adopted: boolean;
  readonly exited: Promise<NatsServerExit>;
  /** SIGTERM, then SIGKILL at the deadline; gives the folder free. Calling twice is harmless. */
  stop(): Promise<void>;
}

/**
 * Starts a nats-server of our own, or adopts the one that a killed parent left on this folder.
 * @throws DATA_DIR_IN_USE when a live process owns the folder, PORT_IN_USE, NATS_UNAVAILABLE when the server does not get ready,
 * NATS_MISSING when it is too old.
 */
export async function startNatsServer(options: NatsServerOptions): Promise<EmbeddedNats> {
  const { files, release } = await ownFolder(options.dataDir);
  try {
    const server = await openServer(files, options, options.port);
    return present(server, async () => {
      await server.end();
      await release();
    });
  } catch (error) {
    await release();
    throw error;
  }
}

export function present(server: RunningServer, stop: () => Promise<void>): EmbeddedNats {
  const { port, pid, version, adopted, exited } = server;
  let stopping: Promise<void> | undefined;
  return {
    url: `nats://${host}:${port}`,
    port,
    pid,
    version,
    adopted,
    exited,
    stop: () => (stopping ??= stop()),
  };
}

/** @throws DATA_DIR_IN_USE naming the owner. */
export async function ownFolder(
  dataDir: string,
): Promise<{ files: ServerFiles; release: () => Promise<void> }> {
  const files = await serverFiles(dataDir);
  const lock = await tryOwnerLock(files.lock);
  if (lock.kind === 'acquired') return { files, release: lock.release };
  throw new TradewrightError(
    'DATA_DIR_IN_USE',
    `${files.folder} belongs to the running process ${lock.by.pid}; stop it or choose another data folder`,
    {
      details: { pid: lock.by.pid, folder: files.folder },
    },
  );
}

/** Adopts or starts; the caller holds the folder's lock. */
export async function openServer(
  files: ServerFiles,
  options: NatsServerOptions,
  port: number | undefined,
): Promise<RunningServer> {
  const log = options.logger ?? silentLog;
  const adopted = await adoptOrphan(files, options);
  if (adopted !== undefined) {
    log.info({ pid: adopted.pid, port: adopted.port }, 'nats-server of a killed parent adopted');
    return adopted;
  }
  for (let attempt = 1; ; attempt += 1) {
    const chosen = await choosePort(port);
    try {
      return await spawnServer(files, options, chosen);
    } catch (error) {
      // Between the probe and the start another program may take a random port; a given one is the person's to free.
      const lostRace =
        port === undefined && error instanceof TradewrightError && error.code === 'PORT_IN_USE';
      if (!lostRace || attempt === randomPortTries) throw error;
    }
  }
}

async function choosePort(port: number | undefined): Promise<number> {
  const free = await probePort(host, port ?? 0);
  if (free === undefined) throw portInUse(port ?? 0);
  return free;
}

function portInUse(port: number): TradewrightError {
  return new TradewrightError(
    'PORT_IN_USE',
    `port ${port} on ${host}, wanted for nats-server, is taken by another program`,
    { details: { port } },
  );
}

async function spawnServer(
  files: ServerFiles,
  options: NatsServerOptions,
  port: number,
): Promise<RunningServer> {
  const { syncInterval = defaultSyncInterval, maxPayloadBytes = 4 * 1024 * 1024 } = options;
  await writeServerConfig(files, { port, syncInterval, maxPayloadBytes });
  // Before the start: a parent killed right after it must leave a trace of the server.
  await writeServerRecord(files, { process: null, port, serverName: files.serverName, syncInterval });
  // What the server says of this start only: its log goes on from earlier ones.
  const logFrom = await stat(files.log).then(
    ({ size }) => size,
    () => 0,
  );
  const stderr = await open(files.stderr, 'w', 0o600);
  // A process group of its own: Ctrl-C in the terminal is for the parent, which drains first and then stops the server.
  const child = spawn(options.binary, ['--config', files.config], {
    cwd: files.folder,
    // It needs nothing of ours, and outlives us: no keys for it.
    env: {},
    detached: true,
    stdio: ['ignore', 'ignore', stderr.fd],
  });
  let spawnError = '';
  const exited = new Promise<NatsServerExit>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal, adopted: false }));
    child.on('error', (error) => {
      spawnError = error.message;
      resolve({ code: null, signal: null, adopted: false });
    });
  });
  await stderr.close();
  const failed = async (): Promise<TradewrightError> => {
    await exited;
    return startFailure(files, options.binary, port, spawnError, logFrom);
  };
  const identity = child.pid === undefined ? undefined : await identifyProcess(child.pid);
  try {
    if (identity === undefined) throw await failed();
    await writeServerRecord(files, {
      process: identity,
      port,
      serverName: files.serverName,
      syncInterval,
    });
    const info = await untilReady(files, options, port, exited, failed);
    options.logger?.info({ pid: identity.pid, port, version: info.version }, 'nats-server ready');
    const end = (): Promise<void> => endProcess(identity, exited, files, options);
    return { port, pid: identity.pid, version: info.version, adopted: false, syncInterval, exited, end };
  } catch (error) {
    child.kill('SIGKILL');
    await exited;
    await removeServerRecord(files);
    throw error;
  }
}

async function untilReady(
  files: ServerFiles,
  options: NatsServerOptions,
  port: number,
  exited: Promise<NatsServerExit>,
  failed: () => Promise<TradewrightError>,
): Promise<NatsInfo> {
  const { readyWithinMs = 60_000, clock = systemClock, signal } = options;
  const deadline = clock.now() + readyWithinMs;
  let ended = false;
  void exited.then(() => (ended = true));
  for (;;) {
    signal?.throwIfAborted();
    if (ended) throw await failed();
    const info = await readNatsInfo(host, port, greetingWithinMs, signal).catch(() => undefined);
    if (info !== undefined && info.server_name !== files.serverName) throw portInUse(port);
    if (info?.jetstream) {
      if (isNatsServerRecent(info.version)) return info;
      throw new TradewrightError(
        'NATS_MISSING',
        `${options.binary} is version ${info.version}; 2.10 or newer is needed`,
      );
    }
    if (clock.now() > deadline) {
      throw new TradewrightError(
        'NATS_UNAVAILABLE',
        `nats-server was not ready within ${readyWithinMs} ms; see ${files.log}`,
      );
    }
    await delay(clock, pollMs, signal);
  }
}

async function startFailure(
  files: ServerFiles,
  binary: string,
  port: number,
  spawnError: string,
  logFrom: number,
): Promise<TradewrightError> {
  const read = (path: string): Promise<Buffer> => readFile(path).catch(() => Buffer.alloc(0));
  const log = (await read(files.log)).subarray(logFrom);
  const said = [spawnError, String(log), String(await read(files.stderr))].join('\n').trim();
  if (said.includes('address already in use')) return portInUse(port);
  const lines = said.split('\n').slice(-8).join('\n');
  return new TradewrightError('NATS_UNAVAILABLE', `${binary} did not start:\n${lines}`);
}
