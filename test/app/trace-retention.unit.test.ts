import { expect } from 'chai';
import { keepTraceRetention } from '../../app/worker/trace-retention.ts';
import { silentLog } from '../../contracts/ports/log.ts';
import { manualClock } from '../agent/manual-clock.ts';

const DAY_MS = 86_400_000;

describe('retention of traces', () => {
  it('A16 deletes what is older than so many days, a lot at a time, now and every hour', async () => {
    const clock = manualClock(100 * DAY_MS);
    const asked: (readonly [string, number])[] = [];
    const store = (name: string, lots: number[]) => ({
      retire: async (olderThanMs: number) => {
        asked.push([name, olderThanMs / DAY_MS]);
        return lots.shift() ?? 0;
      },
    });
    const stop = keepTraceRetention({
      traces: store('traces', [200, 200, 3]),
      answers: store('answers', [200, 0]),
      days: 90,
      clock,
      log: silentLog,
    });
    await clock.advance(0);
    await clock.advance(1);
    expect(asked).to.deep.equal([
      ...Array.from({ length: 3 }, () => ['traces', 10]),
      ...Array.from({ length: 2 }, () => ['answers', 10]),
    ]);
    asked.length = 0;
    await clock.advance(3_600_000);
    expect(asked.map(([name]) => name)).to.deep.equal(['traces', 'answers']);
    await stop();
    await clock.advance(10 * 3_600_000);
    expect(asked).to.have.length(2);
  });

  it('A16 zero days keeps everything; a store that fails is tried again an hour later', async () => {
    const clock = manualClock();
    let calls = 0;
    const failing = {
      retire: () => {
        calls += 1;
        return Promise.reject(new Error('full'));
      },
    };
    const options = { traces: failing, answers: failing, clock, log: silentLog };
    await keepTraceRetention({ ...options, days: 0 })();
    expect(calls).to.equal(0);
    const stop = keepTraceRetention({ ...options, days: 1 });
    await clock.advance(3_600_001);
    expect(calls).to.equal(2);
    await stop();
  });
});
