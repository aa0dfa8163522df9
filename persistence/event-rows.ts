import { TradewrightError } from '../contracts/errors.ts';
import type { WorkflowEvent } from '../contracts/workflow-event.ts';
import { WorkflowSummary } from '../contracts/workflow-view.ts';
import type { Database } from './database.ts';
import { keys } from './keys.ts';
import { parseStoredEvent } from './upcast.ts';

/** The journal of one workflow is not whole; the others are not touched by it. */
export function corrupt(
  workflowId: string,
  seq: number | undefined,
  says: string,
  cause?: unknown,
): TradewrightError {
  const place = seq === undefined ? workflowId : `${workflowId}, event ${seq}`;
  return new TradewrightError('JOURNAL_CORRUPT', `${place}: ${says}`, {
    cause,
    details: seq === undefined ? { workflowId } : { workflowId, seq },
  });
}

/**
 * The events after `afterSeq`, checked: each in its place, each parsing, and none missing up to what the summary says.
 * @throws JOURNAL_CORRUPT
 */
export async function readEvents(
  { level }: Database,
  workflowId: string,
  afterSeq: number,
): Promise<WorkflowEvent[]> {
  const snapshot = level.snapshot();
  try {
    const summaryRow = await level.get(keys.summary(workflowId), { snapshot });
    const rows = await level.iterator({ ...keys.eventsAfter(workflowId, afterSeq), snapshot }).all();
    const events: WorkflowEvent[] = [];
    for (const [key, row] of rows) {
      const seq = afterSeq + events.length + 1;
      if (key !== keys.event(workflowId, seq)) throw corrupt(workflowId, seq, 'the event is missing');
      events.push(parseRow(workflowId, seq, row));
    }
    const last = afterSeq + events.length;
    const expected = summaryRow === undefined ? 0 : lastSeq(workflowId, summaryRow);
    if (expected > last) throw corrupt(workflowId, last + 1, 'the event is missing at the end');
    if (events.length > 0 && expected < last)
      throw corrupt(workflowId, expected + 1, 'the event has no summary');
    return events;
  } finally {
    await snapshot.close();
  }
}

/** So many events are read one by one. */
const FEW = 64;

/**
 * The events after `afterSeq` up to `lastSeq`, which is the last one, as far as the writer knows; undefined where they are many, or do not
 * fit: one may be missing, or on its way to the disk. Then {@link readEvents} tells.
 */
export function readFew(
  { level }: Database,
  workflowId: string,
  afterSeq: number,
  lastSeq: number,
): WorkflowEvent[] | undefined {
  if (lastSeq - afterSeq > FEW) return undefined;
  const events: WorkflowEvent[] = [];
  try {
    for (let seq = afterSeq + 1; seq <= lastSeq; seq += 1) {
      const row = level.getSync(keys.event(workflowId, seq));
      if (row === undefined) return undefined;
      events.push(parseRow(workflowId, seq, row));
    }
    return level.getSync(keys.event(workflowId, lastSeq + 1)) === undefined ? events : undefined;
  } catch {
    return undefined;
  }
}

export function parseRow(workflowId: string, seq: number, row: string): WorkflowEvent {
  let event: WorkflowEvent;
  try {
    event = parseStoredEvent(row);
  } catch (error) {
    throw corrupt(workflowId, seq, 'the event does not parse', error);
  }
  if (event.seq !== seq || event.workflowId !== workflowId) {
    throw corrupt(workflowId, seq, `event ${event.seq} of ${event.workflowId} is stored here`);
  }
  return event;
}

function lastSeq(workflowId: string, row: string): number {
  try {
    return WorkflowSummary.parse(JSON.parse(row)).seq;
  } catch (error) {
    throw corrupt(workflowId, undefined, 'its summary does not parse', error);
  }
}
