import { createHash } from 'node:crypto';
import { mkdir, open, readFile, realpath, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const Record = z.object({
  /** Null from just before the start until the new process is known. */
  process: z.object({ pid: z.int().positive(), startedAt: z.string().min(1) }).nullable(),
  port: z.int().min(1).max(65_535),
  serverName: z.string().min(1),
  /** What it was started with; unknown of a server of an earlier version. */
  syncInterval: z.string().optional(),
});
/** Which server works on a store, so that a later process can find it again. */
export type ServerRecord = z.infer<typeof Record>;

export interface ServerFiles {
  readonly folder: string;
  readonly store: string;
  readonly config: string;
  readonly record: string;
  /** Written by the server itself. */
  readonly pid: string;
  readonly lock: string;
  readonly log: string;
  readonly stderr: string;
  /** The same for one data folder, another for each other: a server answering with it serves this store. */
  readonly serverName: string;
}

export async function serverFiles(dataDir: string): Promise<ServerFiles> {
  const folder = join(dataDir, 'nats');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const identity = createHash('sha256')
    .update(await realpath(folder))
    .digest('hex')
    .slice(0, 16);
  return {
    folder,
    store: join(folder, 'store'),
    config: join(folder, 'server.conf'),
    record: join(folder, 'server.json'),
    pid: join(folder, 'server.pid'),
    lock: join(folder, 'owner.lock'),
    log: join(folder, 'server.log'),
    stderr: join(folder, 'server.stderr.log'),
    serverName: `tradewright-${identity}`,
  };
}

export async function readServerRecord(files: ServerFiles): Promise<ServerRecord | undefined> {
  try {
    return Record.parse(JSON.parse(await readFile(files.record, 'utf8')));
  } catch {
    return undefined;
  }
}

export async function writeServerRecord(files: ServerFiles, record: ServerRecord): Promise<void> {
  await writeWhole(files.record, JSON.stringify(record));
}

export async function removeServerRecord(files: ServerFiles): Promise<void> {
  await rm(files.record, { force: true });
}

export interface ServerSettings {
  readonly port: number;
  /** How long the server may keep acknowledged messages in the page cache, a NATS duration, or `always`. */
  readonly syncInterval: string;
  readonly maxPayloadBytes: number;
}

export async function writeServerConfig(files: ServerFiles, settings: ServerSettings): Promise<void> {
  const text = (value: string): string => JSON.stringify(value);
  await writeWhole(
    files.config,
    [
      `server_name: ${text(files.serverName)}`,
      'host: "127.0.0.1"',
      `port: ${settings.port}`,
      `max_payload: ${settings.maxPayloadBytes}`,
      `pid_file: ${text(files.pid)}`,
      `log_file: ${text(files.log)}`,
      'logfile_size_limit: 10MB',
      'logfile_max_num: 2',
      'jetstream {',
      `  store_dir: ${text(files.store)}`,
      `  sync_interval: ${text(settings.syncInterval)}`,
      '}',
      '',
    ].join('\n'),
  );
}

/** A reader sees the old content or the new, never a half, even after a power cut. */
async function writeWhole(path: string, content: string): Promise<void> {
  const file = await open(`${path}.new`, 'w', 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
}
