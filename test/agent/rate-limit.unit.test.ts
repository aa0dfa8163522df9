import { expect } from 'chai';
import { createGate } from '../../actors/agent/gate.ts';
import { createRateLimit } from '../../actors/agent/rate-limit.ts';
import { failureOf } from './agent-inputs.ts';
import { manualClock } from './manual-clock.ts';

const never = (): AbortSignal => new AbortController().signal;

describe('rate limit', () => {
  it('A4 lets 50 start at once and the 51st when the first leaves the window', async () => {
    const clock = manualClock();
    const rate = createRateLimit({ clock, limit: 50, windowMs: 60_000 });
    const started: number[] = [];
    const all = Array.from({ length: 120 }, (_, nth) => rate.take(never()).then(() => started.push(nth)));
    await clock.advance(0);
    expect(started).to.have.length(50);
    await clock.advance(59_999);
    expect(started).to.have.length(50);
    await clock.advance(1);
    expect(started).to.have.length(100);
    await clock.advance(60_000);
    await Promise.all(all);
    expect(started, 'in the order of asking').to.deep.equal(Array.from({ length: 120 }, (_, nth) => nth));
  });

  it('A4 slides: never more than the limit within any window', async () => {
    const clock = manualClock();
    const rate = createRateLimit({ clock, limit: 3, windowMs: 1_000 });
    const times: number[] = [];
    for (let nth = 0; nth < 12; nth += 1) {
      void rate.take(never()).then(() => times.push(clock.now()));
      await clock.advance(170);
    }
    await clock.advance(10_000);
    expect(times).to.have.length(12);
    for (let nth = 3; nth < times.length; nth += 1) {
      expect((times[nth] ?? 0) - (times[nth - 3] ?? 0)).to.be.at.least(1_000);
    }
  });

  it('A4 who gives up waiting leaves without disturbing the others', async () => {
    const clock = manualClock();
    const rate = createRateLimit({ clock, limit: 1, windowMs: 1_000 });
    await rate.take(never());
    const quitter = new AbortController();
    const started: string[] = [];
    void rate.take(never()).then(() => started.push('a'));
    const quitting = failureOf(rate.take(quitter.signal));
    void rate.take(never()).then(() => started.push('c'));
    await clock.advance(10);
    quitter.abort();
    expect(await quitting).to.include({ code: 'CANCELLED' });
    await clock.advance(1_000);
    expect(started).to.deep.equal(['a']);
    await clock.advance(1_000);
    expect(started).to.deep.equal(['a', 'c']);
  });

  it('A14 pauses for as long as the endpoint asked', async () => {
    const clock = manualClock();
    const rate = createRateLimit({ clock, limit: 10, windowMs: 1_000 });
    rate.pause(5_000);
    let started = false;
    void rate.take(never()).then(() => (started = true));
    await clock.advance(4_999);
    expect(started).to.equal(false);
    await clock.advance(1);
    expect(started).to.equal(true);
  });
});

describe('gate', () => {
  it('A3 bounds who is inside, serves in order, and refuses once too many wait', async () => {
    const gate = createGate({ width: 1, maxWaiting: 2 });
    const leaveFirst = await gate.enter(never());
    const quitter = new AbortController();
    const second = gate.enter(quitter.signal);
    const third = gate.enter(never());
    expect(await failureOf(gate.enter(never()))).to.include({ code: 'QUEUE_FULL' });
    quitter.abort();
    expect(await failureOf(second)).to.include({ code: 'CANCELLED' });
    expect(gate.waiting).to.equal(1);
    leaveFirst();
    leaveFirst();
    const leaveThird = await third;
    expect(gate.inside).to.equal(1);
    leaveThird();
    expect(gate.inside).to.equal(0);
  });
});
