import { mkdir, open, realpath, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { Level } from 'level';
import { TradewrightError } from '../contracts/errors.ts';
import type { Clock } from '../contracts/ports/clock.ts';
import type { Log } from '../contracts/ports/log.ts';

export type WriteOperation =
  | { readonly type: 'put'; readonly key: string; readonly value: string }
  | {
      readonly type: 'put';
      readonly key: string;
      readonly value: Uint8Array;
      readonly valueEncoding: 'view';
    }
  | { readonly type: 'del'; readonly key: string };

/** Between two tries to write again after the disk was full, milliseconds. */
const RETRY_MS = 1_000;
/** Reopening rewrites the memory table and the manifest: below this, do not even try. */
const ROOM_BYTES = 32 * 1024 * 1024;
const synced = { sync: true } as const;
const bytes = { valueEncoding: 'view' } as const;
const PROBE_BYTES = 1024 * 1024;

/**
 * Folders open in this process. LevelDB's lock belongs to the process: a second open here would fail and, closing the lock file,
 * drop the first one's lock as well.
 */
const openFolders = new Set<string>();

/** @throws DATA_DIR_IN_USE */
export function claimFolder(folder: string): () => void {
  if (openFolders.has(folder)) {
    throw new TradewrightError('DATA_DIR_IN_USE', `${folder} is open in this process already`);
  }
  openFolders.add(folder);
  return () => openFolders.delete(folder);
}

/** The one LevelDB under a folder: its lock, its write errors and how it comes back after a full disk. */
export class Database {
  readonly level: Level<string, string>;
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #onReopened: (() => Promise<void>)[] = [];
  readonly #onAccepting = new Set<(accepting: boolean) => void>();
  #failed: { readonly error: TradewrightError; readonly since: number } | undefined;
  #nextTryAt = 0;
  #closed = false;

  private constructor(folder: string, clock: Clock, log: Log) {
    this.#folder = folder;
    this.#clock = clock;
    this.#log = log;
    this.level = new Level(folder, { valueEncoding: 'utf8', writeBufferSize: 32 * 1024 * 1024 });
  }

  /** @throws DATA_DIR_IN_USE, DISK_FULL, JOURNAL_CORRUPT */
  static async open(dir: string, clock: Clock, log: Log): Promise<Database> {
    await mkdir(dir, { recursive: true });
    const folder = await realpath(dir);
    const release = claimFolder(folder);
    const database = new Database(folder, clock, log);
    try {
      await database.level.open();
    } catch (error) {
      release();
      throw openingError(dir, error);
    }
    return database;
  }

  /** False from a failed write until the database has been reopened. */
  get accepting(): boolean {
    return this.#failed === undefined;
  }

  /** Tells each change of `accepting`; the returned function takes it back. */
  onAccepting(listener: (accepting: boolean) => void): () => void {
    this.#onAccepting.add(listener);
    return () => this.#onAccepting.delete(listener);
  }

  /** Called after the database has been reopened: what was kept in memory may not be what is on disk. */
  onReopened(reload: () => Promise<void>): void {
    this.#onReopened.push(reload);
  }

  /**
   * All or nothing, on disk when it resolves.
   * @throws DISK_FULL
   */
  async write(operations: WriteOperation[]): Promise<void> {
    try {
      await this.#batch(operations).write(synced);
    } catch (error) {
      // LevelDB may have left half a record in its log: whatever it wrote behind that would be lost at the next start. So
      // nothing more is written until it has been reopened.
      const failure = new TradewrightError(
        'DISK_FULL',
        `the journal cannot be written: ${messageOf(error)}`,
        {
          cause: error,
        },
      );
      this.#failed = { error: failure, since: this.#clock.now() };
      this.#nextTryAt = this.#clock.now() + RETRY_MS;
      this.#log.error({ error: messageOf(error) }, 'journal not writable; nothing is accepted');
      this.#tellAccepting();
      throw failure;
    }
  }

  /** A chained batch takes a tenth of the time on the main thread that an array of operations does. */
  #batch(operations: readonly WriteOperation[]): ReturnType<Level<string, string>['batch']> {
    const batch = this.level.batch();
    for (const operation of operations) {
      if (operation.type === 'del') batch.del(operation.key);
      else if ('valueEncoding' in operation) batch.put(operation.key, operation.value, bytes);
      else batch.put(operation.key, operation.value);
    }
    return batch;
  }

  /**
   * Returns at once while all is well; after a failed write it reopens the database as soon as there is room again.
   * @throws DISK_FULL
   */
  async ensureWritable(): Promise<void> {
    if (this.#failed === undefined) return;
    const { error, since } = this.#failed;
    const now = this.#clock.now();
    if (now < this.#nextTryAt) throw error;
    this.#nextTryAt = now + RETRY_MS;
    try {
      await this.#probe();
      await this.level.close();
      await this.level.open();
    } catch (still) {
      throw new TradewrightError('DISK_FULL', `the journal still cannot be written: ${messageOf(still)}`, {
        cause: still,
      });
    }
    this.#failed = undefined;
    for (const reload of this.#onReopened) await reload();
    this.#log.info({ downMs: this.#clock.now() - since }, 'journal writable again');
    this.#tellAccepting();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    try {
      await this.level.close();
    } finally {
      openFolders.delete(this.#folder);
    }
  }

  #tellAccepting(): void {
    for (const listener of this.#onAccepting) {
      try {
        listener(this.accepting);
      } catch (error) {
        this.#log.error({ error: messageOf(error) }, 'a listener threw');
      }
    }
  }

  /** Proves that there is room before the database is closed: while it is open it can at least be read. */
  async #probe(): Promise<void> {
    const { bavail, bsize } = await statfs(this.#folder);
    if (bavail * bsize < ROOM_BYTES) throw new Error(`only ${bavail * bsize} bytes are free`);
    const path = join(this.#folder, 'room.probe');
    try {
      const file = await open(path, 'w');
      try {
        await file.writeFile(Buffer.alloc(PROBE_BYTES, 1));
        await file.sync();
      } finally {
        await file.close();
      }
    } finally {
      await rm(path, { force: true });
    }
  }
}

export function openingError(dir: string, error: unknown): TradewrightError {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = codeOf(cause) ?? codeOf(error);
  const says = messageOf(cause ?? error);
  if (code === 'LEVEL_LOCKED') {
    return new TradewrightError('DATA_DIR_IN_USE', `another process works on ${dir}`, { cause: error });
  }
  if (code === 'LEVEL_IO_ERROR') {
    return new TradewrightError('DISK_FULL', `${dir} cannot be opened: ${says}`, { cause: error });
  }
  return new TradewrightError('JOURNAL_CORRUPT', `${dir} cannot be opened: ${says}`, { cause: error });
}

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
