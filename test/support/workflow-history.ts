import { eventIdFrom, type WorkflowId, workflowIdFrom } from '../../contracts/ids.ts';
import type { JournalBatch } from '../../actors/kernel/index.ts';
import type { WorkflowEvent, WorkflowFact } from '../../contracts/workflow-event.ts';
import type { WorkflowState, WorkflowSummary } from '../../contracts/workflow-view.ts';

export const workflow = (name: string): WorkflowId => workflowIdFrom(name);

export const eventOf = (
  workflowId: WorkflowId,
  seq: number,
  fact: WorkflowFact = skipped(seq),
): WorkflowEvent => ({
  schema: 'tradewright.workflow-event/1',
  id: eventIdFrom(workflowId, seq),
  workflowId,
  seq,
  time: 1_700_000_000_000 + seq,
  actor: 'saga',
  cause: `command-${seq}`,
  stateBefore: 'RUNNING',
  stateAfter: 'RUNNING',
  fact,
});

export const skipped = (seq: number): WorkflowFact => ({
  type: 'StepSkipped',
  step: `step-${seq}`,
  reason: 'a test',
});

interface SummaryDraft {
  readonly state?: WorkflowState;
  readonly startedAt?: number;
  readonly definition?: string;
  readonly labels?: Record<string, string>;
}

export const summaryOf = (
  workflowId: WorkflowId,
  seq: number,
  draft: SummaryDraft = {},
): WorkflowSummary => ({
  workflowId,
  definition: { name: draft.definition ?? 'strategy', version: 1 },
  state: draft.state ?? 'RUNNING',
  labels: draft.labels ?? {},
  startedAt: draft.startedAt ?? 1_700_000_000_000,
  seq,
});

/** `count` events after `expectedSeq`, ready to be appended. */
export const batchAfter = (
  workflowId: WorkflowId,
  expectedSeq: number,
  count: number,
  draft: SummaryDraft = {},
): JournalBatch => ({
  expectedSeq,
  events: Array.from({ length: count }, (_, index) => eventOf(workflowId, expectedSeq + index + 1)),
  summary: summaryOf(workflowId, expectedSeq + count, draft),
});
