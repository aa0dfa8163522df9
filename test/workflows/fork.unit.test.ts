import { expect } from 'chai';
import { workflowIdFrom } from '../../contracts/ids.ts';
import type { Decision } from '../../workflows/engine/decide.ts';
import { forkOf } from '../../workflows/engine/index.ts';
import { DeciderRun, fatal } from '../support/decider.ts';
import { tripWorkflow } from '../support/trips.ts';
import { orderWorkflow } from '../support/workflows.ts';

function fork(source: DeciderRun, step: string, version = 1): { run: DeciderRun; decision: Decision } {
  const run = new DeciderRun(version === 1 ? source.definition : tripWorkflow({ version }));
  if (!source.data) throw new Error('the source has not begun');
  const target = { workflowId: workflowIdFrom('fork'), dedupKey: 'fork', version };
  const decision = run.when(forkOf(source.definition, source.data, step, target));
  return { run, decision };
}
const booked = () =>
  new DeciderRun(tripWorkflow())
    .start({ drafts: 2 })
    .succeed({ id: 'd1' })
    .succeed({ id: 'r1' })
    .succeed({ id: 'd2' })
    .succeed({ id: 'r2' })
    .succeed({ id: 'h' }, 'hotel')
    .succeed({ id: 'f' }, 'flight');
const steps = (run: DeciderRun) => run.due.map(({ step }) => step);

describe('forks', () => {
  it('S16 a fork takes over what was recorded before the step and begins there', () => {
    const source = booked();
    source.when({ type: 'decide', verdict: 'approve', by: 'ada', reason: '' });
    const { run } = fork(source, 'ticket');
    expect(steps(run)).to.deep.equal(['ticket']);
    expect(run.facts[0]).to.deep.include({
      forkedFrom: { workflowId: source.data?.workflowId, step: 'ticket' },
    });
    expect(run.story.filter((fact) => fact.startsWith('StepReused'))).to.have.length(6);
    expect(run.data?.steps['draft']?.result).to.deep.equal({ id: 'd2' });
    run.succeed({ id: 't' });
    expect(run.data).to.include({ state: 'COMPLETED', reason: 't' });
    expect(source.data?.state).to.equal('RUNNING');
  });

  it('S16 S20 a fork goes on with a newer version of the definition', () => {
    const { run } = fork(booked(), 'approval', 2);
    expect(run.data?.definition.version).to.equal(2);
    expect(run.data?.decision?.step).to.equal('approval');
  });

  it('keeps the other branches of a group; begins a loop anew', () => {
    expect(steps(fork(booked(), 'hotel').run)).to.deep.equal(['hotel']);
    expect(steps(fork(booked(), 'review').run)).to.deep.equal(['draft']);
  });

  it('does not undo what belongs to its source', () => {
    const { run } = fork(booked(), 'hotel');
    run.fail(fatal);
    expect(run.data).to.include({ state: 'FAILED' });
  });

  it('takes nothing over from where the source undid its work', () => {
    const source = new DeciderRun(orderWorkflow()).start().succeed({ booking: 'b' }).succeed({ paid: 1 });
    source.fail(fatal).succeed(null).succeed(null);
    expect(source.data?.state).to.equal('COMPENSATED');
    expect(steps(fork(source, 'ship').run)).to.deep.equal(['book']);
    const cancelled = booked();
    cancelled.when({ type: 'cancel', by: 'ada', reason: '' });
    while (cancelled.due.length > 0) cancelled.succeed(null);
    const { run } = fork(cancelled, 'ticket');
    expect(steps(run)).to.deep.equal(['draft']);
    expect(run.story.filter((fact) => fact.startsWith('StepReused'))).to.deep.equal([]);
  });

  it('is refused where the results do not fit the definition', () => {
    const source = booked();
    if (!source.data) throw new Error('not begun');
    const command = forkOf(source.definition, source.data, 'ticket', {
      workflowId: workflowIdFrom('fork'),
      dedupKey: 'fork',
    });
    expect(new DeciderRun(orderWorkflow()).when(command).kind).to.equal('refused');
  });
});
