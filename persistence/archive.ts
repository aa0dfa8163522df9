import { z } from 'zod';
import type { WorkflowId } from '../contracts/ids.ts';
import type { ArchivedWorkflow } from '../contracts/ports/journal.ts';
import { ArchiveFiles, ArchivePlace } from './archive-files.ts';
import type { Database } from './database.ts';
import { corrupt } from './event-rows.ts';
import { keys } from './keys.ts';

const Counted = z.coerce.number().int().nonnegative();

/** The workflows that are no longer in the journal. Their places are rows of the database, they themselves are in files. */
export class Archive {
  readonly files: ArchiveFiles;
  readonly #database: Database;

  constructor(database: Database, folder: string) {
    this.#database = database;
    this.files = new ArchiveFiles(folder);
  }

  /** @throws JOURNAL_CORRUPT */
  async place(workflowId: WorkflowId): Promise<ArchivePlace | undefined> {
    const row = await this.#database.level.get(keys.archived(workflowId));
    return row === undefined ? undefined : parsePlace(workflowId, row);
  }

  /** @throws JOURNAL_CORRUPT */
  async read(workflowId: WorkflowId): Promise<ArchivedWorkflow | undefined> {
    const place = await this.place(workflowId);
    return place === undefined ? undefined : this.files.read(workflowId, place);
  }

  /** Bytes of a file that count: whatever stands behind them was not acknowledged. */
  async counted(file: string): Promise<number> {
    return Counted.parse((await this.#database.level.get(keys.archiveFile(file))) ?? '0');
  }
}

export function parsePlace(workflowId: string, row: string): ArchivePlace {
  try {
    return ArchivePlace.parse(JSON.parse(row));
  } catch (error) {
    throw corrupt(workflowId, undefined, 'its place in the archive does not parse', error);
  }
}
