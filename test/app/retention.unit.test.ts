import { expect } from 'chai';
import { keepRetention } from '../../app/worker/retention.ts';
import type { JournalUpkeep, Retired } from '../../contracts/ports/journal.ts';
import { silentLog as log } from '../../contracts/ports/log.ts';
import { HandClock } from '../support/hand-clock.ts';

const DAY_MS = 24 * 3_600_000;
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('S24 retention', () => {
  let clock: HandClock;
  let asked: number[];
  let gives: number[];
  const upkeep: Pick<JournalUpkeep, 'retire'> = {
    retire: async (olderThan, { signal } = {}): Promise<Retired> => {
      signal?.throwIfAborted();
      asked.push(olderThan);
      const workflows = gives.shift() ?? 0;
      if (workflows < 0) throw new Error('the disk is full');
      return { workflows, events: workflows, damaged: [] };
    },
  };
  beforeEach(() => {
    clock = new HandClock();
    clock.pass(100 * DAY_MS);
    [asked, gives] = [[], []];
  });

  it('archives what ended long enough ago, lot by lot, and looks again every hour', async () => {
    gives = [500, 500, 3];
    const stop = keepRetention({ upkeep, days: 30, clock, log });
    await turn();
    expect(asked).to.deep.equal([70 * DAY_MS, 70 * DAY_MS, 70 * DAY_MS]);
    clock.pass(3_600_000);
    await turn();
    expect(asked).to.have.length(4);
    expect(asked[3]).to.equal(70 * DAY_MS + 3_600_000);
    await stop();
    clock.pass(3_600_000);
    await turn();
    expect(asked).to.have.length(4);
  });

  it('comes again after a failure, and never archives with 0 days', async () => {
    gives = [-1];
    const stop = keepRetention({ upkeep, days: 30, clock, log });
    await turn();
    clock.pass(3_600_000);
    await turn();
    expect(asked).to.have.length(2);
    await stop();
    await keepRetention({ upkeep, days: 0, clock, log })();
    expect(asked).to.have.length(2);
  });
});
