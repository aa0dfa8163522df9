import { readFile } from 'node:fs/promises';
import { delay, systemClock } from '../../contracts/ports/clock.ts';
import { readNatsInfo } from './nats-info.ts';
import { identifyProcess, isAlive, type ProcessIdentity } from './process-identity.ts';
import { readServerRecord, removeServerRecord, type ServerFiles } from './server-files.ts';
import {
  defaultSyncInterval,
  endProcess,
  greetingWithinMs,
  host,
  type NatsServerOptions,
  type RunningServer,
  watchExit,
} from './server-process.ts';

const unrecordedWithinMs = 2_000;

/**
 * The server that a killed parent left on this folder, when it still serves it as it is wanted now; one that does not answer, or was
 * started with another `sync_interval`, is ended first: it would promise what it does not keep.
 * The caller holds the folder's lock.
 */
export async function adoptOrphan(
  files: ServerFiles,
  options: NatsServerOptions,
): Promise<RunningServer | undefined> {
  const record = await readServerRecord(files);
  if (record === undefined) return undefined;
  const orphan = record.process ?? (await unrecordedProcess(files, record.port, options));
  if (orphan === undefined || !(await isAlive(orphan)) || record.serverName !== files.serverName) {
    await removeServerRecord(files);
    return undefined;
  }
  const clock = options.clock ?? systemClock;
  try {
    const info = await readNatsInfo(host, record.port, greetingWithinMs, options.signal);
    const { syncInterval = defaultSyncInterval } = options;
    if (record.syncInterval !== syncInterval) {
      options.logger?.info(
        { pid: orphan.pid, had: record.syncInterval, wanted: syncInterval },
        'nats-server of a killed parent is started anew with another sync_interval',
      );
    } else if (info.server_name === record.serverName && info.jetstream) {
      const exited = watchExit(orphan, clock);
      const end = (): Promise<void> => endProcess(orphan, exited, files, options);
      const { port } = record;
      return { port, pid: orphan.pid, version: info.version, adopted: true, syncInterval, exited, end };
    }
  } catch (error) {
    options.signal?.throwIfAborted();
    options.logger?.warn(
      { pid: orphan.pid, error: String(error) },
      'orphaned nats-server does not answer and is ended',
    );
  }
  // Pid and start time say it is the server we recorded: while it lives no other may open the store.
  await endProcess(orphan, watchExit(orphan, clock), files, options);
  return undefined;
}

/**
 * The parent was killed between starting the server and writing down its process: the server, if there is one, gets ready
 * within moments, says which folder it serves and has written its own pid file.
 */
async function unrecordedProcess(
  files: ServerFiles,
  port: number,
  options: NatsServerOptions,
): Promise<ProcessIdentity | undefined> {
  const { clock = systemClock, signal } = options;
  const deadline = clock.now() + unrecordedWithinMs;
  while (clock.now() < deadline) {
    const info = await readNatsInfo(host, port, greetingWithinMs, signal).catch(() => undefined);
    signal?.throwIfAborted();
    if (info !== undefined && info.server_name !== files.serverName) return undefined;
    const pid = info && Number(await readFile(files.pid, 'utf8').catch(() => ''));
    if (pid) return identifyProcess(pid);
    await delay(clock, 50, signal);
  }
  return undefined;
}
