import { expect } from 'chai';
import { Level } from 'level';
import { systemClock } from '../../contracts/ports/clock.ts';
import type { SummaryFilter } from '../../contracts/ports/journal.ts';
import { silentLog } from '../../contracts/ports/log.ts';
import type { WorkflowState } from '../../contracts/workflow-view.ts';
import { openStore, type Store } from '../../persistence/index.ts';
import { tempDir } from '../support/temp-dir.ts';
import { batchAfter, workflow } from '../support/workflow-history.ts';

const WORKFLOWS = 5_000;
const STATES: readonly WorkflowState[] = ['COMPLETED', 'COMPLETED', 'FAILED', 'RUNNING', 'CANCELLED'];
const SYMBOLS = ['SPX', 'AAPL', 'MSFT', 'A!B', 'é~%', 'x'.repeat(300), `${'x'.repeat(299)}y`];
const START = 1_700_000_000_000;

interface Known {
  readonly index: number;
  readonly state: WorkflowState;
  readonly definition: string;
  readonly symbol: string;
  readonly startedAt: number;
}

/** Three start in the same millisecond. */
const known = (index: number): Known => ({
  index,
  state: STATES[index % STATES.length] ?? 'RUNNING',
  definition: index % 3 === 0 ? 'signal' : 'strategy',
  symbol: SYMBOLS[index % SYMBOLS.length] ?? '',
  startedAt: START + Math.floor(index / 3),
});

describe('list of workflows on LevelDB', () => {
  let dir: Awaited<ReturnType<typeof tempDir>>;
  let store: Store;
  const all = Array.from({ length: WORKFLOWS }, (_, index) => known(index));

  const open = (): Promise<Store> => openStore({ dir: dir.path, clock: systemClock, log: silentLog });
  const begin = ({ index, state, definition, symbol, startedAt }: Known) => {
    const id = workflow(`listed-${index}`);
    const labels = { symbol, index: String(index) };
    const { events, summary } = batchAfter(id, 0, 1, { state, definition, labels, startedAt });
    return store.journal.append(id, 0, events, summary);
  };
  /** Page by page, `between` pages something may happen. */
  const listed = async (filter: SummaryFilter, between?: () => Promise<unknown>): Promise<number[]> => {
    const found: number[] = [];
    for (let cursor: string | undefined; ;) {
      const page = await store.journal.list(cursor === undefined ? filter : { ...filter, cursor });
      expect(page.items.length).to.be.at.most(filter.limit ?? 50);
      for (const { labels } of page.items) found.push(Number(labels['index']));
      cursor = page.cursor;
      if (cursor === undefined) return found;
      await between?.();
    }
  };
  /** The answer by going through everything; who starts in the same millisecond stands by id. */
  const expected = (keep: (workflow: Known) => boolean): number[] =>
    all
      .filter(keep)
      .sort(
        (a, b) =>
          b.startedAt - a.startedAt ||
          (workflow(`listed-${a.index}`) < workflow(`listed-${b.index}`) ? -1 : 1),
      )
      .map(({ index }) => index);

  before(async () => {
    dir = await tempDir();
    store = await open();
    await Promise.all(all.map(begin));
  });
  after(async () => {
    await store.close();
    await dir.remove();
  });

  it('S25 pages through 5,000 workflows, newest first, each once', async () => {
    expect(await listed({ limit: 333 })).to.deep.equal(expected(() => true));
    expect(await listed({ limit: 1_000 })).to.deep.equal(expected(() => true));
  });

  it('S25 finds by state, by definition, by symbol, and by all at once', async () => {
    for (const state of new Set(STATES)) {
      expect(await listed({ state, limit: 100 })).to.deep.equal(expected((w) => w.state === state));
    }
    expect(await listed({ definition: 'signal', limit: 100 })).to.deep.equal(
      expected((w) => w.definition === 'signal'),
    );
    for (const symbol of SYMBOLS) {
      expect(await listed({ labels: { symbol }, limit: 100 }), symbol).to.deep.equal(
        expected((w) => w.symbol === symbol),
      );
    }
    expect(
      await listed({ state: 'FAILED', definition: 'signal', labels: { symbol: 'AAPL' }, limit: 5 }),
    ).to.deep.equal(
      expected((w) => w.state === 'FAILED' && w.definition === 'signal' && w.symbol === 'AAPL'),
    );
  });

  it('S25 finds one among all by labels that hold together', async () => {
    const page = await store.journal.list({ labels: { symbol: 'SPX', index: '700' } });
    expect(page.items.map(({ labels }) => labels['index'])).to.deep.equal(['700']);
    expect(page.cursor).to.equal(undefined);
    expect(await listed({ labels: { symbol: 'AAPL', index: '700' } })).to.deep.equal([]);
    expect(await listed({ labels: { symbol: 'none' } })).to.deep.equal([]);
    expect(await listed({ state: 'NONE' })).to.deep.equal([]);
    expect(await listed({ state: 'PAUSED' })).to.deep.equal([]);
  });

  it('S25 finds by time: from then on, and earlier than that', async () => {
    const [from, before] = [START + 100, START + 200];
    const within = (w: Known): boolean => w.startedAt >= from && w.startedAt < before;
    expect(expected(within)).to.have.length(300);
    expect(await listed({ startedFrom: from, startedBefore: before, limit: 7 })).to.deep.equal(
      expected(within),
    );
    expect(
      await listed({ startedFrom: from, startedBefore: before, state: 'RUNNING', limit: 7 }),
    ).to.deep.equal(expected((w) => within(w) && w.state === 'RUNNING'));
    expect(await listed({ startedFrom: from - 0.5, startedBefore: before - 0.5, limit: 100 })).to.deep.equal(
      expected(within),
    );
    expect(await listed({ startedFrom: before, startedBefore: from })).to.deep.equal([]);
    expect(await listed({ startedFrom: 0, limit: 1_000 })).to.have.length(WORKFLOWS);
    expect(await listed({ startedBefore: START })).to.deep.equal([]);
  });

  it('S25 neither repeats nor hides a workflow while others start between pages', async () => {
    const labels = { symbol: 'SPX' };
    const before = expected((w) => w.symbol === 'SPX');
    let added = WORKFLOWS;
    const startOne = () => {
      const one = { ...known(added), symbol: 'SPX', startedAt: START + added };
      added += 1;
      all.push(one);
      return begin(one);
    };
    expect(await listed({ labels, limit: 100 }, startOne)).to.deep.equal(before);
    expect(added).to.be.greaterThan(WORKFLOWS);
    expect(await listed({ labels, limit: 100 })).to.deep.equal(expected((w) => w.symbol === 'SPX'));
  });

  it('S25 leaves no row of a state behind', async () => {
    const id = workflow('listed-3');
    const draft = { ...known(3), labels: { symbol: known(3).symbol, index: '3' } };
    const { events, summary } = batchAfter(id, 1, 1, { ...draft, state: 'COMPENSATING' });
    await store.journal.append(id, 1, events, summary);
    expect(await listed({ state: 'RUNNING', labels: { index: '3' } })).to.deep.equal([]);
    expect(await listed({ state: 'COMPENSATING' })).to.deep.equal([3]);
    expect((await store.upkeep.verify()).problems).to.deep.equal([]);
    const back = batchAfter(id, 2, 1, { ...draft, state: 'RUNNING' });
    await store.journal.append(id, 2, back.events, back.summary);
    expect(await listed({ state: 'COMPENSATING' })).to.deep.equal([]);
    expect(await listed({ state: 'RUNNING', labels: { index: '3' } })).to.deep.equal([3]);
  });

  it('S25 gives a store of before its index rows when it is opened', async () => {
    await store.close();
    const level = new Level<string, string>(dir.path);
    await level.clear({ gte: 't!', lt: 't"' });
    await level.del('m!indexes');
    await level.close();
    store = await open();
    expect(await listed({ labels: { symbol: 'AAPL' }, state: 'FAILED', limit: 100 })).to.deep.equal(
      expected((w) => w.symbol === 'AAPL' && w.state === 'FAILED'),
    );
    expect(await listed({ limit: 1_000 })).to.deep.equal(expected(() => true));
  });
});
