import { createHash } from 'node:crypto';
import { TradewrightError } from '../contracts/errors.ts';
import type { ArtifactStore } from '../contracts/ports/stores.ts';
import type { Database } from './database.ts';
import type { GroupWriter } from './group-writer.ts';
import { keys } from './keys.ts';

const NEWLINE = 10;
const MAX_BYTES = 64 * 1024 * 1024;

/** A row is the content type, a line feed, and the bytes. */
export class LevelArtifacts implements ArtifactStore {
  readonly #database: Database;
  readonly #writer: GroupWriter;

  constructor(database: Database, writer: GroupWriter) {
    this.#database = database;
    this.#writer = writer;
  }

  /** @throws INPUT_TOO_LARGE above 64 MiB; DISK_FULL */
  async put(bytes: Uint8Array, contentType: string): Promise<string> {
    if (bytes.length > MAX_BYTES) {
      throw new TradewrightError('INPUT_TOO_LARGE', `an artifact of ${bytes.length} bytes`);
    }
    if (!/^[ -~]{1,200}$/.test(contentType)) {
      throw new TradewrightError('INPUT_INVALID', 'not a content type');
    }
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const key = keys.artifact(sha256);
    if (await this.#database.level.has(key)) return sha256;
    const value = Buffer.concat([Buffer.from(`${contentType}\n`), bytes]);
    await this.#writer.submit(() => ({
      operations: [{ type: 'put', key, value, valueEncoding: 'view' }],
      result: undefined,
    }));
    return sha256;
  }

  /** @throws JOURNAL_CORRUPT when the bytes no longer have their digest */
  async get(sha256: string): Promise<{ bytes: Uint8Array; contentType: string } | undefined> {
    if (!/^[0-9a-f]{64}$/.test(sha256)) return undefined;
    const row = await this.#database.level.get<string, Uint8Array>(keys.artifact(sha256), {
      valueEncoding: 'view',
    });
    if (row === undefined) return undefined;
    const end = row.indexOf(NEWLINE);
    const bytes = row.slice(end + 1);
    if (createHash('sha256').update(bytes).digest('hex') !== sha256) {
      throw new TradewrightError('JOURNAL_CORRUPT', `the artifact ${sha256} is damaged`);
    }
    return { bytes, contentType: Buffer.from(row.subarray(0, end)).toString('utf8') };
  }
}
