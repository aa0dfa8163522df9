import { copyFile, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Level } from 'level';
import { TradewrightError } from '../contracts/errors.ts';
import type { BackedUp } from '../contracts/ports/journal.ts';
import type { Archive } from './archive.ts';
import type { Database } from './database.ts';
import { keys } from './keys.ts';

const CHUNK_BYTES = 1024 * 1024;
const CHUNK_ROWS = 2_000;

type Rows = readonly (readonly [Uint8Array, Uint8Array])[];

/**
 * Copies everything, as of one moment, while work goes on: the rows of a LevelDB snapshot into a new LevelDB, `<toDir>/journal`, and
 * what counts of the archive files into `<toDir>/archive`. The folder appears under its name only when it is whole and on disk.
 * @throws INPUT_INVALID when `toDir` is there and not empty; DISK_FULL; the signal's reason
 */
export async function backUp(
  database: Database,
  archive: Archive,
  toDir: string,
  signal?: AbortSignal,
): Promise<BackedUp> {
  if ((await readdir(toDir).catch(() => [])).length > 0) {
    throw new TradewrightError('INPUT_INVALID', `${toDir} is not empty`);
  }
  const partial = `${toDir}.partial`;
  await rm(partial, { recursive: true, force: true });
  const snapshot = database.level.snapshot();
  try {
    await mkdir(partial, { recursive: true });
    const counted = await database.level.iterator({ ...keys.archiveFiles, snapshot }).all();
    const counters = await database.level.get(keys.counters, { snapshot });
    const copied = await copyRows(database, snapshot, join(partial, 'journal'), signal);
    for (const [key, bytes] of counted) {
      signal?.throwIfAborted();
      const file = keys.archiveFileIn(key);
      await copyArchiveFile(archive.files.pathOf(file), join(partial, 'archive', file), Number(bytes));
    }
    await syncFolder(partial);
    await rm(toDir, { recursive: true, force: true });
    await rename(partial, toDir);
    await syncFolder(dirname(toDir));
    const { lastCommit = 0 } = JSON.parse(counters ?? '{}') as { lastCommit?: number };
    return { ...copied, lastCommit, archiveFiles: counted.length };
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    signal?.throwIfAborted();
    if (error instanceof TradewrightError) throw error;
    throw new TradewrightError('DISK_FULL', `the backup cannot be written: ${String(error)}`, {
      cause: error,
    });
  } finally {
    await snapshot.close();
  }
}

async function copyRows(
  { level }: Database,
  snapshot: ReturnType<Database['level']['snapshot']>,
  folder: string,
  signal: AbortSignal | undefined,
): Promise<{ rows: number; bytes: number }> {
  const copy = new Level<Uint8Array, Uint8Array>(folder, {
    keyEncoding: 'view',
    valueEncoding: 'view',
    errorIfExists: true,
  });
  await copy.open();
  const total = { rows: 0, bytes: 0 };
  const iterator = level.iterator<Uint8Array, Uint8Array>({
    snapshot,
    keyEncoding: 'view',
    valueEncoding: 'view',
    highWaterMarkBytes: CHUNK_BYTES,
  });
  try {
    for (;;) {
      signal?.throwIfAborted();
      const rows: Rows = await iterator.nextv(CHUNK_ROWS);
      if (rows.length === 0) return total;
      total.rows += rows.length;
      for (const [key, value] of rows) total.bytes += key.length + value.length;
      await copy.batch(
        rows.map(([key, value]) => ({ type: 'put', key, value })),
        { sync: true },
      );
    }
  } finally {
    await iterator.close();
    await copy.close();
  }
}

async function copyArchiveFile(from: string, to: string, counted: number): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await copyFile(from, to);
  const file = await open(to, 'r+');
  try {
    await file.truncate(counted);
    await file.sync();
  } finally {
    await file.close();
  }
  await syncFolder(dirname(to));
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
