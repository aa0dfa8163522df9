import { mkdir, open, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { z } from 'zod';
import { TradewrightError } from '../contracts/errors.ts';
import { WorkflowId } from '../contracts/ids.ts';
import type { ArchivedWorkflow } from '../contracts/ports/journal.ts';
import { WorkflowSummary } from '../contracts/workflow-view.ts';
import { corrupt, parseRow } from './event-rows.ts';

const zip = promisify(gzip);
const unzip = promisify(gunzip);
const DAY_CHARS = 'YYYY-MM-DD'.length;

/** A workflow's place in the archive, stored under its id. */
export const ArchivePlace = z.object({
  file: z.string().regex(/^\d{4}-\d{2}-\d{2}\.jsonl\.gz$/),
  offset: z.number().int().nonnegative(),
  bytes: z.number().int().positive(),
  /** Its events, which is also the number of the last one. */
  events: z.number().int().positive(),
});
export type ArchivePlace = z.infer<typeof ArchivePlace>;

const Archived = z.object({
  schema: z.literal('tradewright.archived-workflow/1'),
  workflowId: WorkflowId,
  archivedAt: z.number().int().nonnegative(),
  summary: WorkflowSummary,
  events: z.array(z.unknown()),
});

/**
 * The files of the archive: one a day (UTC, when it was archived), JSON lines, a workflow a line. Each line is a gzip member of its
 * own: any gunzip reads the file as a whole, and a workflow is read without what stands before it.
 */
export class ArchiveFiles {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  fileOf(at: number): string {
    return `${new Date(at).toISOString().slice(0, DAY_CHARS)}.jsonl.gz`;
  }

  pathOf(file: string): string {
    return join(this.#folder, file);
  }

  /**
   * Puts the workflows behind the first `counted` bytes of the file; on disk when it resolves. What stands behind those bytes was
   * written before a crash and never came to count: it is set aside, not overwritten.
   * @throws JOURNAL_CORRUPT when the file is shorter; DISK_FULL
   */
  async append(
    file: string,
    counted: number,
    workflows: readonly ArchivedWorkflow[],
  ): Promise<{ readonly places: readonly ArchivePlace[]; readonly counted: number }> {
    const members = await Promise.all(
      workflows.map((workflow) => zip(Buffer.from(`${JSON.stringify(workflow)}\n`))),
    );
    let offset = counted;
    const places = members.map((member, index) => {
      const place = { file, offset, bytes: member.length, events: workflows[index]?.events.length ?? 0 };
      offset += member.length;
      return place;
    });
    try {
      await mkdir(this.#folder, { recursive: true });
      const size = await this.#sizeOf(file);
      if (size < counted) {
        throw new TradewrightError('JOURNAL_CORRUPT', `the archive file ${file} is shorter than it was`, {
          details: { file, expected: counted, size },
        });
      }
      if (size > counted) await this.#setAside(file, counted, size);
      await this.#write(file, counted, Buffer.concat(members));
    } catch (error) {
      if (error instanceof TradewrightError) throw error;
      throw new TradewrightError('DISK_FULL', `the archive cannot be written: ${String(error)}`, {
        cause: error,
      });
    }
    return { places, counted: offset };
  }

  /** @throws JOURNAL_CORRUPT */
  async read(
    workflowId: WorkflowId,
    { file, offset, bytes, events }: ArchivePlace,
  ): Promise<ArchivedWorkflow> {
    try {
      const line = await unzip(await this.bytesOf(file, offset, bytes));
      const archived = Archived.parse(JSON.parse(line.toString('utf8')));
      if (archived.workflowId !== workflowId) throw new Error(`${archived.workflowId} is stored there`);
      if (archived.events.length !== events) throw new Error(`${archived.events.length} events are there`);
      return {
        ...archived,
        events: archived.events.map((event, index) => parseRow(workflowId, index + 1, JSON.stringify(event))),
      };
    } catch (error) {
      throw corrupt(workflowId, undefined, `its place in the archive, ${file}, is not readable`, error);
    }
  }

  async bytesOf(file: string, offset: number, bytes: number): Promise<Buffer> {
    const handle = await open(this.pathOf(file), 'r');
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(bytes), 0, bytes, offset);
      if (bytesRead !== bytes) throw new Error(`${file} ends too early`);
      return buffer;
    } finally {
      await handle.close();
    }
  }

  async #sizeOf(file: string): Promise<number> {
    const handle = await open(this.pathOf(file), 'a');
    try {
      return (await handle.stat()).size;
    } finally {
      await handle.close();
    }
  }

  async #setAside(file: string, counted: number, size: number): Promise<void> {
    const rest = await this.bytesOf(file, counted, size - counted);
    const aside = `${file}.uncounted-${counted}`;
    await this.#write(`${aside}.new`, 0, rest);
    await rename(this.pathOf(`${aside}.new`), this.pathOf(aside));
    await this.#sync(this.#folder);
    const handle = await open(this.pathOf(file), 'r+');
    try {
      await handle.truncate(counted);
      await handle.sync();
    } finally {
      await handle.close();
    }
  }

  async #write(file: string, offset: number, bytes: Buffer): Promise<void> {
    const path = this.pathOf(file);
    await (await open(path, 'a')).close();
    const handle = await open(path, 'r+');
    try {
      let written = 0;
      while (written < bytes.length) {
        written += (await handle.write(bytes, written, bytes.length - written, offset + written))
          .bytesWritten;
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
    await this.#sync(this.#folder);
    await this.#sync(dirname(this.#folder));
  }

  /** A new file survives power loss only when its folder is on disk as well. */
  async #sync(folder: string): Promise<void> {
    const handle = await open(folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }
}
