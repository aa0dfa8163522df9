import { toFailure, TradewrightError } from '../contracts/errors.ts';
import type { WorkflowId } from '../contracts/ids.ts';
import type {
  AppendResult,
  Journal,
  Snapshot,
  SummaryFilter,
  SummaryPage,
} from '../contracts/ports/journal.ts';
import type { Clock } from '../contracts/ports/clock.ts';
import type { Log } from '../contracts/ports/log.ts';
import {
  type SealedCommit,
  sealed,
  type WorkflowEvent,
  type WorkflowEventBatch,
} from '../contracts/workflow-event.ts';
import { WorkflowSummary } from '../contracts/workflow-view.ts';
import { type Archive, parsePlace } from './archive.ts';
import { CommitReader } from './commit-reader.ts';
import { CommitTail } from './commit-tail.ts';
import { Counters } from './counters.ts';
import type { Database, WriteOperation } from './database.ts';
import { corrupt, readEvents, readFew } from './event-rows.ts';
import { GroupWriter } from './group-writer.ts';
import { type Head, Heads } from './heads.ts';
import { upgradeIndexes } from './index-upgrade.ts';
import { keys } from './keys.ts';
import { Quarantine } from './quarantine.ts';
import { listSummaries } from './summary-list.ts';
import { summaryRows } from './summary-rows.ts';

/** Workflows whose head stays in memory. */
const HEADS_KEPT = 20_000;
const OPEN_CHUNK = 200;

/** The journal on LevelDB: event rows per workflow, an index of commits over them, and the read model, in one atomic batch. */
export class LevelJournal implements Journal {
  readonly writer: GroupWriter;
  readonly heads: Heads;
  readonly quarantine: Quarantine;
  readonly #database: Database;
  readonly #log: Log;
  readonly #counters: Counters;
  readonly #commits: CommitReader;
  readonly #tail = new CommitTail();
  readonly #listeners = new Set<(lastCommit: number) => void>();

  private constructor(
    database: Database,
    archive: Archive,
    quarantine: Quarantine,
    log: Log,
    counters: Counters,
  ) {
    this.#database = database;
    this.quarantine = quarantine;
    this.#log = log;
    this.#counters = counters;
    this.heads = new Heads(HEADS_KEPT, (workflowId) =>
      quarantine.noting(workflowId, () => this.#readHead(workflowId)),
    );
    this.#commits = new CommitReader(database, archive, log);
    this.writer = new GroupWriter(database, {
      seal: () => counters.seal(),
      committed: () => this.#committed(),
      failed: () => this.#forget(),
    });
    database.onReopened(async () => {
      await counters.load(database);
      this.#forget();
    });
  }

  static async open(database: Database, archive: Archive, clock: Clock, log: Log): Promise<LevelJournal> {
    const counters = new Counters();
    await counters.load(database);
    await upgradeIndexes(database);
    return new LevelJournal(database, archive, new Quarantine(clock), log, counters);
  }

  append(
    workflowId: WorkflowId,
    expectedSeq: number,
    events: readonly WorkflowEvent[],
    summary: WorkflowSummary,
  ): Promise<AppendResult> {
    const misfit = misfitOf(workflowId, expectedSeq, events, summary);
    if (misfit !== undefined) return Promise.reject(new TradewrightError('INTERNAL', misfit));
    if (this.writer.closed)
      return Promise.reject(new TradewrightError('STORE_CLOSED', 'the store is closed'));
    return this.heads.with(workflowId, async () => {
      for (;;) {
        const result = await this.writer.submit<AppendResult | undefined>(() =>
          this.#write(workflowId, expectedSeq, events, summary),
        );
        if (result !== undefined) return result;
        await this.heads.load(workflowId);
      }
    });
  }

  async read(workflowId: WorkflowId, afterSeq = 0): Promise<readonly WorkflowEvent[]> {
    const head = this.heads.get(workflowId);
    if (head?.seq === 0) return [];
    const few = head && readFew(this.#database, workflowId, afterSeq, head.seq);
    if (few) return few;
    return this.quarantine.noting(workflowId, () => readEvents(this.#database, workflowId, afterSeq));
  }

  async latestSnapshot(workflowId: WorkflowId): Promise<Snapshot | undefined> {
    if (await this.#isNew(workflowId)) return undefined;
    const row = this.#database.level.getSync(keys.snapshot(workflowId));
    if (row === undefined) return undefined;
    try {
      const { seq, state } = JSON.parse(row) as { seq: number; state: unknown };
      const head = await this.summary(workflowId);
      if (Number.isInteger(seq) && seq > 0 && seq <= (head?.seq ?? 0)) return { workflowId, seq, state };
      throw corrupt(workflowId, seq, 'the snapshot is ahead of the events');
    } catch (error) {
      this.#log.error({ workflowId, failure: toFailure(error) }, 'snapshot not usable');
      return undefined;
    }
  }

  saveSnapshot({ workflowId, seq, state }: Snapshot): Promise<void> {
    const value = JSON.stringify({ seq, state });
    return this.writer.submit(() => ({
      operations: [{ type: 'put', key: keys.snapshot(workflowId), value }],
      result: undefined,
    }));
  }

  async summary(workflowId: WorkflowId): Promise<WorkflowSummary | undefined> {
    const row = await this.#database.level.get(keys.summary(workflowId));
    return row === undefined ? undefined : parseSummary(workflowId, row);
  }

  list(filter: SummaryFilter): Promise<SummaryPage> {
    return listSummaries(this.#database, filter);
  }

  async *open(): AsyncIterable<WorkflowSummary> {
    let range = keys.openWorkflows;
    for (;;) {
      const found = await this.#database.level.keys({ ...range, limit: OPEN_CHUNK }).all();
      const ids = found.map((key) => keys.workflowIn(key));
      const rows = await this.#database.level.getMany(ids.map((id) => keys.summary(id)));
      for (const [index, key] of found.entries()) {
        try {
          const row = rows[index];
          if (row === undefined) this.#log.error({ key }, 'an open workflow has no summary');
          else yield parseSummary(ids[index] ?? '', row);
        } catch (error) {
          this.#log.error({ key, failure: toFailure(error) }, 'an open workflow cannot be read');
        }
      }
      const last = found.at(-1);
      if (last === undefined || found.length < OPEN_CHUNK) return;
      range = { ...range, gte: `${last}\0` };
    }
  }

  commits(afterCommit: number, limit: number): Promise<readonly WorkflowEventBatch[]> {
    return this.#commits.read(afterCommit, limit);
  }

  async sealedCommits(afterCommit: number, limit: number): Promise<readonly SealedCommit[]> {
    const latest = this.#tail.read(afterCommit, this.lastCommit(), limit);
    if (latest !== undefined) return latest;
    const batches = await this.commits(afterCommit, limit);
    return batches.map(({ workflowId, commit, events }) =>
      sealed(
        { workflowId, commit },
        events.map((event) => JSON.stringify(event)),
      ),
    );
  }

  lastCommit(): number {
    return this.#counters.lastCommit;
  }

  onCommit(listener: (lastCommit: number) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async readCursor(name: string): Promise<number> {
    const value = Number((await this.#database.level.get(keys.cursor(name))) ?? '0');
    if (Number.isSafeInteger(value)) return value;
    throw new TradewrightError('JOURNAL_CORRUPT', `the cursor ${name} is not a number`);
  }

  writeCursor(name: string, value: number): Promise<void> {
    return this.writer.submit(() => ({
      operations: [{ type: 'put', key: keys.cursor(name), value: String(value) }],
      result: undefined,
    }));
  }

  eventCount(): number {
    return this.#counters.events;
  }

  async close(): Promise<void> {
    await this.writer.close();
    await this.#database.close();
  }

  /** Undefined result: the head was forgotten meanwhile, load it and come again. */
  #write(
    workflowId: WorkflowId,
    expectedSeq: number,
    events: readonly WorkflowEvent[],
    summary: WorkflowSummary,
  ): { operations: readonly WriteOperation[]; result: AppendResult | undefined } {
    const head = this.heads.get(workflowId);
    if (head === undefined) return { operations: [], result: undefined };
    if (head.seq !== expectedSeq)
      return { operations: [], result: { kind: 'conflict', actualSeq: head.seq } };
    if (head.seq > 0 && head.summary === undefined) {
      throw new TradewrightError('NOT_FOUND', `${workflowId} is archived and takes nothing more`);
    }
    const seq = expectedSeq + events.length;
    const rows = events.map((event) => JSON.stringify(event));
    const operations: WriteOperation[] = rows.map((value, index) => ({
      type: 'put',
      key: keys.event(workflowId, expectedSeq + index + 1),
      value,
    }));
    const summaryOperations = summaryRows(head.summary, summary);
    const commit = this.#counters.next(events.length);
    const place = JSON.stringify([workflowId, expectedSeq + 1, seq]);
    operations.push({ type: 'put', key: keys.commit(commit), value: place }, ...summaryOperations);
    this.heads.set(workflowId, { seq, summary });
    this.#tail.add(sealed({ workflowId, commit }, rows));
    return { operations, result: { kind: 'appended', commit } };
  }

  /** Known from one look: most workflows that are asked for are about to begin. */
  async #isNew(workflowId: WorkflowId): Promise<boolean> {
    try {
      return await this.heads.with(workflowId, () => Promise.resolve(this.heads.get(workflowId)?.seq === 0));
    } catch {
      // Whoever reads its events is told what is wrong with it.
      return false;
    }
  }

  async #readHead(workflowId: string): Promise<Head> {
    // A look into memory, mostly: asking a thread for it would cost ten times as much.
    const { level } = this.#database;
    const row = level.getSync(keys.summary(workflowId));
    if (row === undefined) {
      const archived = level.getSync(keys.archived(workflowId));
      return headWithoutSummary(workflowId, archived, level.getSync(keys.event(workflowId, 1)));
    }
    const summary = parseSummary(workflowId, row);
    if (level.getSync(keys.event(workflowId, summary.seq)) === undefined) {
      throw corrupt(workflowId, summary.seq, 'the summary is ahead of the events');
    }
    return { seq: summary.seq, summary };
  }

  #committed(): void {
    const before = this.#counters.lastCommit;
    this.#counters.committed();
    const lastCommit = this.#counters.lastCommit;
    if (lastCommit === before) return;
    for (const listener of this.#listeners) {
      try {
        listener(lastCommit);
      } catch (error) {
        this.#log.error({ failure: toFailure(error) }, 'a commit listener threw');
      }
    }
  }

  #forget(): void {
    this.#counters.failed();
    this.#tail.forget();
    this.heads.forget();
  }
}

function parseSummary(workflowId: string, row: string): WorkflowSummary {
  try {
    return WorkflowSummary.parse(JSON.parse(row));
  } catch (error) {
    throw corrupt(workflowId, undefined, 'its summary does not parse', error);
  }
}

function headWithoutSummary(
  workflowId: string,
  archived: string | undefined,
  first: string | undefined,
): Head {
  if (archived !== undefined) return { seq: parsePlace(workflowId, archived).events, summary: undefined };
  if (first !== undefined) throw corrupt(workflowId, undefined, 'its summary is missing');
  return { seq: 0, summary: undefined };
}

function misfitOf(
  workflowId: WorkflowId,
  expectedSeq: number,
  events: readonly WorkflowEvent[],
  summary: WorkflowSummary,
): string | undefined {
  if (events.length === 0) return `${workflowId}: a batch without events`;
  for (const [index, event] of events.entries()) {
    const seq = expectedSeq + index + 1;
    if (event.seq !== seq) return `${workflowId}: event ${event.seq} stands where ${seq} belongs`;
    if (event.workflowId !== workflowId)
      return `an event of ${event.workflowId} among those of ${workflowId}`;
  }
  if (summary.workflowId !== workflowId) return `a summary of ${summary.workflowId} with ${workflowId}`;
  if (summary.seq !== expectedSeq + events.length)
    return `${workflowId}: the summary is of event ${summary.seq}`;
  return undefined;
}
