import type { WorkflowCommand } from './command.ts';
import { type Decision, type Draft, ignored, refused } from './draft.ts';
import { reject, rollBack } from './rollback.ts';
import { stepOf, type WorkflowData } from './state.ts';

type Of<T extends WorkflowCommand['type']> = Extract<WorkflowCommand, { type: T }>;

/** What people may ask of a workflow. A returned decision ends there; otherwise what follows from it is decided next. */

export function decideByPerson(draft: Draft, command: Of<'decide'>): Decision | undefined {
  const { decision, state } = draft.data;
  if (!decision) return refused('WORKFLOW_STATE', `no decision is awaited: the workflow is ${state}`);
  const { verdict, by, reason } = command;
  draft.add({ type: 'DecisionMade', step: decision.step, verdict, by, reason });
  if (verdict === 'reject') reject(draft, decision.step, 'REJECTED_BY_PERSON', reason || `rejected by ${by}`);
  return undefined;
}

export function cancel(draft: Draft, { by, reason }: Of<'cancel'>): Decision | undefined {
  if (draft.data.cancellation) return ignored('already cancelled');
  if (undoing(draft.data)) return refused('WORKFLOW_STATE', 'the workflow is already being undone');
  draft.add({ type: 'WorkflowCancelRequested', by, reason });
  rollBack(draft, 'cancelled', undefined);
  return undefined;
}

export function pause(draft: Draft, { by, reason }: Of<'pause'>): Decision | undefined {
  if (undoing(draft.data)) return refused('WORKFLOW_STATE', 'undoing cannot be paused');
  if (draft.data.paused) return ignored('already paused');
  draft.add({ type: 'WorkflowPaused', by, reason, needsPerson: false });
  return undefined;
}

export function resume(draft: Draft, { by }: Of<'resume'>): Decision | undefined {
  if (!draft.data.paused) return ignored('it is not paused');
  const failed = failedSteps(draft.data);
  if (failed.length > 0)
    return refused('WORKFLOW_STATE', `step ${failed.join(', ')} failed for good: retry or cancel`);
  draft.add({ type: 'WorkflowResumed', by });
  return undefined;
}

export function retry(draft: Draft, { by }: Of<'retry'>): Decision | undefined {
  const { data, at } = draft;
  if (data.state !== 'FAILED' && undoing(data))
    return refused('WORKFLOW_STATE', 'the workflow is already being undone: start a fork instead');
  if (data.state === 'FAILED' && (data.rollback?.undo.length ?? 0) > 0)
    return refused('WORKFLOW_STATE', 'steps have been undone: start a fork instead');
  const failed = failedSteps(data);
  if (failed.length === 0)
    return refused('WORKFLOW_STATE', `no step has failed for good: the workflow is ${data.state}`);
  if (data.deadlineAt !== null && data.deadlineAt <= at.now)
    return refused('WORKFLOW_STATE', "the workflow's deadline has passed: start a fork instead");
  for (const step of failed) draft.add({ type: 'StepRetryRequested', step, by });
  return undefined;
}

const undoing = ({ rollback, halting }: WorkflowData): boolean => rollback !== null || halting !== null;

function failedSteps(data: WorkflowData): readonly string[] {
  return data.stepOrder.filter((name) => stepOf(data, name).state === 'failed');
}
