import type { WorkflowId } from '../ids.ts';
import type { SealedCommit, WorkflowEvent, WorkflowEventBatch } from '../workflow-event.ts';
import type { WorkflowSummary } from '../workflow-view.ts';

export type AppendResult =
  | { readonly kind: 'appended'; readonly commit: number }
  | { readonly kind: 'conflict'; readonly actualSeq: number };

export interface Snapshot {
  readonly workflowId: WorkflowId;
  /** The last event the state includes. */
  readonly seq: number;
  readonly state: unknown;
}

export interface SummaryFilter {
  readonly state?: string;
  readonly definition?: string;
  /** Every label given must match, such as `symbol`. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Started then or later, milliseconds since the epoch. */
  readonly startedFrom?: number;
  /** Started earlier than that, milliseconds since the epoch. */
  readonly startedBefore?: number;
  readonly limit?: number;
  /** Opaque; from the page before. */
  readonly cursor?: string;
}

export interface SummaryPage {
  readonly items: readonly WorkflowSummary[];
  readonly cursor?: string;
}

/** The durable event log of all workflows. What `append` acknowledged survives kill -9 and, being fsynced, power loss. */
export interface Journal {
  /**
   * Appends a command's whole batch, all or nothing, after event `expectedSeq` (0 for a new workflow); the events carry the
   * sequence numbers that follow it. The summary replaces the workflow's row in the read model in the same commit.
   * @throws DISK_FULL when nothing can be written; nothing of the batch is then stored.
   */
  append(
    workflowId: WorkflowId,
    expectedSeq: number,
    events: readonly WorkflowEvent[],
    summary: WorkflowSummary,
  ): Promise<AppendResult>;
  /**
   * Events after `afterSeq`, in order.
   * @throws JOURNAL_CORRUPT when there is a gap, a torn record or a shape that does not parse; names the place.
   */
  read(workflowId: WorkflowId, afterSeq?: number): Promise<readonly WorkflowEvent[]>;
  latestSnapshot(workflowId: WorkflowId): Promise<Snapshot | undefined>;
  saveSnapshot(snapshot: Snapshot): Promise<void>;
  summary(workflowId: WorkflowId): Promise<WorkflowSummary | undefined>;
  list(filter: SummaryFilter): Promise<SummaryPage>;
  /** Workflows that have not ended, for recovery. */
  open(): AsyncIterable<WorkflowSummary>;
  /** Commits after `afterCommit`, in commit order without gaps, at most `limit`. */
  commits(afterCommit: number, limit: number): Promise<readonly WorkflowEventBatch[]>;
  /** The same, as they travel; cheap for the latest ones. */
  sealedCommits(afterCommit: number, limit: number): Promise<readonly SealedCommit[]>;
  lastCommit(): number;
  /** Calls back after each group commit; the returned function takes it back. */
  onCommit(listener: (lastCommit: number) => void): () => void;
  /** A cursor kept beside the journal, such as the relay's. */
  readCursor(name: string): Promise<number>;
  writeCursor(name: string, value: number): Promise<void>;
  /** Number of events stored in all. */
  eventCount(): number;
  close(): Promise<void>;
}

/** A workflow that was moved from the journal to the archive. */
export interface ArchivedWorkflow {
  readonly schema: 'tradewright.archived-workflow/1';
  readonly workflowId: WorkflowId;
  /** Milliseconds since the epoch. */
  readonly archivedAt: number;
  readonly summary: WorkflowSummary;
  readonly events: readonly WorkflowEvent[];
}

export interface RetireOptions {
  /** Workflows in one call, 1,000 unless told. */
  readonly limit?: number;
  readonly signal?: AbortSignal;
}

export interface Retired {
  readonly workflows: number;
  readonly events: number;
  /** Left where they are, because their rows are damaged. */
  readonly damaged: readonly WorkflowId[];
}

export interface BackedUp {
  /** The last commit that the copy holds. */
  readonly lastCommit: number;
  readonly rows: number;
  readonly bytes: number;
  readonly archiveFiles: number;
}

/** One place where what is stored does not fit; which of them are given depends on what could be told. */
export interface JournalProblem {
  readonly kind: 'event' | 'summary' | 'index' | 'commit' | 'archive' | 'counters' | 'unreadable';
  readonly workflowId?: string;
  readonly seq?: number;
  readonly commit?: number;
  readonly says: string;
}

export interface VerifyReport {
  readonly ok: boolean;
  /** In the journal; those in the archive are counted apart. */
  readonly workflows: number;
  readonly open: number;
  readonly archived: number;
  /** In the journal. */
  readonly events: number;
  readonly commits: number;
  /** At most 1,000. */
  readonly problems: readonly JournalProblem[];
  readonly moreProblems: number;
  /** The workflows that the problems are about. */
  readonly quarantined: readonly string[];
}

/** A workflow whose rows are damaged; the others are not touched by it. */
export interface Quarantined {
  readonly workflowId: string;
  /** The first place that does not fit, where it is an event. */
  readonly seq?: number;
  readonly says: string;
  /** When it was found, milliseconds since the epoch. */
  readonly since: number;
}

/** What an operator does with the journal, beside its work. */
export interface JournalUpkeep {
  /**
   * Moves workflows that ended before `olderThan` (milliseconds since the epoch), the oldest first, to the archive; they are then no
   * longer listed, and `read` gives nothing. Their commits are still given by `commits`. Open workflows are never touched. To be
   * called again while it retires `limit`.
   * @throws DISK_FULL; JOURNAL_CORRUPT when the day's archive file holds less than was put there; the signal's reason
   */
  retire(olderThan: number, options?: RetireOptions): Promise<Retired>;
  /** @throws JOURNAL_CORRUPT when the archive no longer holds what was put there */
  readArchived(workflowId: WorkflowId): Promise<ArchivedWorkflow | undefined>;
  /**
   * A copy as of one moment, made while work goes on, in a folder that is not there yet or empty: a data folder with `journal/` and
   * `archive/`. Opening it restores it.
   * @throws INPUT_INVALID when the folder is not empty; DISK_FULL; the signal's reason. Nothing is then left of the copy.
   */
  backup(toDir: string, options?: { readonly signal?: AbortSignal }): Promise<BackedUp>;
  /** Goes through everything as of one moment, while work goes on. Never throws for damage: it is in the report. */
  verify(): Promise<VerifyReport>;
  /** False while the disk is full: nothing is stored, everything can be read. It comes back by itself once there is room. */
  readonly accepting: boolean;
  /** Calls back when `accepting` changes; the returned function takes it back. */
  onAccepting(listener: (accepting: boolean) => void): () => void;
  /** Workflows that were found damaged since the store was opened, at most 1,000; `verify` finds those that nobody came across. */
  quarantined(): readonly Quarantined[];
  /**
   * Replaces a summary that is lost, torn or behind by what `summarize` makes of the workflow's events. Reads all commits: for repairs.
   * @throws JOURNAL_CORRUPT when the events are not whole; NOT_FOUND when there are none; INTERNAL when the summary is not theirs
   */
  rebuildSummary(
    workflowId: WorkflowId,
    summarize: (events: readonly WorkflowEvent[]) => WorkflowSummary,
  ): Promise<WorkflowSummary>;
}
