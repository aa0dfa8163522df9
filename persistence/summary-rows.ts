import { isTerminal, type WorkflowSummary } from '../contracts/workflow-view.ts';
import type { WriteOperation } from './database.ts';
import { keys } from './keys.ts';

/** The rows of the read model that change when a workflow's summary does. */
export function summaryRows(before: WorkflowSummary | undefined, after: WorkflowSummary): WriteOperation[] {
  const { workflowId } = after;
  const rows: WriteOperation[] = [
    { type: 'put', key: keys.summary(workflowId), value: JSON.stringify(after) },
  ];
  const [old, now] = [before === undefined ? [] : indexKeys(before), indexKeys(after)];
  for (const key of old) if (!now.includes(key)) rows.push({ type: 'del', key });
  for (const key of now) if (!old.includes(key)) rows.push({ type: 'put', key, value: '' });
  return rows;
}

function indexKeys(summary: WorkflowSummary): string[] {
  const { workflowId, state, startedAt = 0 } = summary;
  return [
    keys.listed(keys.all, startedAt, workflowId),
    keys.listed(state, startedAt, workflowId),
    ...(isTerminal(state) ? [] : [keys.openWorkflow(workflowId)]),
  ];
}
