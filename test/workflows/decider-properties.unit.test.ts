import { expect } from 'chai';
import fc from 'fast-check';
import { isTerminal } from '../../contracts/workflow-view.ts';
import type { WorkflowCommand } from '../../workflows/engine/command.ts';
import { dueEffects } from '../../workflows/engine/due.ts';
import { DeciderRun, fatal, transient } from '../support/decider.ts';
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
    weight: 1,
    arbitrary: fc.constantFrom('cancel' as const, 'approve' as const, 'reject' as const, 'restart' as const),
  },
  { weight: 3, arbitrary: fc.constant('time' as const) },
);
type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never;

const results: Record<string, unknown> = { book: { booking: 'b' }, pay: { paid: 5 }, ship: { parcel: 'p' } };

function commandFor(run: DeciderRun, what: Happening): WorkflowCommand | undefined {
  const [effect] = run.data ? dueEffects(run.definition, run.data) : [];
  const stale = effect && { ...effect, attempt: effect.attempt - 1 };
  switch (what) {
    case 'succeed':
      return effect && { type: 'effect-succeeded', effect, result: results[effect.step] };
    case 'wrong-result':
      return effect && { type: 'effect-succeeded', effect, result: 'nonsense' };
    case 'fail-transient':
      return effect && { type: 'effect-failed', effect, error: transient };
    case 'fail-fatal':
      return effect && { type: 'effect-failed', effect, error: fatal };
    case 'stale-success':
      return stale && { type: 'effect-succeeded', effect: stale, result: results[stale.step] };
    case 'stale-failure':
      return stale && { type: 'effect-failed', effect: stale, error: fatal };
    case 'recover':
      return { type: 'recover' };
    case 'cancel':
      return { type: 'cancel', by: 'ada', reason: '' };
    case 'approve':
    case 'reject':
      return { type: 'decide', verdict: what, by: 'ada', reason: '' };
    case 'restart':
    case 'time':
      return { type: 'tick' };
  }
}

const lives = fc.record({
  approve: fc.boolean(),
  unsure: fc.boolean(),
  happenings: fc.array(happening, { maxLength: 60 }),
});

function live({
  approve,
  unsure,
  happenings,
}: {
  approve: boolean;
  unsure: boolean;
  happenings: readonly Happening[];
}): DeciderRun {
  const run = new DeciderRun(orderWorkflow({ shipMayHaveHadEffect: unsure })).start({ approve });
  for (const what of happenings) {
    if (what === 'time') run.now += 10_000;
    if (what === 'restart') {
      run.start({ approve });
      continue;
    }
    const command = commandFor(run, what);
    if (command) run.when(command);
  }
  return run;
}

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

  it('terminal states are final, and every state answers every command', () => {
    fc.assert(
      fc.property(lives, happening, (life, more) => {
        const run = live(life);
        const ended = run.data !== undefined && isTerminal(run.data.state);
        const before = run.data;
        const command = commandFor(run, more);
        if (!command) return;
        const decision = run.when(command);
        if (ended) {
          expect(decision.kind).not.to.equal('accepted');
          expect(run.data).to.equal(before);
        }
      }),
    );
  });

  it('compensations run in the reverse order of completion, each step once', () => {
    fc.assert(
      fc.property(lives, (life) => {
        const run = live(life);
        const done = run.facts.flatMap((fact) => (fact.type === 'StepCompleted' ? [fact.step] : []));
        const undone = run.facts.flatMap((fact) =>
          fact.type === 'CompensationCompleted' || fact.type === 'CompensationFailed' ? [fact.step] : [],
        );
        expect(new Set(undone).size).to.equal(undone.length);
        const order = ['book', 'pay', 'ship'];
        expect(undone).to.deep.equal([...undone].sort((a, b) => order.indexOf(b) - order.indexOf(a)));
        if (run.data?.state === 'COMPENSATED') for (const step of done) expect(undone).to.include(step);
      }),
    );
  });

  it('at most one effect runs at a time, and there is always something that can move an open workflow on', () => {
    fc.assert(
      fc.property(lives, (life) => {
        const run = live(life);
        if (!run.data || isTerminal(run.data.state)) return;
        const effects = dueEffects(run.definition, run.data);
        expect(effects.length).to.be.at.most(1);
        if (effects.length === 0) {
          run.later(24 * 3_600_000);
          expect(isTerminal(run.data.state) || dueEffects(run.definition, run.data).length === 1).to.equal(
            true,
          );
        }
      }),
    );
  });
});
