import { expect } from 'chai';
import { RunningEffects } from '../../actors/saga/running-effects.ts';
import type { PerformEffect } from '../../actors/effects/effect-actor.ts';
import { Watches } from '../../actors/saga/watches.ts';
import type { Failure } from '../../contracts/errors.ts';
import { DeciderRun, fatal, testWorkflowId } from '../support/decider.ts';
import { HandClock } from '../support/hand-clock.ts';
import { tripWorkflow } from '../support/trips.ts';

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('RunningEffects', () => {
  it('S19 gives up an effect that does not heed the abort after a grace, and not before', async () => {
    const clock = new HandClock();
    const jobs: PerformEffect[] = [];
    const overdue: [string, Failure][] = [];
    const effects = new RunningEffects({
      workflowId: testWorkflowId,
      clock,
      perform: (job) => jobs.push(job),
      live: () => undefined,
      ended: () => undefined,
      overdue: ({ step }, error) => overdue.push([step, error]),
      quiet: () => undefined,
    });
    const run = new DeciderRun(tripWorkflow()).start().succeed({ id: 'd' }).succeed({ id: 'r' });
    const follow = () => run.data && effects.reconcile(run.definition, run.data);
    follow();
    await settled();
    expect(jobs.map(({ effect }) => effect)).to.deep.equal(['trip.flight', 'trip.hotel']);
    for (const job of jobs) job.began();

    effects.forget(run.runningStep('flight'));
    run.fail(fatal, 'flight');
    follow();
    follow();
    expect(jobs[1]?.call.signal.aborted).to.equal(true);
    clock.pass(9_999);
    expect(overdue).to.deep.equal([]);
    clock.pass(1);
    expect(overdue.map(([step, { code }]) => [step, code])).to.deep.equal([['hotel', 'CANCELLED']]);
    clock.pass(60_000);
    expect(overdue).to.have.length(1);
  });

  it('S4 reports a stall once, and no time passes while the effect waits for something else', async () => {
    const clock = new HandClock();
    const overdue: string[] = [];
    const watches = new Watches(clock, { step: 'dig', timeoutMs: 10_000, heartbeatMs: 100 }, ({ code }) =>
      overdue.push(code),
    );
    watches.start();
    clock.pass(99);
    watches.beat();
    clock.pass(99);
    let end: () => void = () => undefined;
    const waiting = watches.pausedDuring(new Promise<void>((resolve) => (end = resolve)));
    clock.pass(5_000);
    expect(overdue).to.deep.equal([]);
    end();
    await waiting;
    clock.pass(1);
    expect(overdue).to.deep.equal(['STEP_STALLED']);
    clock.pass(60_000);
    expect(overdue).to.have.length(1);
  });
});
