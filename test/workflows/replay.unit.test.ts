import { expect } from 'chai';
import { z } from 'zod';
import type { WorkflowEvent } from '../../contracts/workflow-event.ts';
import { eventIdFrom } from '../../contracts/ids.ts';
import { ReplayReport } from '../../contracts/replay.ts';
import { defineWorkflow, nodesOf } from '../../workflows/engine/index.ts';
import type { AnyWorkflow } from '../../workflows/engine/definition.ts';
import { differences } from '../../workflows/engine/differences.ts';
import { replay } from '../../workflows/engine/replay.ts';
import { DeciderRun, fatal, testWorkflowId } from '../support/decider.ts';
import { tripWorkflow } from '../support/trips.ts';

const eventsOf = ({ facts, times }: DeciderRun): WorkflowEvent[] =>
  facts.map((fact, at) => ({
    schema: 'tradewright.workflow-event/1',
    id: eventIdFrom(testWorkflowId, at + 1),
    workflowId: testWorkflowId,
    seq: at + 1,
    time: times[at] ?? 0,
    actor: 'saga',
    cause: 'test',
    stateBefore: 'RUNNING',
    stateAfter: 'RUNNING',
    fact,
  }));

const again = (run: DeciderRun, now: AnyWorkflow = run.definition, revisions: Record<string, string> = {}) =>
  ReplayReport.parse(replay({ was: run.definition, events: eventsOf(run), now, revisions }));

const verdicts = (report: ReplayReport) =>
  report.steps.map(({ step, round, verdict }) => [step, round, verdict]);

/** Two rounds of drafts, a failed attempt, both bookings, the timer, a person, the ticket. */
const travelled = () => {
  const run = new DeciderRun(tripWorkflow()).start({ drafts: 2, sleepMs: 500 });
  run.succeed({ id: 'd1' }).succeed({ id: 'r1' }).succeed({ id: 'd2' }).succeed({ id: 'r2' });
  run.fail(undefined, 'hotel').later(60_000).succeed({ id: 'h' }, 'hotel').succeed({ id: 'f' }, 'flight');
  run.later(500);
  run.when({ type: 'decide', verdict: 'approve', by: 'ada', reason: '' });
  return run.succeed({ id: 't' });
};

const Idea = z.object({ idea: z.string() });
const Text = z.object({ text: z.string() });
const { step } = nodesOf(Idea);
const author = (version: number, options: { readonly hint?: string; readonly critique?: boolean } = {}) => {
  const think = step({
    name: 'think',
    effect: 'agent.think',
    request: ({ input }) => ({ idea: input.idea, ...(options.hint ? { hint: options.hint } : {}) }),
    result: Text,
  });
  const critique = step({
    name: 'critique',
    effect: 'agent.critique',
    request: ({ resultOf }) => ({ of: resultOf(think).text }),
    result: Text,
  });
  const write = step({
    name: 'write',
    effect: 'agent.write',
    request: ({ resultOf }) => ({ plan: resultOf(think).text }),
    result: Text,
  });
  return defineWorkflow({
    name: 'author',
    version,
    input: Idea,
    steps: options.critique ? [think, critique, write] : [think, write],
    outcome: ({ resultOf }) => ({ outcome: 'written', reason: resultOf(write).text }),
  });
};
const written = () =>
  new DeciderRun(author(1)).start({ idea: 'buy low' }).succeed({ text: 'a plan' }).succeed({ text: 'code' });

describe('replay', () => {
  it('goes through everything a definition can have with what was recorded, and finds it the same', () => {
    const report = again(travelled());
    expect(report).to.deep.include({ same: true });
    expect(report.now).to.deep.equal(report.then);
    expect(report.now).to.include({ state: 'COMPLETED', outcome: 'booked', reason: 't' });
    expect(verdicts(report)).to.deep.equal([
      ['draft', 1, 'same'],
      ['review', 1, 'same'],
      ['draft', 2, 'same'],
      ['review', 2, 'same'],
      ['flight', 1, 'same'],
      ['hotel', 1, 'same'],
      ['ticket', 1, 'same'],
    ]);
  });

  it('says which step is asked something else by a new version, and what', () => {
    const report = again(written(), author(2, { hint: 'mind the costs' }));
    expect(report.same).to.equal(false);
    expect(report.steps[0]).to.deep.include({ step: 'think', verdict: 'differs' });
    expect(report.steps[0]?.differences).to.deep.equal([
      { path: '/request/hint', was: undefined, now: 'mind the costs' },
    ]);
    expect(report.steps[1]).to.deep.include({ step: 'write', verdict: 'same' });
    expect(report.now.definition.version).to.equal(2);
  });

  it('says which step another prompt, model or image would perform', () => {
    const definition = author(1);
    const run = new DeciderRun(definition);
    run.revisions = { 'agent.think': 'think/1 flash', 'agent.write': 'write/1 flash' };
    run.start({ idea: 'buy low' }).succeed({ text: 'a plan' }).succeed({ text: 'code' });
    const today = { 'agent.think': 'think/2 flash', 'agent.write': 'write/1 flash' };
    expect(again(run, definition, run.revisions).same).to.equal(true);
    const report = again(run, definition, today);
    expect(report.steps.map(({ verdict }) => verdict)).to.deep.equal(['differs', 'same']);
    expect(report.steps[0]?.differences).to.deep.equal([
      { path: '/revision', was: 'think/1 flash', now: 'think/2 flash' },
    ]);
  });

  it('does not take a revision for changed where none was written down', () => {
    expect(again(written(), author(1), { 'agent.think': 'think/2' }).same).to.equal(true);
  });

  it('ends at a step for which nothing is recorded, and names what it did not reach', () => {
    const report = again(written(), author(3, { critique: true }));
    expect(verdicts(report)).to.deep.equal([
      ['think', 1, 'same'],
      ['critique', 1, 'new'],
      ['write', 1, 'not reached'],
    ]);
    expect(report.stopped).to.equal('nothing is recorded for critique');
    expect(report.same).to.equal(false);
  });

  it('comes to the same end where a step failed for good, and stops where undoing begins', () => {
    const failed = new DeciderRun(tripWorkflow()).start().succeed({ id: 'd' }).succeed({ id: 'r' });
    failed.fail(fatal, 'flight').stopped();
    const report = again(failed);
    expect(report).to.include({ same: true, stopped: 'undoing begins here' });
    const early = new DeciderRun(author(1)).start({ idea: 'x' }).fail(fatal);
    expect(again(early)).to.deep.include({ same: true });
    expect(again(early).now.state).to.equal('FAILED');
  });

  it('goes no further than the workflow has come', () => {
    const half = new DeciderRun(author(1)).start({ idea: 'x' }).succeed({ text: 'a plan' });
    expect(again(half)).to.include({ stopped: 'nothing is recorded for write' });
  });
});

describe('differences', () => {
  it('names each place where two values differ, and cuts what is long', () => {
    const was = { a: 1, b: [1, 2], c: { 'd/e': null }, same: [1] };
    const now = { a: '1', b: [1, 3, 4], c: { 'd/e': {} }, same: [1], f: 'x'.repeat(500) };
    expect(differences(was, now)).to.deep.equal([
      { path: '/a', was: 1, now: '1' },
      { path: '/b/1', was: 2, now: 3 },
      { path: '/b/2', was: undefined, now: 4 },
      { path: '/c/d~1e', was: null, now: {} },
      { path: '/f', was: undefined, now: `${'x'.repeat(200)}… (500 characters)` },
    ]);
    expect(differences([1], { 0: 1 })).to.have.length(1);
    expect(
      differences({}, Object.fromEntries(Array.from({ length: 80 }, (_, at) => [at, 1]))),
    ).to.have.length(50);
  });
});
