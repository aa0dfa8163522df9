import { z } from 'zod';
import { TradewrightError } from '../contracts/errors.ts';
import type { SummaryFilter, SummaryPage } from '../contracts/ports/journal.ts';
import { WorkflowState, WorkflowSummary } from '../contracts/workflow-view.ts';
import type { Database } from './database.ts';
import { type ScanRange, scanScopes } from './index-scan.ts';
import { keys } from './keys.ts';

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 1_000;
/** Index rows looked at for one page: a filter that matches little gives a short page with a cursor instead of a long wait. */
const MAX_STEPS = 20_000;

const Place = z.string().regex(/^\d{15}!wf_[a-z2-7]{26}$/);

/**
 * One page of summaries, newest start first, as of one moment. Each condition has its index, and those are read side by side. A page
 * may hold fewer than `limit`, even none; there is more as long as it has a cursor. The cursor is a place, not a count: what starts
 * or ends meanwhile neither repeats nor hides another.
 * @throws INPUT_INVALID for a cursor that no page gave
 */
export async function listSummaries(database: Database, filter: SummaryFilter): Promise<SummaryPage> {
  const limit = Math.min(Math.max(filter.limit ?? DEFAULT_LIMIT, 1), MAX_LIMIT);
  const range = rangeOf(filter);
  const scopes = scopesOf(filter);
  if (scopes === undefined) return { items: [] };
  const snapshot = database.level.snapshot();
  try {
    // One more than asked for tells whether there is a next page.
    const scan = await scanScopes(database, snapshot, scopes, range, {
      limit: limit + 1,
      maxSteps: MAX_STEPS,
    });
    const places = scan.places.slice(0, limit);
    const rows = await database.level.getMany(
      places.map((place) => keys.summary(keys.workflowIn(place))),
      { snapshot },
    );
    const items = rows.map(parse).filter((summary) => summary !== undefined);
    const page = { items: items.filter((summary) => matches(summary, filter)) };
    const place = scan.places.length > limit ? places.at(-1) : scan.reached;
    return place === undefined ? page : { ...page, cursor: cursorOf(place) };
  } finally {
    await snapshot.close();
  }
}

/** Undefined: no workflow can match. */
function scopesOf({ state, definition, labels = {} }: SummaryFilter): string[] | undefined {
  const scopes = Object.entries(labels).map(([name, value]) => keys.labelScope(name, value));
  if (state !== undefined) {
    const known = WorkflowState.safeParse(state);
    if (!known.success) return undefined;
    scopes.push(known.data);
  }
  if (definition !== undefined) scopes.push(keys.definitionScope(definition));
  return scopes.length === 0 ? [keys.all] : scopes;
}

function rangeOf({ startedFrom, startedBefore, cursor }: SummaryFilter): ScanRange {
  const first = startedBefore === undefined ? '' : keys.placeBefore(Math.ceil(startedBefore));
  const after = cursor === undefined ? '' : keys.placeAfter(placeOfCursor(cursor));
  return {
    from: first > after ? first : after,
    // What started at `startedFrom` still counts.
    end: startedFrom === undefined || startedFrom <= 0 ? undefined : keys.placeBefore(Math.ceil(startedFrom)),
  };
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

/** Long labels share an index, so the row decides. */
function matches(summary: WorkflowSummary, { state, definition, labels = {} }: SummaryFilter): boolean {
  return (
    (state === undefined || summary.state === state) &&
    (definition === undefined || summary.definition?.name === definition) &&
    Object.entries(labels).every(([name, value]) => summary.labels[name] === value)
  );
}
