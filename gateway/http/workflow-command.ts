import type { WorkflowCommandTask } from '../../contracts/api.ts';
import { TradewrightError } from '../../contracts/errors.ts';
import { taskIdFrom } from '../../contracts/ids.ts';
import { ownTaskLimits, type Task, taskTypes } from '../../contracts/task.ts';
import { isTerminal, type WorkflowView } from '../../contracts/workflow-view.ts';

/** @throws WORKFLOW_STATE: refused here already, because the answer to a command that is queued comes to nobody */
export function assertAccepts(view: WorkflowView, type: WorkflowCommandTask['type']): void {
  const refuse = (why: string): never => {
    throw new TradewrightError('WORKFLOW_STATE', `workflow ${view.workflowId} ${why}`, {
      details: { state: view.state },
    });
  };
  const mayFollow = type === 'fork' || (type === 'retry' && view.state === 'FAILED');
  if (isTerminal(view.state) && !mayFollow) refuse(`has ended: ${view.state}`);
  if (type === 'decide' && view.decision === undefined) refuse('is not waiting for a decision');
}

/** @throws NOT_FOUND */
export function assertHasStep({ workflowId, steps }: WorkflowView, step: string): void {
  if (steps.some(({ name }) => name === step)) return;
  throw new TradewrightError('NOT_FOUND', `workflow ${workflowId} has no step called ${step}`, {
    details: { steps: steps.map(({ name }) => name).join(', ') },
  });
}

/** The same command under the same key is one command. */
export const commandKey = ({ type, workflowId }: WorkflowCommandTask, key: string): string =>
  `command:${type}:${workflowId}:${key}`;

/** A person's command as a task. It overtakes all other work: whoever cancels does not want to queue. */
export function workflowCommand(
  command: WorkflowCommandTask,
  key: string,
  circumstances: { readonly now: number; readonly traceparent: string },
): Task {
  const dedupKey = commandKey(command, key);
  return {
    schema: 'tradewright.task/1',
    id: taskIdFrom(dedupKey),
    type: taskTypes.workflowCommand,
    lane: 'critical',
    payload: command,
    createdAt: circumstances.now,
    dedupKey,
    ...ownTaskLimits,
    correlationId: command.workflowId,
    traceparent: circumstances.traceparent,
  };
}
