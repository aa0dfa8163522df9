import { toFailure, TradewrightError, unreachable } from '../../contracts/errors.ts';
import { isTerminal } from '../../contracts/workflow-view.ts';
import { progress } from './advance.ts';
import type { Circumstances, StartWorkflow, WorkflowCommand } from './command.ts';
import { expireDecision } from './decisions.ts';
import type { AnyWorkflow } from './definition.ts';
import { type Decision, Draft, ignored, refused } from './draft.ts';
import { stepFailed, stepSucceeded } from './outcomes.ts';
import { cancel, decideByPerson, pause, resume, retry } from './people.ts';
import { executingSteps, rollBack, undoFailed, undoSucceeded } from './rollback.ts';
import { start } from './start.ts';
import { inRound, stepOf, type WorkflowData } from './state.ts';

export { type Decision } from './draft.ts';

/** What a command makes of a workflow. Pure: the same arguments give the same facts. */
export function decide(
  definition: AnyWorkflow,
  data: WorkflowData | undefined,
  command: WorkflowCommand,
  at: Circumstances,
): Decision {
  if (command.type === 'start') return start(definition, data, command, at);
  if (!data) return refused('NOT_FOUND', 'the workflow has not begun');
  const retried = command.type === 'retry' && data.state === 'FAILED';
  if (isTerminal(data.state) && !retried) return afterEnd(data, command);
  const draft = new Draft(definition, data, at);
  const stopped = handle(draft, command);
  if (stopped) return stopped;
  progress(draft);
  return draft.decision;
}

function afterEnd(data: WorkflowData, command: Exclude<WorkflowCommand, StartWorkflow>): Decision {
  switch (command.type) {
    case 'cancel':
    case 'decide':
    case 'pause':
    case 'resume':
    case 'retry':
      return refused('WORKFLOW_STATE', `the workflow has already ended: ${data.state}`);
    case 'effect-succeeded':
    case 'effect-failed':
    case 'recover':
    case 'tick':
      return ignored(`ended: ${data.state}`);
    default:
      return unreachable(command);
  }
}

/** Applies the command itself; a returned decision ends there, otherwise what follows from it is decided next. */
function handle(draft: Draft, command: Exclude<WorkflowCommand, StartWorkflow>): Decision | undefined {
  switch (command.type) {
    case 'effect-succeeded':
      return command.effect.kind === 'run'
        ? stepSucceeded(draft, command.effect, command.result)
        : undoSucceeded(draft, command.effect, command.result);
    case 'effect-failed':
      return command.effect.kind === 'run'
        ? stepFailed(draft, command.effect, command.error)
        : undoFailed(draft, command.effect, command.error);
    case 'recover':
      return recover(draft);
    case 'tick':
      return tick(draft);
    case 'decide':
      return decideByPerson(draft, command);
    case 'cancel':
      return cancel(draft, command);
    case 'pause':
      return pause(draft, command);
    case 'resume':
      return resume(draft, command);
    case 'retry':
      return retry(draft, command);
    default:
      return unreachable(command);
  }
}

function recover(draft: Draft): undefined {
  const { rollback } = draft.data;
  if (rollback) {
    for (const { step, round, state, attempt } of rollback.undo) {
      if (state === 'executing')
        draft.add({ type: 'CompensationInterrupted', step, attempt, ...inRound(round) });
    }
    return undefined;
  }
  for (const step of executingSteps(draft.data)) {
    draft.add({ type: 'StepInterrupted', step, attempt: stepOf(draft.data, step).attempt });
  }
  return undefined;
}

function tick(draft: Draft): undefined {
  const { deadlineAt, decision, rollback, halting, paused } = draft.data;
  if (rollback || halting) return undefined;
  if (deadlineAt !== null && deadlineAt <= draft.at.now) {
    const error = new TradewrightError('WORKFLOW_DEADLINE', 'the workflow ran past its deadline');
    rollBack(draft, 'failed', toFailure(error));
  } else if (decision && !paused && decision.deadlineAt <= draft.at.now) {
    expireDecision(draft);
  }
  return undefined;
}
