import { expect } from 'chai';
import { z } from 'zod';
import { WorkflowEvent } from '../../contracts/workflow-event.ts';
import { effectInput, nextTickAt } from '../../workflows/engine/due.ts';
import { defineWorkflow, nodesOf } from '../../workflows/engine/index.ts';
import { viewOf } from '../../workflows/engine/view.ts';
import { DeciderRun, fatal, transient } from '../support/decider.ts';
import { tripWorkflow } from '../support/trips.ts';

type Options = Parameters<typeof tripWorkflow>[0];
const drafted = (options: Options = {}, input: unknown = {}) =>
  new DeciderRun(tripWorkflow(options)).start(input).succeed({ id: 'd1' }).succeed({ id: 'r1' });
const booked = (options: Options = {}, input: unknown = {}) =>
  drafted(options, input).succeed({ id: 'h' }, 'hotel').succeed({ id: 'f' }, 'flight');
const steps = (run: DeciderRun) => run.due.map(({ step }) => step);
const undoing = (run: DeciderRun) => run.data?.rollback?.undo.map(({ step, round }) => [step, round]);

describe('decider: groups, timers, decisions, loops', () => {
  it('S19 starts all branches of a group together and goes on when all are done', () => {
    const run = drafted();
    expect(steps(run)).to.deep.equal(['flight', 'hotel']);
    run.succeed({ id: 'h' }, 'hotel');
    expect(steps(run)).to.deep.equal(['flight']);
    run.succeed({ id: 'f' });
    expect(run.data?.state).to.equal('WAITING');
  });

  it('S19 one branch waits for its retry while the other goes on', () => {
    const run = drafted().fail(transient, 'flight');
    expect(steps(run)).to.deep.equal(['hotel']);
    run.succeed({ id: 'h' }, 'hotel').later(1_000);
    expect(run.running).to.include({ step: 'flight', attempt: 2 });
  });

  it('S19 stops the others when one fails for good, and undoes nothing before they have stopped', () => {
    const run = drafted().fail(fatal, 'flight');
    expect(run.data?.state).to.equal('COMPENSATING');
    expect(run.due).to.have.length(1);
    expect(run.running).to.include({ kind: 'run', step: 'hotel', aborting: true });
    run.stopped();
    expect(run.running).to.include({ kind: 'undo', step: 'draft' });
    expect(run.data?.rollback?.error).to.deep.equal(fatal);
  });

  it('S19 undoes a branch that was done before it could be stopped, with its result', () => {
    const run = drafted().fail(fatal, 'flight').succeed({ id: 'h' }, 'hotel');
    expect(run.running).to.include({ kind: 'undo', step: 'hotel' });
    expect(run.data && effectInput(run.definition, run.data, run.running)).to.deep.equal({ id: 'h' });
  });

  it('S19 undoes a stopped branch that may have had its effect, without a result', () => {
    const run = drafted({ hotelMayHaveHadEffect: true }).fail(fatal, 'flight').stopped();
    expect(run.running).to.include({ kind: 'undo', step: 'hotel' });
    expect(run.data && effectInput(run.definition, run.data, run.running)).to.deep.equal({ id: null });
  });

  it('S19 a crash while branches stop counts as their end', () => {
    const run = drafted().fail(fatal, 'flight');
    run.when({ type: 'recover' });
    expect(run.running).to.include({ kind: 'undo', step: 'draft' });
  });

  it('S19 undoes in the reverse order of completion, not of definition', () => {
    const late = booked();
    late.when({ type: 'cancel', by: 'ada', reason: '' });
    expect(undoing(late)).to.deep.equal([
      ['flight', undefined],
      ['hotel', undefined],
      ['draft', 1],
    ]);
  });

  it('S17 waits for its time, whatever happens meanwhile', () => {
    const run = booked({}, { sleepMs: 10_000 });
    const wakeAt = run.now + 10_000;
    expect(run.data?.state).to.equal('WAITING');
    expect(run.data && nextTickAt(run.data)).to.equal(wakeAt);
    expect(run.data && viewOf(run.data).steps.find(({ name }) => name === 'cool-off')).to.include({
      state: 'waiting',
      wakeAt,
    });
    run.later(9_999);
    expect(run.story).not.to.include('TimerFired cool-off');
    run.when({ type: 'recover' });
    run.later(1);
    expect(run.story).to.include('TimerFired cool-off');
    expect(run.replayed()).to.deep.equal(run.data);
  });

  it('S18 a decision of its own waits for a person and hands the verdict on', () => {
    const run = booked();
    expect(run.data?.decision).to.include({ step: 'approval', summary: 'go?' });
    run.when({ type: 'decide', verdict: 'approve', by: 'ada', reason: 'fine' });
    expect(run.data?.steps['approval']?.result).to.deep.equal({
      verdict: 'approve',
      by: 'ada',
      reason: 'fine',
    });
    run.succeed({ id: 't' });
    expect(run.data).to.include({ state: 'COMPLETED', reason: 't' });
    const late = booked().later(60_000);
    expect(late.data?.rejection).to.include({ code: 'DECISION_EXPIRED', step: 'approval' });
  });

  it('a loop goes on while it is told to, each round under keys and numbers of its own', () => {
    const run = new DeciderRun(tripWorkflow()).start({ drafts: 2 });
    const first = run.running;
    run.succeed({ id: 'd1' }).succeed({ id: 'r1' });
    expect(run.running).to.include({ step: 'draft', attempt: 2 });
    expect(run.running.idempotencyKey).not.to.equal(first.idempotencyKey);
    expect(run.data && effectInput(run.definition, run.data, run.running)).to.deep.equal({ round: 2 });
    expect(run.when({ type: 'effect-succeeded', effect: first, result: { id: 'x' } }).kind).to.equal(
      'ignored',
    );
    run.succeed({ id: 'd2' });
    expect(run.data && effectInput(run.definition, run.data, run.running)).to.deep.equal({ draft: 'd2' });
    run.succeed({ id: 'r2' });
    expect(steps(run)).to.deep.equal(['flight', 'hotel']);
    expect(run.facts.filter(({ type }) => type === 'LoopRoundStarted')).to.have.length(2);
    expect(run.facts.find(({ type }) => type === 'LoopEnded')).to.include({ rounds: 2, exhausted: false });
  });

  it('a loop ends at its bound, and says so', () => {
    const run = new DeciderRun(tripWorkflow()).start({ drafts: 9 });
    for (let round = 1; round <= 3; round += 1) run.succeed({ id: `d${round}` }).succeed({ id: `r${round}` });
    expect(steps(run)).to.deep.equal(['flight', 'hotel']);
    expect(run.facts.find(({ type }) => type === 'LoopEnded')).to.include({ rounds: 3, exhausted: true });
  });

  it('S17 S19 loops hold loops, groups and timers, which begin anew with each round', () => {
    const Input = z.object({});
    const { step, parallel, loop, sleepUntil } = nodesOf(Input);
    const simple = (name: string) =>
      step({ name, effect: `test.${name}`, request: () => null, result: z.number() });
    const [left, right, inner] = [simple('left'), simple('right'), simple('inner')];
    const twice = ({ name }: { name: string }) => ({
      atMost: 9,
      again: ({ roundOf }: { roundOf: (of: { name: string }) => number }) => roundOf({ name }) < 2,
    });
    const nested = defineWorkflow({
      name: 'nested',
      version: 1,
      input: Input,
      steps: [
        loop('outer', {
          ...twice({ name: 'outer' }),
          steps: [
            parallel('pair', [left, right]),
            sleepUntil('nap', (_, now) => now + 1_000),
            loop('core', { ...twice({ name: 'core' }), steps: [inner] }),
          ],
        }),
      ],
      outcome: ({ resultOf }) => ({ outcome: String(resultOf(inner)) }),
    });
    const run = new DeciderRun(nested).start();
    const keys = new Set<string>();
    for (let turn = 0; turn < 50 && run.data?.state !== 'COMPLETED'; turn += 1) {
      if (run.due.length === 0) run.later(1_000);
      else {
        keys.add(run.running.idempotencyKey);
        run.succeed(turn);
      }
    }
    expect(run.data?.state).to.equal('COMPLETED');
    const completed = (name: string) => run.story.filter((line) => line === `StepCompleted ${name}`).length;
    expect(['left', 'right', 'inner'].map(completed)).to.deep.equal([2, 2, 4]);
    expect(keys.size).to.equal(8);
    expect(run.story.filter((line) => line === 'TimerFired nap')).to.have.length(2);
    expect(run.replayed()).to.deep.equal(run.data);
  });

  it('every round is undone, the last one first, each with its own result', () => {
    const run = new DeciderRun(tripWorkflow()).start({ drafts: 2 });
    run.succeed({ id: 'd1' }).succeed({ id: 'r1' }).succeed({ id: 'd2' }).succeed({ id: 'r2' });
    run.when({ type: 'cancel', by: 'ada', reason: '' });
    run.stopped();
    expect(undoing(run)).to.deep.equal([
      ['draft', 2],
      ['draft', 1],
    ]);
    const undone: unknown[] = [];
    const keys = new Set<string>();
    while (run.due.length > 0) {
      undone.push(run.data && effectInput(run.definition, run.data, run.running));
      keys.add(run.running.idempotencyKey);
      run.succeed(null);
    }
    expect(undone).to.deep.equal([{ id: 'd2' }, { id: 'd1' }]);
    expect(keys.size).to.equal(2);
    expect(run.data?.state).to.equal('CANCELLED');
  });

  it('S21 a total time over all attempts ends a step, and cuts its last attempt short', () => {
    const run = new DeciderRun(
      tripWorkflow({ retry: { jitter: 0, maxAttempts: 100, maxMs: 1_000, totalMs: 40_000 } }),
    ).start();
    expect(run.running.timeoutMs).to.equal(30_000);
    run.now += 20_000;
    run.fail().later(1_000);
    expect(run.running.timeoutMs).to.equal(19_000);
    run.now += 18_500;
    run.fail();
    expect(run.data).to.include({ state: 'FAILED' });
  });

  it('S21 time in which a person paused it does not count toward the total', () => {
    const run = new DeciderRun(
      tripWorkflow({ retry: { jitter: 0, maxAttempts: 100, maxMs: 1_000, totalMs: 40_000 } }),
    ).start();
    run.fail();
    run.when({ type: 'pause', by: 'ada', reason: '' });
    run.later(3_600_000);
    run.when({ type: 'resume', by: 'ada' });
    expect(run.running).to.include({ step: 'draft', attempt: 2, timeoutMs: 30_000 });
  });

  it('S1 every fact of such a life passes the schema of stored events', () => {
    const run = booked({}, { drafts: 1, sleepMs: 5 }).later(5);
    run.when({ type: 'pause', by: 'ada', reason: '' });
    run.when({ type: 'cancel', by: 'ada', reason: '' });
    for (const fact of run.facts) expect(WorkflowEvent.shape.fact.parse(fact)).to.deep.equal(fact);
  });

  it('refuses definitions that cannot be run', () => {
    const Input = z.object({});
    const { step, parallel, loop, sleepUntil } = nodesOf(Input);
    const nap = sleepUntil('nap', () => 0);
    const asks = step({
      name: 'asks',
      effect: 'test.ask',
      request: () => null,
      result: z.null(),
      decision: () => ({ deadlineMs: 1, onDeadline: 'approve', summary: null }),
    });
    const define = (node: typeof nap | ReturnType<typeof loop>) =>
      defineWorkflow({
        name: 'x',
        version: 1,
        input: Input,
        steps: [nap, node],
        outcome: () => ({ outcome: 'o' }),
      });
    const wrong = [
      () => parallel('pair', [asks]),
      () => parallel('pair', []),
      () => parallel('Not a name', [nap]),
      () => loop('again', { atMost: 0, again: () => true, steps: [nap] }),
      () => define(loop('again', { atMost: 1, again: () => true, steps: [nap] })),
    ];
    for (const definition of wrong) expect(definition).to.throw(/workflow definition/);
  });
});
