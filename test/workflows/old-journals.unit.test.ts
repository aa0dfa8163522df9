import { expect } from 'chai';
import { WorkflowFact } from '../../contracts/workflow-event.ts';
import { dueEffects, effectInput } from '../../workflows/engine/due.ts';
import { evolve } from '../../workflows/engine/evolve.ts';
import type { WorkflowData } from '../../workflows/engine/state.ts';
import { testWorkflowId } from '../support/decider.ts';
import { orderWorkflow } from '../support/workflows.ts';

const definition = orderWorkflow();

/** As it was stored before there were groups, rounds and pauses: undoing began while a step was still running. */
const stored: readonly unknown[] = [
  {
    type: 'WorkflowStarted',
    definition: { name: 'order', version: 1 },
    input: { amount: 1, approve: false },
    dedupKey: 'old',
    lane: 'normal',
    labels: {},
  },
  { type: 'StepStarted', step: 'book', attempt: 1, idempotencyKey: 'k', timeoutMs: 30_000 },
  { type: 'StepCompleted', step: 'book', attempt: 1, result: { booking: 'b1' }, durationMs: 5 },
  { type: 'StepStarted', step: 'pay', attempt: 1, idempotencyKey: 'k2', timeoutMs: 30_000 },
  { type: 'WorkflowCancelRequested', by: 'ada', reason: '' },
  { type: 'RollbackStarted', end: 'cancelled', steps: ['book'] },
  { type: 'CompensationStarted', step: 'book', attempt: 1, idempotencyKey: 'k3', timeoutMs: 30_000 },
];

describe('journals of earlier releases', () => {
  it('S5 S13 are read as they were written', () => {
    const data = stored.reduce<WorkflowData | undefined>(
      (before, fact, at) =>
        evolve(definition, before, {
          workflowId: testWorkflowId,
          seq: at + 1,
          time: at,
          fact: WorkflowFact.parse(fact),
        }),
      undefined,
    );
    if (!data) throw new Error('nothing was read');
    expect(data.state).to.equal('COMPENSATING');
    const [effect] = dueEffects(definition, data);
    expect(effect).to.include({ kind: 'undo', step: 'book', idempotencyKey: `${testWorkflowId}/book/undo` });
    expect(effect && effectInput(definition, data, effect)).to.deep.equal({ booking: 'b1' });
  });
});
