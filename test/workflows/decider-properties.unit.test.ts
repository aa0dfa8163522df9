import { expect } from 'chai';
import fc from 'fast-check';
import { WorkflowEvent, type WorkflowFact } from '../../contracts/workflow-event.ts';
import { isTerminal } from '../../contracts/workflow-view.ts';
import type { WorkflowCommand } from '../../workflows/engine/command.ts';
import { nextTickAt } from '../../workflows/engine/due.ts';
import { DeciderRun, fatal, transient } from '../support/decider.ts';
import { tripWorkflow } from '../support/trips.ts';
import { orderWorkflow } from '../support/workflows.ts';

/** What can happen next, whatever the state: right results, wrong ones, failures, crashes, people, time. */
const happening = fc.oneof(
  { weight: 6, arbitrary: fc.constant('succeed' as const) },
  {
    weight: 2,
    arbitrary: fc.constantFrom('fail-transient' as const, 'fail-fatal' as const, 'wrong-result' as const),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom('recover' as const, 'stale-success' as const, 'stale-failure' as const),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      'cancel' as const,
      'approve' as const,
      'reject' as const,
      'restart' as const,
      'pause' as const,
      'resume' as const,
      'retry' as const,
    ),
  },
  { weight: 3, arbitrary: fc.constant('time' as const) },
);
type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never;

const results: Record<string, unknown> = { book: { booking: 'b' }, pay: { paid: 5 }, ship: { parcel: 'p' } };
const resultOf = (step: string): unknown => results[step] ?? { id: step };

/** `which` picks one of several running effects. */
function commandFor(run: DeciderRun, what: Happening, which = 0): WorkflowCommand | undefined {
  const effect = run.due[which % Math.max(1, run.due.length)];
  const stale = effect && { ...effect, attempt: effect.attempt - 1 };
  switch (what) {
    case 'succeed':
      return effect && { type: 'effect-succeeded', effect, result: resultOf(effect.step) };
    case 'wrong-result':
      return effect && { type: 'effect-succeeded', effect, result: 'nonsense' };
    case 'fail-transient':
      return effect && { type: 'effect-failed', effect, error: transient };
    case 'fail-fatal':
      return effect && { type: 'effect-failed', effect, error: fatal };
    case 'stale-success':
      return stale && { type: 'effect-succeeded', effect: stale, result: resultOf(stale.step) };
    case 'stale-failure':
      return stale && { type: 'effect-failed', effect: stale, error: fatal };
    case 'recover':
      return { type: 'recover' };
    case 'cancel':
    case 'pause':
      return { type: what, by: 'ada', reason: '' };
    case 'resume':
    case 'retry':
      return { type: what, by: 'ada' };
    case 'approve':
    case 'reject':
      return { type: 'decide', verdict: what, by: 'ada', reason: '' };
    case 'restart':
    case 'time':
      return { type: 'tick' };
  }
}

const orders = fc.record({ approve: fc.boolean(), unsure: fc.boolean() }).map(({ approve, unsure }) => ({
  definition: () => orderWorkflow({ shipMayHaveHadEffect: unsure }),
  input: { approve },
}));
const trips = fc
  .record({ unsure: fc.boolean(), pauses: fc.boolean(), drafts: fc.integer({ min: 1, max: 4 }) })
  .map(({ unsure, pauses, drafts }) => ({
    definition: () => tripWorkflow({ hotelMayHaveHadEffect: unsure, onExhausted: pauses ? 'pause' : 'fail' }),
    input: { drafts, sleepMs: 15_000 },
  }));
const lives = fc.record({
  of: fc.oneof(orders, trips),
  happenings: fc.array(fc.tuple(happening, fc.nat(1)), { maxLength: 80 }),
});
type Life = typeof lives extends fc.Arbitrary<infer T> ? T : never;

function live({ of: { definition, input }, happenings }: Life): DeciderRun {
  const run = new DeciderRun(definition()).start(input);
  for (const [what, which] of happenings) {
    if (what === 'time') run.now += 10_000;
    if (what === 'restart') {
      run.start(input);
      continue;
    }
    const command = commandFor(run, what, which);
    if (command) run.when(command);
  }
  return run;
}

/** Every effect that runs succeeds, people say yes, time passes: until the workflow has ended. */
function livedToTheEnd(run: DeciderRun): DeciderRun {
  for (let turn = 0; turn < 500 && run.data && !isTerminal(run.data.state); turn += 1) {
    if (run.data.state === 'PAUSED') {
      if (run.when({ type: 'retry', by: 'ada' }).kind === 'refused') run.when({ type: 'resume', by: 'ada' });
    } else if (run.due.length > 0) run.succeed(resultOf(run.running.step));
    else run.later(24 * 3_600_000);
  }
  return run;
}

const started = (facts: readonly WorkflowFact[]): readonly string[] =>
  facts.flatMap((fact) =>
    fact.type === 'CompensationStarted' && fact.attempt === 1 ? [execution(fact)] : [],
  );
const execution = ({ step, round = 1 }: { step: string; round?: number | undefined }): string =>
  `${step}/${round}`;

describe('decider properties', () => {
  it('replaying a prefix and then the rest equals replaying all', () => {
    fc.assert(
      fc.property(lives, (life) => {
        const run = live(life);
        expect(run.replayed()).to.deep.equal(run.data);
      }),
    );
  });

  it('a result of an old attempt changes nothing', () => {
    fc.assert(
      fc.property(lives, (life) => {
        const run = live(life);
        for (const what of ['stale-success', 'stale-failure'] as const) {
          const command = commandFor(run, what);
          if (command) expect(run.when(command).kind).to.equal('ignored');
        }
      }),
    );
  });

  it('S15 S16 terminal states are final but for a retry, and every state answers every command', () => {
    fc.assert(
      fc.property(lives, happening, (life, more) => {
        const run = live(life);
        const { data: before } = run;
        const command = commandFor(run, more);
        if (!command || !before) return;
        const decision = run.when(command);
        if (!isTerminal(before.state)) return;
        if (decision.kind === 'accepted') {
          expect(more).to.equal('retry');
          expect(before).to.include({ state: 'FAILED', needsPerson: false });
          expect(before.rollback?.undo).to.deep.equal([]);
        } else expect(run.data).to.equal(before);
      }),
    );
  });

  it('S2 S19 compensations run in the reverse order of completion, each execution once, and none is forgotten', () => {
    fc.assert(
      fc.property(lives, (life) => {
        const run = livedToTheEnd(live(life));
        const undone = started(run.facts);
        expect(new Set(undone).size).to.equal(undone.length);
        const undoable = new Set(
          run.definition.steps.flatMap((step) =>
            step.kind === 'step' && step.compensation ? [step.name] : [],
          ),
        );
        const done = run.facts.flatMap((fact) =>
          fact.type === 'StepCompleted' && undoable.has(fact.step) ? [execution(fact)] : [],
        );
        const ofDone = undone.filter((name) => done.includes(name));
        expect(ofDone).to.deep.equal(run.data?.rollback ? [...done].reverse() : []);
        // What did not complete but may have had an effect is undone first.
        expect(undone.slice(undone.length - ofDone.length)).to.deep.equal(ofDone);
      }),
    );
  });

  it('S19 undoing begins only once nothing runs any more', () => {
    fc.assert(
      fc.property(lives, (life) => {
        const run = live(life);
        const at = run.facts.findLastIndex(({ type }) => type === 'RollbackStarted');
        if (at < 0) return;
        const { steps = {} } = run.replayed(run.facts.slice(0, at + 1)) ?? {};
        expect(Object.values(steps).some(({ state }) => state === 'executing')).to.equal(false);
      }),
    );
  });

  it('S15 while it is paused, no step starts', () => {
    fc.assert(
      fc.property(lives, (life) => {
        const run = live(life);
        run.facts.forEach((fact, at) => {
          if (fact.type !== 'StepStarted') return;
          expect(run.replayed(run.facts.slice(0, at))?.paused).to.equal(null);
        });
      }),
      { numRuns: 50 },
    );
  });

  it('there is always something that can move an open workflow on, and it comes to an end', () => {
    fc.assert(
      fc.property(lives, (life) => {
        const run = live(life);
        if (run.data && !isTerminal(run.data.state) && run.data.state !== 'PAUSED' && run.due.length === 0)
          expect(nextTickAt(run.data)).not.to.equal(undefined);
        const { data } = livedToTheEnd(run);
        expect(data && isTerminal(data.state)).to.equal(true);
      }),
    );
  });

  it('every fact passes the schema of stored events', () => {
    fc.assert(
      fc.property(lives, (life) => {
        for (const fact of live(life).facts) expect(WorkflowEvent.shape.fact.parse(fact)).to.deep.equal(fact);
      }),
      { numRuns: 30 },
    );
  });
});
