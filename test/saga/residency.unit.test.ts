import { expect } from 'chai';
import fc from 'fast-check';
import { Alarms } from '../../actors/saga/alarms.ts';
import { Residency } from '../../actors/saga/residency.ts';
import { type WorkflowId, workflowIdFrom } from '../../contracts/ids.ts';
import { HandClock } from '../support/hand-clock.ts';

describe('Alarms', () => {
  it('ring once each, in order, at the time that was set last', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 20 }), fc.option(fc.integer({ min: 1, max: 50 })))),
        (changes) => {
          const clock = new HandClock();
          const rung: [number, number][] = [];
          const alarms = new Alarms<number>(clock, (key) => rung.push([clock.now(), key]));
          const wanted = new Map<number, number>();
          for (const [key, at] of changes) {
            alarms.set(key, at ?? undefined);
            if (at === null) wanted.delete(key);
            else wanted.set(key, at);
          }
          expect(alarms.size).to.equal(wanted.size);
          for (let now = 1; now <= 50; now += 1) clock.pass(1);
          const byTime = (a: readonly [number, number], b: readonly [number, number]) =>
            a[0] - b[0] || a[1] - b[1];
          expect([...rung].sort(byTime)).to.deep.equal(
            [...wanted].map(([key, at]): [number, number] => [at, key]).sort(byTime),
          );
          expect(alarms.size).to.equal(0);
        },
      ),
    );
  });

  it('come at their time also when the clock is set in the meantime', () => {
    const clock = new HandClock();
    let rung = 0;
    const alarms = new Alarms<string>(clock, () => (rung += 1));
    alarms.set('a', 3_600_000);
    clock.jump(3_600_000);
    clock.pass(29_999);
    expect(rung).to.equal(0);
    clock.pass(1);
    expect(rung).to.equal(1);
  });

  it('can be set again while it rings, and keep nothing of what was replaced', () => {
    const clock = new HandClock();
    let rung = 0;
    const alarms: Alarms<string> = new Alarms(clock, (key) => {
      rung += 1;
      if (rung < 5) alarms.set(key, clock.now() + 10);
    });
    for (let at = 1_000; at > 10; at -= 1) alarms.set('a', at);
    alarms.set('a', 10);
    for (let round = 0; round < 10; round += 1) clock.pass(10);
    expect(rung).to.equal(5);
    alarms.stop();
  });
});

describe('Residency', () => {
  let clock: HandClock;
  let woken: WorkflowId[];
  let sentAway: WorkflowId[];
  const id = (name: string) => workflowIdFrom(name);
  const residency = (limits: { mostIdle?: number; mostBusy?: number } = {}): Residency =>
    new Residency({
      clock,
      lingerMs: 100,
      mostIdle: 3,
      mostBusy: 2,
      ...limits,
      wake: (workflowId) => woken.push(workflowId),
      passivate: (workflowId) => sentAway.push(workflowId),
    });
  beforeEach(() => {
    clock = new HandClock();
    [woken, sentAway] = [[], []];
  });

  it('sends away what did nothing for longest when too many are in memory, and what lingered', () => {
    const at = residency();
    for (const name of ['a', 'b', 'c']) at.idle(id(name), undefined);
    at.idle(id('a'), undefined);
    at.idle(id('d'), undefined);
    expect(sentAway).to.deep.equal([id('b')]);
    clock.pass(60);
    at.idle(id('c'), undefined);
    clock.pass(40);
    expect(sentAway).to.deep.equal([id('b'), id('a'), id('d')]);
    clock.pass(60);
    expect(sentAway).to.deep.equal([id('b'), id('a'), id('d'), id('c')]);
  });

  it('does not send away what has something to do again', () => {
    const at = residency();
    at.idle(id('a'), undefined);
    at.busy(id('a'), undefined);
    clock.pass(1_000);
    expect(sentAway).to.deep.equal([]);
  });

  it('keeps the alarm of a workflow that has left memory', () => {
    const at = residency();
    at.idle(id('a'), 500);
    at.left(id('a'));
    clock.pass(499);
    expect(woken).to.deep.equal([]);
    clock.pass(1);
    expect(woken).to.deep.equal([id('a')]);
  });

  it('lets those whose time comes while they are out of memory in as there is room', () => {
    const at = residency();
    for (const name of ['a', 'b', 'c']) at.asleep(id(name), 500);
    at.idle(id('d'), 500);
    clock.pass(500);
    expect(woken).to.have.length(3);
    expect(woken).to.include(id('d'));
    for (const workflowId of woken) at.left(workflowId);
    expect(new Set(woken)).to.deep.equal(new Set(['a', 'b', 'c', 'd'].map(id)));
  });

  it('lets those found open in as others finish, in order', () => {
    const at = residency();
    for (const name of ['a', 'b', 'c', 'd']) at.admit(id(name));
    expect([woken, at.waiting, at.room]).to.deep.equal([[id('a'), id('b')], 2, 0]);
    at.busy(id('a'), undefined);
    at.idle(id('a'), undefined);
    expect(woken).to.deep.equal([id('a'), id('b'), id('c')]);
    at.left(id('b'));
    at.left(id('c'));
    at.left(id('d'));
    expect([woken.length, at.waiting, at.room]).to.deep.equal([4, 0, 2]);
  });
});
