import { expect } from 'chai';
import { Level } from 'level';
import { TradewrightError } from '../../contracts/errors.ts';
import { systemClock } from '../../contracts/ports/clock.ts';
import { silentLog } from '../../contracts/ports/log.ts';
import { openStore, type Store } from '../../persistence/index.ts';
import { tempDir } from '../support/temp-dir.ts';
import { batchAfter, workflow } from '../support/workflow-history.ts';
import { journalContract } from './journal-contract.ts';

const open = (dir: string): Promise<Store> => openStore({ dir, clock: systemClock, log: silentLog });

journalContract('LevelDB', async () => {
  const dir = await tempDir();
  const store = await open(dir.path);
  return {
    journal: store.journal,
    async close() {
      await store.close();
      await dir.remove();
    },
  };
});

describe('journal on LevelDB', () => {
  const a = workflow('a');
  const b = workflow('b');
  let dir: Awaited<ReturnType<typeof tempDir>>;
  let store: Store;

  const append = (id: typeof a, after: number, count: number) => {
    const { events, summary } = batchAfter(id, after, count);
    return store.journal.append(id, after, events, summary);
  };
  /** Changes rows behind the store's back, as a damaged disk would. */
  const damage = async (change: (level: Level<string, string>) => Promise<void>): Promise<void> => {
    await store.close();
    const level = new Level<string, string>(dir.path);
    await change(level);
    await level.close();
    store = await open(dir.path);
  };
  const failure = async (promise: Promise<unknown>): Promise<TradewrightError> => {
    const error = await promise.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).to.be.instanceOf(TradewrightError);
    return error as TradewrightError;
  };

  beforeEach(async () => {
    dir = await tempDir();
    store = await open(dir.path);
  });
  afterEach(async () => {
    await store.close();
    await dir.remove();
  });

  it('has everything again after it was opened anew, counters included', async () => {
    await append(a, 0, 3);
    await append(b, 0, 2);
    await store.journal.saveSnapshot({ workflowId: a, seq: 3, state: { sum: 3 } });
    await store.journal.writeCursor('relay', 1);
    await store.close();
    store = await open(dir.path);
    const { journal } = store;
    expect(await journal.read(a)).to.deep.equal(batchAfter(a, 0, 3).events);
    expect(journal.lastCommit()).to.equal(2);
    expect(journal.eventCount()).to.equal(5);
    expect(await journal.readCursor('relay')).to.equal(1);
    expect((await journal.latestSnapshot(a))?.state).to.deep.equal({ sum: 3 });
    expect(await append(a, 2, 1)).to.deep.equal({ kind: 'conflict', actualSeq: 3 });
    expect(await append(a, 3, 1)).to.deep.equal({ kind: 'appended', commit: 3 });
  });

  it('puts what waits into one commit to disk', async () => {
    let groups = 0;
    store.journal.onCommit(() => (groups += 1));
    await Promise.all(Array.from({ length: 100 }, (_, index) => append(workflow(`w-${index}`), 0, 2)));
    expect(store.journal.lastCommit()).to.equal(100);
    expect(groups).to.be.lessThan(10);
  });

  it('stores nothing of a batch that does not fit itself', async () => {
    const { events, summary } = batchAfter(a, 0, 2);
    const { journal } = store;
    for (const misfit of [
      journal.append(a, 0, [], summary),
      journal.append(a, 0, [...events].reverse(), summary),
      journal.append(a, 0, events.slice(0, 1), summary),
      journal.append(b, 0, events, summary),
    ]) {
      expect((await failure(misfit)).code).to.equal('INTERNAL');
    }
    expect(journal.eventCount()).to.equal(0);
    expect(await append(a, 0, 2)).to.deep.equal({ kind: 'appended', commit: 1 });
  });

  it('reports a missing event with its workflow and place; other workflows are not touched', async () => {
    await append(a, 0, 5);
    await append(b, 0, 5);
    await damage((level) => level.del(`e!${a}!0000000003`));
    const error = await failure(store.journal.read(a));
    expect(error.code).to.equal('JOURNAL_CORRUPT');
    expect(error.details).to.deep.equal({ workflowId: a, seq: 3 });
    expect(await store.journal.read(b)).to.have.length(5);
    expect(await append(b, 5, 1)).to.include({ kind: 'appended' });
    const commits = await store.journal.commits(0, 10);
    expect(commits.map(({ workflowId }) => workflowId)).to.deep.equal([b, b]);
  });

  it('reports events lost at the end, for reading and for appending', async () => {
    await append(a, 0, 5);
    await damage((level) => level.del(`e!${a}!0000000005`));
    expect((await failure(store.journal.read(a))).details).to.deep.equal({ workflowId: a, seq: 5 });
    expect((await failure(append(a, 5, 1))).code).to.equal('JOURNAL_CORRUPT');
  });

  it('reports events that are not JSON, of no known shape, or of another place', async () => {
    await append(a, 0, 3);
    const rows: string[] = ['{"schema":', '{}', JSON.stringify(batchAfter(b, 1, 1).events[0])];
    for (const row of rows) {
      await damage((level) => level.put(`e!${a}!0000000002`, row));
      const error = await failure(store.journal.read(a));
      expect(error.code).to.equal('JOURNAL_CORRUPT');
      expect(error.details).to.deep.equal({ workflowId: a, seq: 2 });
    }
  });

  it('does not hand out a snapshot that is ahead of the events or does not parse', async () => {
    await append(a, 0, 3);
    await damage((level) => level.put(`n!${a}`, JSON.stringify({ seq: 4, state: {} })));
    expect(await store.journal.latestSnapshot(a)).to.equal(undefined);
    await damage((level) => level.put(`n!${a}`, '{'));
    expect(await store.journal.latestSnapshot(a)).to.equal(undefined);
  });

  it('does not start on counters that do not fit the commits', async () => {
    await append(a, 0, 1);
    await append(a, 1, 1);
    await store.close();
    const level = new Level<string, string>(dir.path);
    await level.del('c!00000000000002');
    await level.close();
    expect((await failure(open(dir.path))).code).to.equal('JOURNAL_CORRUPT');
    const again = new Level<string, string>(dir.path);
    await again.put('c!00000000000002', JSON.stringify([a, 2, 2]));
    await again.close();
    store = await open(dir.path);
    expect(store.journal.lastCommit()).to.equal(2);
  });

  it('refuses a second opening in this process, and the first one keeps its lock', async () => {
    expect((await failure(open(dir.path))).code).to.equal('DATA_DIR_IN_USE');
    expect((await failure(open(`${dir.path}/../${dir.path.split('/').at(-1)}`))).code).to.equal(
      'DATA_DIR_IN_USE',
    );
    expect(await append(a, 0, 1)).to.include({ kind: 'appended' });
  });

  it('takes nothing once it is closed', async () => {
    await store.close();
    expect((await failure(append(a, 0, 1))).code).to.equal('STORE_CLOSED');
    const closed = store;
    store = await open(dir.path);
    await closed.close();
    expect((await failure(open(dir.path))).code).to.equal('DATA_DIR_IN_USE');
    expect(store.journal.eventCount()).to.equal(0);
  });

  it('refuses a cursor that no page gave', async () => {
    expect((await failure(store.journal.list({ cursor: 'bm9uc2Vuc2U' }))).code).to.equal('INPUT_INVALID');
  });

  it('S23 reads the snapshot and the events behind it, none of those before', async () => {
    await append(a, 0, 50);
    await store.journal.saveSnapshot({ workflowId: a, seq: 50, state: { sum: 50 } });
    await append(a, 50, 10);
    // What the snapshot covers is not looked at: it could not be read.
    await damage((level) => level.put(`e!${a}!0000000010`, '{'));
    const snapshot = await store.journal.latestSnapshot(a);
    expect(snapshot).to.deep.equal({ workflowId: a, seq: 50, state: { sum: 50 } });
    const tail = await store.journal.read(a, snapshot?.seq);
    expect(tail).to.deep.equal(batchAfter(a, 50, 10).events);
    expect((await failure(store.journal.read(a))).details).to.deep.equal({ workflowId: a, seq: 10 });
  });

  describe('quarantine', () => {
    const summarize = (events: readonly unknown[]) => batchAfter(a, 0, events.length).summary;

    it('lists what was found damaged, by reading or by appending', async () => {
      await append(a, 0, 3);
      await append(b, 0, 3);
      await damage(async (level) => {
        await level.del(`e!${a}!0000000002`);
        await level.put(`s!${b}`, '{');
      });
      expect(store.upkeep.quarantined()).to.deep.equal([]);
      await failure(store.journal.read(a));
      await failure(append(b, 3, 1));
      const [first, second] = store.upkeep.quarantined();
      expect(first).to.include({ workflowId: a, seq: 2 });
      expect(second).to.include({ workflowId: b });
      expect((await store.upkeep.verify()).quarantined).to.have.members([a, b]);
    });

    it('makes a lost, torn or old summary anew from the events, indexes included', async () => {
      await append(a, 0, 1);
      await append(a, 1, 4);
      const before = await store.journal.list({});
      const stale = JSON.stringify({ ...batchAfter(a, 0, 2).summary, state: 'PAUSED' });
      for (const spoil of [
        (level: Level<string, string>) => level.del(`s!${a}`),
        (level: Level<string, string>) => level.put(`s!${a}`, '{'),
        (level: Level<string, string>) => level.put(`s!${a}`, stale),
        (level: Level<string, string>) => level.clear({ gte: 't!', lt: 't"' }),
        async (level: Level<string, string>) => {
          await level.put(`s!${a}`, '{');
          await level.put(`t!PAUSED!998299999999999!${a}`, '');
          await level.put(`z!001700000000000!${a}`, '');
        },
      ]) {
        await damage(spoil);
        expect((await store.upkeep.verify()).ok).to.equal(false);
        expect((await store.upkeep.rebuildSummary(a, summarize)).seq).to.equal(5);
        expect((await store.upkeep.verify()).problems).to.deep.equal([]);
        expect(await store.journal.list({})).to.deep.equal(before);
        expect(store.upkeep.quarantined()).to.deep.equal([]);
      }
      expect(await append(a, 5, 1)).to.include({ kind: 'appended' });
    });

    it('makes no summary of events that are not whole, and takes no wrong one', async () => {
      await append(a, 0, 1);
      await append(a, 1, 4);
      await damage((level) => level.put(`s!${a}`, '{'));
      const wrong = () => batchAfter(a, 0, 4).summary;
      expect((await failure(store.upkeep.rebuildSummary(a, wrong))).code).to.equal('INTERNAL');
      expect((await failure(store.upkeep.rebuildSummary(b, summarize))).code).to.equal('NOT_FOUND');
      await damage((level) => level.del(`e!${a}!0000000005`));
      const error = await failure(store.upkeep.rebuildSummary(a, summarize));
      expect(error.code).to.equal('JOURNAL_CORRUPT');
      expect(error.details).to.deep.equal({ workflowId: a, seq: 5 });
    });
  });
});
