import { z } from 'zod';
import { TradewrightError } from '../contracts/errors.ts';
import type { SummaryFilter, SummaryPage } from '../contracts/ports/journal.ts';
import { WorkflowState, WorkflowSummary } from '../contracts/workflow-view.ts';
import type { Database } from './database.ts';
import { keys } from './keys.ts';

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 1_000;
/** Index rows looked at in one go. */
const CHUNK = 200;
/** Index rows looked at for one page: a filter that matches little gives a short page with a cursor instead of a long wait. */
const MAX_SCANNED = 20_000;

const Place = z.string().regex(/^\d{15}!wf_[a-z2-7]{26}$/);

/**
 * One page of summaries, newest start first. A page may hold fewer than `limit`, even none; there is more as long as it has a cursor.
 * @throws INPUT_INVALID for a cursor that no page gave
 */
export async function listSummaries(database: Database, filter: SummaryFilter): Promise<SummaryPage> {
  const limit = Math.min(Math.max(filter.limit ?? DEFAULT_LIMIT, 1), MAX_LIMIT);
  const scope = filter.state === undefined ? keys.all : WorkflowState.safeParse(filter.state).data;
  if (scope === undefined) return { items: [] };
  const items: WorkflowSummary[] = [];
  let place = filter.cursor === undefined ? undefined : placeOfCursor(filter.cursor);
  for (let scanned = 0; scanned < MAX_SCANNED; scanned += CHUNK) {
    const range = place === undefined ? keys.listedIn(scope) : keys.listedAfter(scope, place);
    const found = await database.level.keys({ ...range, limit: CHUNK }).all();
    const rows = await database.level.getMany(found.map((key) => keys.summary(keys.workflowIn(key))));
    for (const [index, key] of found.entries()) {
      place = keys.placeOf(scope, key);
      const summary = parse(rows[index]);
      if (summary !== undefined && matches(summary, filter)) items.push(summary);
      const isLast = index === found.length - 1 && found.length < CHUNK;
      if (items.length === limit) return isLast ? { items } : { items, cursor: cursorOf(place) };
    }
    if (found.length < CHUNK) return { items };
  }
  return place === undefined ? { items } : { items, cursor: cursorOf(place) };
}

const cursorOf = (place: string): string => Buffer.from(place, 'utf8').toString('base64url');

function placeOfCursor(cursor: string): string {
  const place = Place.safeParse(Buffer.from(cursor, 'base64url').toString('utf8'));
  if (place.success) return place.data;
  throw new TradewrightError('INPUT_INVALID', 'the cursor is not one that a page gave');
}

function parse(row: string | undefined): WorkflowSummary | undefined {
  if (row === undefined) return undefined;
  try {
    return WorkflowSummary.parse(JSON.parse(row));
  } catch {
    return undefined;
  }
}

/** The row may have changed since its index was read: all conditions are checked on the row. */
function matches(summary: WorkflowSummary, { state, definition, labels = {} }: SummaryFilter): boolean {
  return (
    (state === undefined || summary.state === state) &&
    (definition === undefined || summary.definition?.name === definition) &&
    Object.entries(labels).every(([name, value]) => summary.labels[name] === value)
  );
}
