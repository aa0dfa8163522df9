import { expect } from 'chai';
import { createTurnstile, type TurnstileOptions } from '../../actors/agent/turnstile.ts';
import type { Clock } from '../../contracts/ports/clock.ts';
import { failureOf } from './agent-inputs.ts';
import { manualClock } from './manual-clock.ts';

const never = (): AbortSignal => new AbortController().signal;

const turnstileWith = (options: Partial<TurnstileOptions> & { readonly clock: Clock }) =>
  createTurnstile({ width: 1_000, maxWaiting: 1_000, limit: 1_000, windowMs: 60_000, ...options });

/** Goes through and leaves again at once. */
const rateOf = (options: Partial<TurnstileOptions> & { readonly clock: Clock }) => {
  const turnstile = turnstileWith(options);
  const take = (signal: AbortSignal, priority = 50): Promise<void> =>
    turnstile.enter({ signal, priority }).then((leave) => leave());
  return { take, pause: (ms: number) => turnstile.pause(ms) };
};

describe('rate limit', () => {
  it('A4 lets 50 start at once and the 51st when the first leaves the window', async () => {
    const clock = manualClock();
    const rate = rateOf({ clock, limit: 50, windowMs: 60_000 });
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
    const rate = rateOf({ clock, limit: 3, windowMs: 1_000 });
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
    const rate = rateOf({ clock, limit: 1, windowMs: 1_000 });
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
    const rate = rateOf({ clock, limit: 10, windowMs: 1_000 });
    rate.pause(5_000);
    let started = false;
    void rate.take(never()).then(() => (started = true));
    await clock.advance(4_999);
    expect(started).to.equal(false);
    await clock.advance(1);
    expect(started).to.equal(true);
  });
});

describe('turnstile', () => {
  const enter = (turnstile: ReturnType<typeof turnstileWith>, signal = never(), priority = 50) =>
    turnstile.enter({ signal, priority });

  it('A3 bounds who is inside, serves in order, and refuses once too many wait', async () => {
    const turnstile = turnstileWith({ clock: manualClock(), width: 1, maxWaiting: 2 });
    const leaveFirst = await enter(turnstile);
    const quitter = new AbortController();
    const second = enter(turnstile, quitter.signal);
    const third = enter(turnstile);
    expect(await failureOf(enter(turnstile))).to.include({ code: 'QUEUE_FULL' });
    quitter.abort();
    expect(await failureOf(second)).to.include({ code: 'CANCELLED' });
    expect(turnstile.waiting).to.equal(1);
    leaveFirst();
    leaveFirst();
    const leaveThird = await third;
    expect(turnstile.inside).to.equal(1);
    leaveThird();
    expect(turnstile.inside).to.equal(0);
  });

  it('A4 the most urgent goes first, also where only the rate limit holds everybody up', async () => {
    const clock = manualClock();
    const rate = rateOf({ clock, limit: 1, windowMs: 1_000 });
    await rate.take(never());
    const order: number[] = [];
    for (const priority of [25, 50, 100, 75])
      void rate.take(never(), priority).then(() => order.push(priority));
    await clock.advance(4_000);
    expect(order).to.deep.equal([100, 75, 50, 25]);
  });

  it('A4 who has waited long enough goes before the more urgent: nothing starves', async () => {
    const clock = manualClock();
    const rate = rateOf({ clock, limit: 1, windowMs: 1_000, agingMs: 2_000 });
    await rate.take(never());
    const order: string[] = [];
    void rate.take(never(), 25).then(() => order.push('low'));
    for (let nth = 0; nth < 20; nth += 1) {
      void rate.take(never(), 100).then(() => order.push(`critical ${nth}`));
      await clock.advance(1_000);
    }
    expect(order.indexOf('low')).to.be.within(1, 12);
  });
});
