import type { WorkflowId } from '../contracts/ids.ts';
import type { Clock } from '../contracts/ports/clock.ts';
import type {
  ArchivedWorkflow,
  BackedUp,
  JournalUpkeep,
  Quarantined,
  Retired,
  RetireOptions,
  VerifyReport,
} from '../contracts/ports/journal.ts';
import type { Log } from '../contracts/ports/log.ts';
import type { WorkflowEvent } from '../contracts/workflow-event.ts';
import type { WorkflowSummary } from '../contracts/workflow-view.ts';
import type { Archive } from './archive.ts';
import { backUp } from './backup.ts';
import type { Database } from './database.ts';
import type { LevelJournal } from './level-journal.ts';
import { rebuildSummary } from './summary-repair.ts';
import { Retention } from './retention.ts';
import { verifyOpen } from './verify.ts';

export interface UpkeepParts {
  readonly database: Database;
  readonly journal: LevelJournal;
  readonly archive: Archive;
  readonly clock: Clock;
  readonly log: Log;
}

/** What is done with the journal beside its work. */
export class Upkeep implements JournalUpkeep {
  readonly #journal: LevelJournal;
  readonly #database: Database;
  readonly #archive: Archive;
  readonly #retention: Retention;

  constructor({ database, journal, archive, clock, log }: UpkeepParts) {
    this.#journal = journal;
    this.#database = database;
    this.#archive = archive;
    const { writer, heads } = journal;
    const summary = (workflowId: WorkflowId) => journal.summary(workflowId);
    this.#retention = new Retention({ database, writer, heads, archive, clock, log, summary });
  }

  retire(olderThan: number, options?: RetireOptions): Promise<Retired> {
    return this.#retention.retire(olderThan, options);
  }

  readArchived(workflowId: WorkflowId): Promise<ArchivedWorkflow | undefined> {
    return this.#archive.read(workflowId);
  }

  backup(toDir: string, { signal }: { readonly signal?: AbortSignal } = {}): Promise<BackedUp> {
    return backUp(this.#database, this.#archive, toDir, signal);
  }

  verify(): Promise<VerifyReport> {
    return verifyOpen(this.#database.level, this.#archive.files);
  }

  get accepting(): boolean {
    return this.#database.accepting;
  }

  onAccepting(listener: (accepting: boolean) => void): () => void {
    return this.#database.onAccepting(listener);
  }

  quarantined(): readonly Quarantined[] {
    return this.#journal.quarantine.list();
  }

  async rebuildSummary(
    workflowId: WorkflowId,
    summarize: (events: readonly WorkflowEvent[]) => WorkflowSummary,
  ): Promise<WorkflowSummary> {
    const { writer, heads, quarantine } = this.#journal;
    const summary = await rebuildSummary({ database: this.#database, writer, heads }, workflowId, summarize);
    quarantine.release(workflowId);
    return summary;
  }
}
