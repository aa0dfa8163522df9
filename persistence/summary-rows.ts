import { isTerminal, type WorkflowSummary } from '../contracts/workflow-view.ts';
import type { WriteOperation } from './database.ts';
import { keys } from './keys.ts';

/** The rows of the read model that change when a workflow's summary does. */
export function summaryRows(before: WorkflowSummary | undefined, after: WorkflowSummary): WriteOperation[] {
  const { workflowId } = after;
  const rows: WriteOperation[] = [
    { type: 'put', key: keys.summary(workflowId), value: JSON.stringify(after) },
  ];
  if (before && indexedAlike(before, after)) return rows;
  const [old, now] = [before === undefined ? [] : indexKeys(before), indexKeys(after)];
  for (const key of old) if (!now.includes(key)) rows.push({ type: 'del', key });
  for (const key of now) if (!old.includes(key)) rows.push({ type: 'put', key, value: '' });
  return rows;
}

/** Most changes of a workflow leave it in its place in every list. */
function indexedAlike(a: WorkflowSummary, b: WorkflowSummary): boolean {
  const labels = Object.entries(a.labels);
  return (
    a.state === b.state &&
    a.startedAt === b.startedAt &&
    a.endedAt === b.endedAt &&
    a.definition?.name === b.definition?.name &&
    labels.length === Object.keys(b.labels).length &&
    labels.every(([name, value]) => b.labels[name] === value)
  );
}

/** Every index row of a workflow. */
export function indexKeys(summary: WorkflowSummary): string[] {
  const { workflowId, state, definition, labels, startedAt = 0, endedAt = startedAt } = summary;
  const scopes = [
    keys.all,
    state,
    ...(definition === undefined ? [] : [keys.definitionScope(definition.name)]),
    ...Object.entries(labels).map(([name, value]) => keys.labelScope(name, value)),
  ];
  return [
    ...scopes.map((scope) => keys.listed(scope, startedAt, workflowId)),
    isTerminal(state) ? keys.ended(endedAt, workflowId) : keys.openWorkflow(workflowId),
  ];
}
