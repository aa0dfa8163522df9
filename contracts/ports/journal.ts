import type { WorkflowId } from '../ids.ts';
import type { WorkflowEvent, WorkflowEventBatch } from '../workflow-event.ts';
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
  /** Every label given must match. */
  readonly labels?: Readonly<Record<string, string>>;
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
