import { expect } from 'chai';
import { viewOf } from '../../workflows/engine/view.ts';
import { effectInput, nextTickAt } from '../../workflows/engine/due.ts';
import { DeciderRun, fatal, transient } from '../support/decider.ts';
import { orderWorkflow } from '../support/workflows.ts';

const started = (options: Parameters<typeof orderWorkflow>[0] = {}, input: unknown = {}) =>
  new DeciderRun(orderWorkflow(options)).start(input);
const paid = (options: Parameters<typeof orderWorkflow>[0] = {}) =>
  started(options).succeed({ booking: 'b1' }).succeed({ paid: 10 });

describe('decider', () => {
  it('S1 runs the steps in order and ends completed with the outcome', () => {
    const run = paid().succeed({ parcel: 'p1' });
    expect(run.story).to.deep.equal([
      'WorkflowStarted',
      'StepStarted book',
      'StepCompleted book',
      'StepStarted pay',
      'StepCompleted pay',
      'StepStarted ship',
      'StepCompleted ship',
      'WorkflowCompleted',
    ]);
    expect(run.data).to.include({ state: 'COMPLETED', outcome: 'shipped', reason: 'p1' });
  });

  it('S2 undoes 2, then 1, when step 3 fails for good', () => {
    const run = paid().failForGood();
    expect(run.data?.state).to.equal('COMPENSATING');
    expect(run.running).to.include({ kind: 'undo', step: 'pay', effect: 'test.refund' });
    run.succeed(null);
    expect(run.running).to.include({ kind: 'undo', step: 'book' });
    run.succeed(null);
    expect(run.data?.state).to.equal('COMPENSATED');
    expect(run.data?.error).to.deep.equal(transient);
    expect(
      run.data && viewOf(run.data).compensations.map(({ step, order, state }) => [step, order, state]),
    ).to.deep.equal([
      ['pay', 1, 'completed'],
      ['book', 2, 'completed'],
    ]);
  });

  it('S3 completes on the third attempt, after growing delays', () => {
    const run = started({ retry: { jitter: 0 } });
    run.fail();
    expect(run.data && nextTickAt(run.data)).to.equal(run.now + 1_000);
    run.later(1_000).fail();
    expect(run.data && nextTickAt(run.data)).to.equal(run.now + 2_000);
    run.later(2_000).succeed({ booking: 'b1' });
    expect(run.data?.steps['book']).to.include({
      state: 'completed',
      executions: 3,
      failures: 2,
      attempt: 3,
    });
  });

  it('S3 waits as long as a provider asks to', () => {
    const run = started({ retry: { jitter: 0 } }).fail({ ...transient, details: { retryAfterMs: 30_000 } });
    expect(run.data && nextTickAt(run.data)).to.equal(run.now + 30_000);
  });

  it('S3 does not retry what cannot succeed', () => {
    const run = started().fail(fatal);
    expect(run.data?.state).to.equal('FAILED');
    expect(run.data?.steps['book']?.executions).to.equal(1);
  });

  it('S6 leaves the failed step alone, unless it may have had its effect', () => {
    expect(paid().failForGood().running.step).to.equal('pay');
    const unsure = paid({ shipMayHaveHadEffect: true }).failForGood();
    expect(unsure.running).to.include({ kind: 'undo', step: 'ship', effect: 'test.recall' });
    expect(unsure.data && effectInput(unsure.definition, unsure.data, unsure.running)).to.deep.equal({
      parcel: null,
    });
  });

  it('S7 hands results of earlier steps to later ones, checked against their schema', () => {
    const run = paid();
    expect(run.data && effectInput(run.definition, run.data, run.running)).to.deep.equal({
      booking: 'b1',
      paid: 10,
    });
    const wrong = started().succeed({ booking: 7 });
    expect(wrong.data?.state).to.equal('FAILED');
    expect(wrong.data?.error?.code).to.equal('STEP_RESULT_INVALID');
  });

  it('S10 goes on with the rollback when a compensation fails, and asks for a person', () => {
    const run = paid().failForGood().failForGood();
    expect(run.running.step).to.equal('book');
    run.succeed(null);
    expect(run.data).to.include({ state: 'FAILED', needsPerson: true });
    expect(run.data?.rollback?.undo.map(({ state }) => state)).to.deep.equal(['failed', 'completed']);
  });

  it('S13 gives compensations the results of their steps, after a restart too', () => {
    const run = paid().failForGood();
    const restored = run.replayed();
    expect(restored).to.deep.equal(run.data);
    expect(restored && effectInput(run.definition, restored, run.running)).to.deep.equal({ paid: 10 });
  });

  it('S14 undoes what was done when a person cancels', () => {
    const run = started().succeed({ booking: 'b1' });
    run.when({ type: 'cancel', by: 'ada', reason: 'changed my mind' });
    expect(run.running).to.include({ step: 'pay', aborting: true });
    run.stopped().succeed(null);
    expect(run.data).to.include({ state: 'CANCELLED', reason: 'changed my mind', error: null });
    expect(run.story.slice(-4)).to.deep.equal([
      'RollbackStarted',
      'CompensationStarted book',
      'CompensationCompleted book',
      'WorkflowCancelled',
    ]);
  });

  it('S12 starts again only the step that was running, under the same key', () => {
    const run = started().succeed({ booking: 'b1' });
    const before = run.running;
    run.when({ type: 'recover' });
    expect(run.running).to.include({
      step: 'pay',
      attempt: before.attempt + 1,
      idempotencyKey: before.idempotencyKey,
    });
    expect(run.data?.steps['book']?.executions).to.equal(1);
    expect(run.when({ type: 'effect-succeeded', effect: before, result: { paid: 1 } }).kind).to.equal(
      'ignored',
    );
  });

  it('S12 gives up a step that takes its worker down every time', () => {
    const run = started();
    for (let deaths = 0; deaths < 20; deaths += 1) run.when({ type: 'recover' });
    expect(run.data).to.include({ state: 'FAILED' });
    expect(run.data?.error?.code).to.equal('STEP_INTERRUPTED_TOO_OFTEN');
  });

  it('S18 waits for a person and goes on when they approve', () => {
    const run = started({}, { approve: true }).succeed({ booking: 'b1' }).succeed({ paid: 10 });
    expect(run.data?.state).to.equal('WAITING');
    expect(run.data && viewOf(run.data).steps[1]?.state).to.equal('waiting');
    run.when({ type: 'decide', verdict: 'approve', by: 'ada', reason: '' });
    expect(run.running.step).to.equal('ship');
    expect(run.when({ type: 'decide', verdict: 'reject', by: 'bob', reason: '' }).kind).to.equal('refused');
  });

  it('S18 rejects when the deadline passes, and when a person says so', () => {
    const late = started({}, { approve: true }).succeed({ booking: 'b1' }).succeed({ paid: 10 });
    late.later(59_999);
    expect(late.data?.state).to.equal('WAITING');
    late.later(1).succeed(null).succeed(null);
    expect(late.data).to.include({ state: 'COMPLETED', outcome: 'rejected' });
    expect(late.data?.reason).to.match(/^DECISION_EXPIRED/);

    const refused = started({}, { approve: true }).succeed({ booking: 'b1' }).succeed({ paid: 10 });
    refused.when({ type: 'decide', verdict: 'reject', by: 'ada', reason: 'no' });
    refused.succeed(null).succeed(null);
    expect(refused.data).to.include({
      state: 'COMPLETED',
      outcome: 'rejected',
      reason: 'REJECTED_BY_PERSON: no',
    });
  });

  it('ends rejected, with everything undone, when a gate says no', () => {
    const run = started().succeed({ booking: 'b1' }).succeed({ paid: 2_000 });
    expect(run.data?.state).to.equal('COMPENSATING');
    run.succeed(null).succeed(null);
    expect(run.data).to.include({
      state: 'COMPLETED',
      outcome: 'rejected',
      reason: 'TOO_DEAR: 2000 is above 1000',
    });
  });

  it('S21 rolls back when the workflow runs past its deadline', () => {
    const run = started({ deadlineMs: 5_000 }).succeed({ booking: 'b1' }).later(5_000).stopped();
    expect(run.running).to.include({ kind: 'undo', step: 'book' });
    run.succeed(null);
    expect(run.data?.state).to.equal('COMPENSATED');
    expect(run.data?.error?.code).to.equal('WORKFLOW_DEADLINE');
  });

  it('S22 starting twice is starting once', () => {
    const run = started();
    const { facts } = run;
    const count = facts.length;
    run.start();
    expect(run.facts).to.have.length(count);
  });

  it('refuses input that does not match the schema', () => {
    const run = new DeciderRun(orderWorkflow());
    run.start({ amount: 'much' });
    expect(run.data).to.equal(undefined);
  });
});
