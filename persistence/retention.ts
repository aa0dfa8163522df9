import { toFailure } from '../contracts/errors.ts';
import { WorkflowId } from '../contracts/ids.ts';
import type { Clock } from '../contracts/ports/clock.ts';
import type { ArchivedWorkflow, Retired, RetireOptions } from '../contracts/ports/journal.ts';
import type { Log } from '../contracts/ports/log.ts';
import { isTerminal, type WorkflowSummary } from '../contracts/workflow-view.ts';
import type { Archive } from './archive.ts';
import type { ArchivePlace } from './archive-files.ts';
import type { Database, WriteOperation } from './database.ts';
import { readEvents } from './event-rows.ts';
import type { GroupWriter } from './group-writer.ts';
import type { Heads } from './heads.ts';
import { keys } from './keys.ts';
import { Serial } from './serial.ts';
import { indexKeys } from './summary-rows.ts';

const DEFAULT_LIMIT = 1_000;
/** Workflows of one write to the archive, all of which are in memory at once. */
const CHUNK = 100;

export interface RetentionParts {
  readonly database: Database;
  readonly writer: GroupWriter;
  readonly heads: Heads;
  readonly archive: Archive;
  readonly clock: Clock;
  readonly log: Log;
  readonly summary: (workflowId: WorkflowId) => Promise<WorkflowSummary | undefined>;
}

/**
 * Moves ended workflows to the archive. The file is on disk before a row is deleted, and one batch deletes the rows, notes the place
 * and lets the file's new bytes count: after a crash in between, the workflow is still in the journal alone.
 */
export class Retention {
  readonly #parts: RetentionParts;
  readonly #serial = new Serial();

  constructor(parts: RetentionParts) {
    this.#parts = parts;
  }

  retire(olderThan: number, { limit = DEFAULT_LIMIT, signal }: RetireOptions = {}): Promise<Retired> {
    return this.#serial.run(async () => {
      const damaged: WorkflowId[] = [];
      const total = { workflows: 0, events: 0 };
      let range = keys.endedBefore(olderThan);
      while (total.workflows < limit) {
        signal?.throwIfAborted();
        const wanted = Math.min(CHUNK, limit - total.workflows);
        const found = await this.#parts.database.level.keys({ ...range, limit: wanted }).all();
        const last = found.at(-1);
        if (last === undefined) break;
        range = { ...range, gte: `${last}\0` };
        const ids = found.map((key) => WorkflowId.parse(keys.workflowIn(key)));
        const done = await this.#move(ids, olderThan, damaged);
        total.workflows += done.length;
        for (const { events } of done) total.events += events;
      }
      return { ...total, damaged };
    });
  }

  async #move(
    ids: readonly WorkflowId[],
    olderThan: number,
    damaged: WorkflowId[],
  ): Promise<readonly ArchivePlace[]> {
    const { archive, clock } = this.#parts;
    const gathered = await Promise.all(ids.map((id) => this.#gather(id, olderThan, damaged)));
    const workflows = gathered.filter((workflow) => workflow !== undefined);
    if (workflows.length === 0) return [];
    const file = archive.files.fileOf(clock.now());
    const { places, counted } = await archive.files.append(file, await archive.counted(file), workflows);
    const moving = workflows.map(({ workflowId }) => workflowId);
    return this.#withHeads(moving, () => this.#delete(workflows, places, { file, counted }));
  }

  async #gather(
    workflowId: WorkflowId,
    olderThan: number,
    damaged: WorkflowId[],
  ): Promise<ArchivedWorkflow | undefined> {
    const { database, clock, log } = this.#parts;
    try {
      const summary = await this.#parts.summary(workflowId);
      const events = await readEvents(database, workflowId, 0);
      const endedAt = summary?.endedAt ?? events.at(-1)?.time;
      if (summary === undefined || endedAt === undefined) return undefined;
      if (!isTerminal(summary.state) || endedAt >= olderThan || events.length !== summary.seq)
        return undefined;
      const archivedAt = clock.now();
      return { schema: 'tradewright.archived-workflow/1', workflowId, archivedAt, summary, events };
    } catch (error) {
      damaged.push(workflowId);
      log.error({ workflowId, failure: toFailure(error) }, 'not archived: damaged');
      return undefined;
    }
  }

  /** A workflow that was taken up again meanwhile stays; what the archive holds of it does not count. */
  async #delete(
    workflows: readonly ArchivedWorkflow[],
    places: readonly ArchivePlace[],
    { file, counted }: { readonly file: string; readonly counted: number },
  ): Promise<readonly ArchivePlace[]> {
    const { writer, heads } = this.#parts;
    for (;;) {
      const done = await writer.submit<readonly ArchivePlace[] | undefined>(() => {
        if (workflows.some(({ workflowId }) => heads.get(workflowId) === undefined)) {
          return { operations: [], result: undefined };
        }
        const operations: WriteOperation[] = [
          { type: 'put', key: keys.archiveFile(file), value: String(counted) },
        ];
        const moved: ArchivePlace[] = [];
        for (const [index, { workflowId, events }] of workflows.entries()) {
          const place = places[index];
          const head = heads.get(workflowId);
          if (place === undefined || head?.summary === undefined || head.seq !== events.length) continue;
          for (const key of rowsOf(head.summary)) operations.push({ type: 'del', key });
          operations.push({ type: 'put', key: keys.archived(workflowId), value: JSON.stringify(place) });
          heads.set(workflowId, { seq: head.seq, summary: undefined });
          moved.push(place);
        }
        return { operations, result: moved };
      });
      if (done !== undefined) return done;
      for (const { workflowId } of workflows) await heads.load(workflowId);
    }
  }

  #withHeads<T>(ids: readonly WorkflowId[], use: () => Promise<T>): Promise<T> {
    return ids.reduceRight<() => Promise<T>>((inner, id) => () => this.#parts.heads.with(id, inner), use)();
  }
}

function rowsOf(summary: WorkflowSummary): string[] {
  const { workflowId, seq } = summary;
  const events = Array.from({ length: seq }, (_, index) => keys.event(workflowId, index + 1));
  return [...events, keys.summary(workflowId), keys.snapshot(workflowId), ...indexKeys(summary)];
}
