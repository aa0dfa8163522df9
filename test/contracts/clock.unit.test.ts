import { expect } from 'chai';
import { systemClock } from '../../contracts/ports/clock.ts';

const DAY_MS = 24 * 3_600_000;

describe('systemClock', () => {
  it('waits for more than 24.8 days, where a Node timer would go off at once', () => {
    const real = globalThis.setTimeout;
    const armed: { readonly ms: number; readonly callback: () => void }[] = [];
    // Time that need not pass: each timer is kept, and rung by hand.
    const kept = (callback: () => void, ms = 0) => {
      armed.push({ ms, callback });
      return real(() => undefined, 0);
    };
    let rung = 0;
    try {
      globalThis.setTimeout = kept as unknown as typeof setTimeout;
      systemClock.schedule(60 * DAY_MS, () => (rung += 1));
      for (let next = armed[0]; next && armed.length < 10; next = armed[armed.length - 1]) {
        const before = armed.length;
        next.callback();
        if (armed.length === before) break;
        expect(rung).to.equal(0);
      }
    } finally {
      globalThis.setTimeout = real;
    }
    expect(rung).to.equal(1);
    for (const { ms } of armed) expect(ms).to.be.at.most(2 ** 31 - 1);
    expect(armed.reduce((sum, { ms }) => sum + ms, 0)).to.equal(60 * DAY_MS);
  });

  it('takes a timer back, and one of the past for now', async () => {
    const seen: string[] = [];
    systemClock.schedule(0, () => seen.push('taken back'))();
    await new Promise<void>((resolve) => systemClock.schedule(-5, () => (seen.push('past'), resolve())));
    expect(seen).to.deep.equal(['past']);
  });
});
