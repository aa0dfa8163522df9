import type { WorkflowId } from '../../contracts/ids.ts';
import type {
  AppendResult,
  Journal,
  Snapshot,
  SummaryFilter,
  SummaryPage,
} from '../../contracts/ports/journal.ts';
import { sealedBatch } from './messages.ts';
import type { SealedCommit, WorkflowEvent, WorkflowEventBatch } from '../../contracts/workflow-event.ts';
import { isTerminal, type WorkflowSummary } from '../../contracts/workflow-view.ts';

const copy = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

/** The journal port in memory, for unit tests of those who use it. `failNext` makes the next append fail. */
export class MemoryJournal implements Journal {
  readonly batches: WorkflowEventBatch[] = [];
  failNext: Error | undefined;
  /** Runs before each append is looked at. */
  beforeAppend: (() => Promise<void>) | undefined;
  readonly #events = new Map<WorkflowId, WorkflowEvent[]>();
  readonly #summaries = new Map<WorkflowId, WorkflowSummary>();
  readonly #snapshots = new Map<WorkflowId, Snapshot>();
  readonly #cursors = new Map<string, number>();
  readonly #listeners = new Set<(lastCommit: number) => void>();

  async append(
    workflowId: WorkflowId,
    expectedSeq: number,
    events: readonly WorkflowEvent[],
    summary: WorkflowSummary,
  ): Promise<AppendResult> {
    await this.beforeAppend?.();
    const { failNext } = this;
    this.failNext = undefined;
    if (failNext !== undefined) throw failNext;
    const stored = this.#events.get(workflowId) ?? [];
    if (stored.length !== expectedSeq) return { kind: 'conflict', actualSeq: stored.length };
    this.#events.set(workflowId, [...stored, ...copy(events)]);
    this.#summaries.set(workflowId, copy(summary));
    const commit = this.batches.length + 1;
    this.batches.push({
      schema: 'tradewright.workflow-events/1',
      workflowId,
      commit,
      events: [...copy(events)],
    });
    for (const listener of this.#listeners) listener(commit);
    return { kind: 'appended', commit };
  }

  async read(workflowId: WorkflowId, afterSeq = 0): Promise<readonly WorkflowEvent[]> {
    return copy((this.#events.get(workflowId) ?? []).slice(afterSeq));
  }

  async latestSnapshot(workflowId: WorkflowId): Promise<Snapshot | undefined> {
    const snapshot = this.#snapshots.get(workflowId);
    return snapshot === undefined ? undefined : copy(snapshot);
  }

  async saveSnapshot(snapshot: Snapshot): Promise<void> {
    this.#snapshots.set(snapshot.workflowId, copy(snapshot));
  }

  async summary(workflowId: WorkflowId): Promise<WorkflowSummary | undefined> {
    return this.#summaries.get(workflowId);
  }

  async list({
    state,
    definition,
    labels = {},
    limit = 50,
    cursor = '0',
  }: SummaryFilter): Promise<SummaryPage> {
    const found = [...this.#summaries.values()]
      .filter(
        (summary) =>
          (state === undefined || summary.state === state) &&
          (definition === undefined || summary.definition?.name === definition) &&
          Object.entries(labels).every(([name, value]) => summary.labels[name] === value),
      )
      .sort((a, b) => (b.startedAt ?? 0) - (a.startedAt ?? 0) || (a.workflowId < b.workflowId ? -1 : 1));
    const [from, to] = [Number(cursor), Number(cursor) + limit];
    return { items: found.slice(from, to), ...(to < found.length ? { cursor: String(to) } : {}) };
  }

  async *open(): AsyncIterable<WorkflowSummary> {
    for (const summary of [...this.#summaries.values()]) if (!isTerminal(summary.state)) yield summary;
  }

  async sealedCommits(afterCommit: number, limit: number): Promise<readonly SealedCommit[]> {
    return (await this.commits(afterCommit, limit)).map(sealedBatch);
  }

  async commits(afterCommit: number, limit: number): Promise<readonly WorkflowEventBatch[]> {
    return this.batches.slice(afterCommit, afterCommit + limit);
  }

  lastCommit(): number {
    return this.batches.length;
  }

  onCommit(listener: (lastCommit: number) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async readCursor(name: string): Promise<number> {
    return this.#cursors.get(name) ?? 0;
  }

  async writeCursor(name: string, value: number): Promise<void> {
    this.#cursors.set(name, value);
  }

  eventCount(): number {
    return this.batches.reduce((sum, { events }) => sum + events.length, 0);
  }

  async close(): Promise<void> {}
}
