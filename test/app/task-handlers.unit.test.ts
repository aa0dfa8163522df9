import { expect } from 'chai';
import { taskHandlers } from '../../app/worker/starts.ts';
import type { CommandOutcome } from '../../actors/saga/saga-actor.ts';
import type { Sagas } from '../../actors/saga/saga-supervisor.ts';
import { type ErrorCode, toFailure, TradewrightError } from '../../contracts/errors.ts';
import { taskIdFrom, workflowIdFrom } from '../../contracts/ids.ts';
import { ownTaskLimits, type Task, taskTypes } from '../../contracts/task.ts';
import { WorkflowRegistry } from '../../workflows/engine/definition.ts';
import { codeOf } from '../support/code-of.ts';

const cancel: Task = {
  schema: 'tradewright.task/1',
  id: taskIdFrom('cancel'),
  type: taskTypes.workflowCommand,
  lane: 'critical',
  payload: { type: 'cancel', workflowId: workflowIdFrom('w'), by: 'ada', reason: '' },
  createdAt: 0,
  dedupKey: 'cancel',
  ...ownTaskLimits,
};

/** Sagas that answer every command alike. */
const answering = (outcome: CommandOutcome) =>
  taskHandlers({ command: async () => outcome } as unknown as Sagas, new WorkflowRegistry([]));
const refusing = (code: ErrorCode) =>
  answering({ kind: 'refused', failure: toFailure(new TradewrightError(code, 'no')) });

describe('commands of people', () => {
  it('come again when they overtook the start of their workflow', async () => {
    const error = await refusing('NOT_FOUND')
      .command(cancel)
      .catch((thrown: unknown) => thrown);
    expect(error).to.include({ code: 'WORKFLOW_NOT_BEGUN', kind: 'retryable' });
  });

  it('fork under the key that the fork has its id from', async () => {
    const forked: unknown[] = [];
    const sagas = {
      fork: async (...given: unknown[]) => {
        forked.push(given);
        return { kind: 'accepted', seq: 3 };
      },
    } as unknown as Sagas;
    const payload = {
      type: 'fork',
      workflowId: workflowIdFrom('w'),
      step: 'pay',
      forkKey: 'k',
      by: 'ada',
      reason: '',
    };
    await taskHandlers(sagas, new WorkflowRegistry([])).command({ ...cancel, payload });
    const target = { workflowId: workflowIdFrom('k'), dedupKey: 'k' };
    expect(forked).to.deep.equal([[workflowIdFrom('w'), 'pay', target]]);
  });

  it('are refused for good when the workflow is past them', async () => {
    expect(await codeOf(refusing('WORKFLOW_STATE').command(cancel))).to.equal('WORKFLOW_STATE');
  });

  it('are done once the workflow has taken them', async () => {
    expect(await answering({ kind: 'accepted', seq: 7 }).command(cancel)).to.deep.equal({
      kind: 'accepted',
      seq: 7,
    });
  });
});
