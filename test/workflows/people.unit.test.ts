import { expect } from 'chai';
import { nextTickAt } from '../../workflows/engine/due.ts';
import { viewOf } from '../../workflows/engine/view.ts';
import { DeciderRun, fatal } from '../support/decider.ts';
import { tripWorkflow } from '../support/trips.ts';
import { orderWorkflow } from '../support/workflows.ts';

const pause = { type: 'pause', by: 'ada', reason: 'lunch' } as const;
const resume = { type: 'resume', by: 'ada' } as const;
const retry = { type: 'retry', by: 'ada' } as const;
const cancel = { type: 'cancel', by: 'ada', reason: '' } as const;

const order = (options: Parameters<typeof orderWorkflow>[0] = {}, input: unknown = {}) =>
  new DeciderRun(orderWorkflow(options)).start(input);
/** A trip whose drafts are written and whose bookings run. */
const trip = (options: Parameters<typeof tripWorkflow>[0] = {}) =>
  new DeciderRun(tripWorkflow(options)).start().succeed({ id: 'd' }).succeed({ id: 'r' });

describe('decider: what people ask for', () => {
  it('S15 lets what runs finish, starts nothing, and goes on when resumed', () => {
    const run = order();
    expect(run.when(pause).kind).to.equal('accepted');
    expect(run.data?.state).to.equal('PAUSED');
    expect(run.running.step).to.equal('book');
    run.succeed({ booking: 'b1' });
    expect(run.data?.steps['book']?.state).to.equal('completed');
    expect(run.due).to.have.length(0);
    expect(run.data && viewOf(run.data).paused).to.include({
      by: 'ada',
      reason: 'lunch',
      needsPerson: false,
    });
    run.when(resume);
    expect(run.data?.state).to.equal('RUNNING');
    expect(run.running.step).to.equal('pay');
  });

  it('S15 holds retries and deadlines of decisions, but not the deadline of the workflow', () => {
    const retrying = order({ retry: { jitter: 0 } });
    retrying.when(pause);
    retrying.fail().later(60_000);
    expect(retrying.due).to.have.length(0);
    retrying.when(resume);
    expect(retrying.running).to.include({ step: 'book', attempt: 2 });

    const waiting = order({}, { approve: true }).succeed({ booking: 'b1' }).succeed({ paid: 10 });
    waiting.when(pause);
    waiting.later(120_000);
    expect(waiting.data?.state).to.equal('PAUSED');
    waiting.when({ type: 'decide', verdict: 'approve', by: 'ada', reason: '' });
    waiting.when(resume);
    expect(waiting.running.step).to.equal('ship');

    const late = order({ deadlineMs: 5_000 });
    late.when(pause);
    expect(late.data && nextTickAt(late.data)).to.equal(late.now + 5_000);
    late.later(5_000).stopped();
    expect(late.data?.error?.code).to.equal('WORKFLOW_DEADLINE');
  });

  it('S15 starts what was running at a crash again only when resumed', () => {
    const run = order();
    run.when(pause);
    run.when({ type: 'recover' });
    expect(run.due).to.have.length(0);
    run.when(resume);
    expect(run.running).to.include({ step: 'book', attempt: 2 });
  });

  it('S15 pausing and resuming twice is doing it once; undoing cannot be paused', () => {
    const run = order();
    run.when(pause);
    expect(run.when(pause).kind).to.equal('ignored');
    run.when(resume);
    expect(run.when(resume).kind).to.equal('ignored');
    run.succeed({ booking: 'b1' }).fail(fatal);
    expect(run.when(pause).kind).to.equal('refused');
    run.succeed(null);
    expect(run.when(pause).kind).to.equal('refused');
  });

  it('S16 retries from the failed step when nothing was undone', () => {
    const run = order().failForGood();
    expect(run.data?.state).to.equal('FAILED');
    expect(run.when(retry).kind).to.equal('accepted');
    expect(run.data).to.include({ state: 'RUNNING', error: null, endedAt: null });
    expect(run.running).to.include({ step: 'book', attempt: 5 });
    run.succeed({ booking: 'b1' }).succeed({ paid: 1 }).succeed({ parcel: 'p' });
    expect(run.data?.state).to.equal('COMPLETED');
    expect(run.replayed()).to.deep.equal(run.data);
  });

  it('S16 refuses a retry where steps have been undone, nothing has failed, or time is over', () => {
    const undone = order().succeed({ booking: 'b1' }).fail(fatal);
    expect(undone.when(retry).kind).to.equal('refused');
    undone.succeed(null);
    expect(undone.when(retry).kind).to.equal('refused');
    const unclear = order().succeed({ booking: 'b1' }).fail(fatal).fail(fatal);
    expect(unclear.data).to.include({ state: 'FAILED', needsPerson: true });
    expect(unclear.when(retry).kind).to.equal('refused');
    expect(order().when(retry).kind).to.equal('refused');
    const late = order({ deadlineMs: 5_000 }).fail(fatal);
    late.now += 5_000;
    expect(late.when(retry).kind).to.equal('refused');
  });

  it('S16 pauses for a person when the step says so; retry goes on, resume does not, cancel undoes', () => {
    const paused = trip({ onExhausted: 'pause' }).succeed({ id: 'h' }, 'hotel').failForGood();
    expect(paused.data?.state).to.equal('PAUSED');
    expect(paused.data && viewOf(paused.data)).to.include({ needsPerson: true });
    expect(paused.when(resume).kind).to.equal('refused');
    paused.when(retry);
    expect(paused.running.step).to.equal('flight');
    expect(paused.data && viewOf(paused.data)).to.include({ needsPerson: false, state: 'RUNNING' });
    paused.failForGood();
    paused.when(cancel);
    expect(paused.data?.rollback?.undo.map(({ step }) => step)).to.deep.equal(['hotel', 'draft']);
    paused.succeed(null).succeed(null);
    expect(paused.data?.state).to.equal('CANCELLED');
  });

  it('S16 a pause for a person lets the other branches finish', () => {
    const run = trip({ onExhausted: 'pause' }).fail(fatal, 'flight');
    expect(run.data?.state).to.equal('PAUSED');
    run.succeed({ id: 'h' }, 'hotel');
    run.when(retry);
    expect(run.due.map(({ step }) => step)).to.deep.equal(['flight']);
  });
});
