import { TradewrightError } from '../contracts/errors.ts';
import type { WorkflowId } from '../contracts/ids.ts';
import type { WorkflowEvent } from '../contracts/workflow-event.ts';
import { WorkflowSummary } from '../contracts/workflow-view.ts';
import type { Database } from './database.ts';
import { corrupt, parseRow } from './event-rows.ts';
import type { GroupWriter } from './group-writer.ts';
import type { Heads } from './heads.ts';
import { keys } from './keys.ts';
import { summaryRows } from './summary-rows.ts';

const CHUNK = 2_000;

export interface RepairParts {
  readonly database: Database;
  readonly writer: GroupWriter;
  readonly heads: Heads;
}

/**
 * Replaces a summary that is lost, torn or behind by one computed from the workflow's events, index rows included. Goes through the
 * whole commit index to see that no event is missing, and through all index rows: meant for a repair, not for every day.
 * @throws JOURNAL_CORRUPT when the events themselves are not whole; NOT_FOUND; INTERNAL when `summarize` gives a summary of something else
 */
export async function rebuildSummary(
  { database, writer, heads }: RepairParts,
  workflowId: WorkflowId,
  summarize: (events: readonly WorkflowEvent[]) => unknown,
): Promise<WorkflowSummary> {
  for (;;) {
    const events = await wholeEvents(database, workflowId);
    const summary = WorkflowSummary.parse(summarize(events));
    if (summary.workflowId !== workflowId || summary.seq !== events.length) {
      throw new TradewrightError(
        'INTERNAL',
        `a summary of ${summary.workflowId}, event ${summary.seq}, was computed`,
      );
    }
    const stale = await indexRowsOf(database, workflowId);
    const repaired = await writer.submit(() => {
      // Appended to meanwhile: its summary was known in memory, and has just been written.
      const head = heads.get(workflowId);
      if (head !== undefined && head.seq !== summary.seq) return { operations: [], result: false };
      const fresh = summaryRows(undefined, summary);
      const kept = new Set(fresh.map(({ key }) => key));
      const gone = stale.filter((key) => !kept.has(key)).map((key) => ({ type: 'del', key }) as const);
      heads.set(workflowId, { seq: summary.seq, summary });
      return { operations: [...gone, ...fresh], result: true };
    });
    if (repaired) return summary;
  }
}

async function wholeEvents(database: Database, workflowId: WorkflowId): Promise<WorkflowEvent[]> {
  const { level } = database;
  const snapshot = level.snapshot();
  try {
    const rows = await level.iterator({ ...keys.eventsAfter(workflowId, 0), snapshot }).all();
    const events = rows.map(([key, row], index) => {
      const seq = index + 1;
      if (key !== keys.event(workflowId, seq)) throw corrupt(workflowId, seq, 'the event is missing');
      return parseRow(workflowId, seq, row);
    });
    let last = 0;
    const commits = level.values({ ...keys.commits, snapshot });
    for await (const row of commits) if (row.includes(workflowId)) last = Math.max(last, lastEventOf(row));
    if (last > events.length) throw corrupt(workflowId, events.length + 1, 'the event is missing at the end');
    if (events.length === 0) throw new TradewrightError('NOT_FOUND', `there are no events of ${workflowId}`);
    return events;
  } finally {
    await snapshot.close();
  }
}

function lastEventOf(row: string): number {
  try {
    const [, , to] = JSON.parse(row) as unknown[];
    return typeof to === 'number' ? to : 0;
  } catch {
    return 0;
  }
}

/** What the lost summary left in the indexes. */
async function indexRowsOf({ level }: Database, workflowId: WorkflowId): Promise<string[]> {
  const found: string[] = [];
  for (const range of [keys.listedAll, keys.openWorkflows, keys.endedAll]) {
    const iterator = level.keys(range);
    try {
      for (;;) {
        const chunk = await iterator.nextv(CHUNK);
        if (chunk.length === 0) break;
        found.push(...chunk.filter((key) => keys.workflowIn(key) === workflowId));
      }
    } finally {
      await iterator.close();
    }
  }
  return found;
}
