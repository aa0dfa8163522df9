import { WorkflowSummary } from '../contracts/workflow-view.ts';
import type { Database, WriteOperation } from './database.ts';
import { keys } from './keys.ts';
import { indexKeys } from './summary-rows.ts';

/** Changes whenever `indexKeys` gives a workflow rows it did not have before. */
const INDEXES = '2';
const CHUNK = 500;

/**
 * A store written before an index existed gets its rows, once, before anything is read. What cannot be parsed stays without.
 * @throws DISK_FULL
 */
export async function upgradeIndexes(database: Database): Promise<void> {
  if ((await database.level.get(keys.indexes)) === INDEXES) return;
  let range = keys.summaries;
  for (;;) {
    const rows = await database.level.iterator({ ...range, limit: CHUNK }).all();
    const last = rows.at(-1);
    if (last === undefined) break;
    const operations = rows.flatMap(([, row]) => indexRows(row));
    if (operations.length > 0) await database.write(operations);
    range = { ...range, gte: `${last[0]}\0` };
  }
  await database.write([{ type: 'put', key: keys.indexes, value: INDEXES }]);
}

function indexRows(row: string): WriteOperation[] {
  try {
    return indexKeys(WorkflowSummary.parse(JSON.parse(row))).map((key) => ({ type: 'put', key, value: '' }));
  } catch {
    return [];
  }
}
