import { expect } from 'chai';
import { z } from 'zod';
import { Attempt } from '../../actors/queue/attempt.ts';
import { backOffMs } from '../../actors/queue/retry-policy.ts';
import { abandoned, deadTask, verdictOn } from '../../actors/queue/settlement.ts';
import { toFailure, TradewrightError } from '../../contracts/errors.ts';
import type { Clock } from '../../contracts/ports/clock.ts';

/** Time that passes only when told. */
function handClock() {
  let now = 0;
  let timers: { at: number; callback: () => void }[] = [];
  const clock: Clock = {
    now: () => now,
    schedule(ms, callback) {
      const timer = { at: now + ms, callback };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
  };
  const advance = (ms: number): void => {
    now += ms;
    for (const timer of timers.filter(({ at }) => at <= now)) {
      timers = timers.filter((other) => other !== timer);
      timer.callback();
    }
  };
  return { clock, advance, pending: () => timers.length };
}

const untilAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error));
  });
const limits = (clock: Clock) => ({ clock, timeoutMs: 1_000, graceMs: 100 });
const runAttempt = (work: (signal: AbortSignal) => Promise<unknown>, clock: Clock) =>
  new Attempt(({ signal }) => work(signal), limits(clock)).outcome;

describe('one attempt at a task', () => {
  it('gives what the handler gives and leaves no timer', async () => {
    const { clock, pending } = handClock();
    expect(await runAttempt(async () => 5, clock)).to.deep.equal({ kind: 'completed', result: 5 });
    expect(pending()).to.equal(0);
  });

  it('Q8 aborts the handler when its time is up, with the reason', async () => {
    const { clock, advance } = handClock();
    const attempt = runAttempt(untilAborted, clock);
    advance(1_000);
    const outcome = await attempt;
    expect(outcome.kind === 'failed' && outcome.failure.code).to.equal('TASK_TIMEOUT');
  });

  it('Q8 leaves a handler behind that does not listen, and does not believe what it gives late', async () => {
    const { clock, advance } = handClock();
    const deaf = runAttempt(() => new Promise(() => undefined), clock);
    advance(1_000);
    advance(100);
    expect((await deaf).kind).to.equal('failed');

    let finish: (value: string) => void = () => undefined;
    const late = runAttempt(() => new Promise((resolve) => (finish = resolve)), clock);
    advance(1_000);
    finish('done after all');
    expect((await late).kind).to.equal('failed');
  });

  it('is nobody’s failure when the worker stops', async () => {
    const { clock } = handClock();
    const attempt = new Attempt(({ signal }) => untilAborted(signal), limits(clock));
    attempt.interrupt();
    expect(await attempt.outcome).to.deep.equal({ kind: 'interrupted' });
  });

  it('Q15 is aborted when somebody cancels the task', async () => {
    const { clock } = handClock();
    const attempt = new Attempt(({ signal }) => untilAborted(signal), limits(clock));
    attempt.cancel(new TradewrightError('CANCELLED', 'not any more'));
    const outcome = await attempt.outcome;
    expect(outcome.kind === 'cancelled' && outcome.failure.code).to.equal('CANCELLED');
  });

  it('calls a payload of the wrong shape the sender’s fault', async () => {
    const { clock } = handClock();
    const outcome = await runAttempt(async () => z.string().parse(5), clock);
    expect(outcome.kind === 'failed' && outcome.failure).to.include({
      code: 'INPUT_INVALID',
      kind: 'terminal',
    });
  });
});

describe('what follows from an attempt', () => {
  const failed = (code: 'NATS_UNAVAILABLE' | 'NOT_FOUND' | 'INTERNAL') =>
    ({ kind: 'failed', failure: toFailure(new TradewrightError(code, 'no')) }) as const;
  const policy = { firstMs: 100, factor: 2, mostMs: 1_000 };
  const verdict = (code: Parameters<typeof failed>[0], attempt: number) =>
    verdictOn(failed(code), { maxRetries: 2 }, attempt, () => 1, policy);

  it('Q4 waits twice as long after each failure', () => {
    expect([1, 2].map((attempt) => verdict('NATS_UNAVAILABLE', attempt))).to.deep.equal(
      [100, 200].map((delayMs) => ({ kind: 'retry', delayMs, failure: failed('NATS_UNAVAILABLE').failure })),
    );
  });

  it('Q4 draws the wait between half and all of it, up to the limit', () => {
    expect([0, 0.5, 1].map((random) => backOffMs(3, random, policy))).to.deep.equal([200, 300, 400]);
    expect(backOffMs(60, 1, policy)).to.equal(1_000);
  });

  it('Q5 gives up when the retries are spent, at once on a terminal failure, late on a defect', () => {
    expect(verdict('NATS_UNAVAILABLE', 3).kind).to.equal('dead');
    expect(verdict('NOT_FOUND', 1).kind).to.equal('dead');
    expect(verdict('INTERNAL', 1).kind).to.equal('retry');
  });

  it('Q5 ends a task that costs every worker its life', () => {
    expect(abandoned({ maxRetries: 0 }, 4)).to.equal(undefined);
    expect(abandoned({ maxRetries: 0 }, 5)?.code).to.equal('TASK_ABANDONED');
  });

  it('Q5 keeps a dead letter small enough to be stored', () => {
    const delivery = {
      subject: 'tasks.low.x',
      bytes: Buffer.alloc(1_000_000),
    };
    const journey = { attempts: 0, replays: 0, origin: '1@1', firstStoredAt: 1 };
    const failure = { code: 'INTERNAL', kind: 'defect', message: 'x'.repeat(100_000) } as const;
    expect(
      JSON.stringify(deadTask(delivery, undefined, { failure, attempts: 1, journey }, 2)).length,
    ).to.be.lessThan(400_000);
  });
});
