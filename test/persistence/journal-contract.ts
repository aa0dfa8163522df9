import { expect } from 'chai';
import type { Journal } from '../../contracts/ports/journal.ts';
import type { WorkflowSummary } from '../../contracts/workflow-view.ts';
import { batchAfter, workflow } from '../support/workflow-history.ts';

export interface JournalUnderTest {
  readonly journal: Journal;
  close(): Promise<void>;
}

/** What every implementation of the journal port must do. */
export function journalContract(name: string, open: () => Promise<JournalUnderTest>): void {
  describe(`the journal contract: ${name}`, () => {
    const a = workflow('a');
    const b = workflow('b');
    let journal: Journal;
    let close: () => Promise<void>;

    beforeEach(async () => {
      const opened = await open();
      journal = opened.journal;
      close = () => opened.close();
    });
    afterEach(() => close());

    const append = (
      id: typeof a,
      after: number,
      count: number,
      draft: Parameters<typeof batchAfter>[3] = {},
    ) => {
      const { events, summary } = batchAfter(id, after, count, draft);
      return journal.append(id, after, events, summary);
    };

    it('gives back what was appended, in order', async () => {
      expect(await append(a, 0, 2)).to.deep.equal({ kind: 'appended', commit: 1 });
      expect(await append(b, 0, 1)).to.deep.equal({ kind: 'appended', commit: 2 });
      expect(await append(a, 2, 1)).to.deep.equal({ kind: 'appended', commit: 3 });
      expect(await journal.read(a)).to.deep.equal(batchAfter(a, 0, 3).events);
      expect(await journal.read(a, 2)).to.deep.equal(batchAfter(a, 2, 1).events);
      expect(await journal.read(a, 3)).to.deep.equal([]);
      expect(await journal.read(workflow('unknown'))).to.deep.equal([]);
      expect(await journal.summary(a)).to.deep.equal(batchAfter(a, 2, 1).summary);
      expect(await journal.summary(workflow('unknown'))).to.equal(undefined);
      expect(journal.eventCount()).to.equal(4);
    });

    it('answers a conflict and stores nothing of it', async () => {
      await append(a, 0, 2);
      for (const after of [0, 1, 3]) {
        expect(await append(a, after, 1)).to.deep.equal({ kind: 'conflict', actualSeq: 2 });
      }
      expect(await journal.read(a)).to.have.length(2);
      expect((await journal.summary(a))?.seq).to.equal(2);
      expect(journal.lastCommit()).to.equal(1);
      expect(journal.eventCount()).to.equal(2);
    });

    it('lets exactly one of several writers at one place through', async () => {
      const results = await Promise.all(Array.from({ length: 20 }, () => append(a, 0, 2)));
      expect(results.filter(({ kind }) => kind === 'appended')).to.have.length(1);
      expect(results.filter(({ kind }) => kind === 'conflict')).to.have.length(19);
      expect(await journal.read(a)).to.have.length(2);
    });

    it('gives commits without gaps, each a whole batch, under many writers', async () => {
      const seen: number[] = [];
      journal.onCommit((lastCommit) => seen.push(lastCommit));
      const writer = async (name: string): Promise<void> => {
        for (let round = 0; round < 10; round += 1) {
          expect((await append(workflow(name), round * 3, 3)).kind).to.equal('appended');
        }
      };
      await Promise.all(Array.from({ length: 30 }, (_, index) => writer(`workflow-${index}`)));
      expect(journal.lastCommit()).to.equal(300);
      expect(journal.eventCount()).to.equal(900);
      const commits = [...(await journal.commits(0, 120)), ...(await journal.commits(120, 1_000))];
      expect(commits.map(({ commit }) => commit)).to.deep.equal(Array.from({ length: 300 }, (_, i) => i + 1));
      const next = new Map<string, number>();
      for (const { workflowId, events } of commits) {
        const from = next.get(workflowId) ?? 1;
        expect(events.map(({ seq }) => seq)).to.deep.equal([from, from + 1, from + 2]);
        next.set(workflowId, from + 3);
      }
      expect(seen).to.deep.equal([...seen].sort((x, y) => x - y));
      expect(seen.at(-1)).to.equal(300);
      expect(await journal.commits(300, 10)).to.deep.equal([]);
    });

    it('has committed what a listener is told of', async () => {
      const told = new Promise<number>((resolve) => journal.onCommit(resolve));
      const appending = append(a, 0, 1);
      expect(await journal.commits((await told) - 1, 1)).to.have.length(1);
      await appending;
    });

    it('keeps the last snapshot', async () => {
      expect(await journal.latestSnapshot(a)).to.equal(undefined);
      await append(a, 0, 3);
      await journal.saveSnapshot({ workflowId: a, seq: 2, state: { sum: 2 } });
      await journal.saveSnapshot({ workflowId: a, seq: 3, state: { sum: 3 } });
      expect(await journal.latestSnapshot(a)).to.deep.equal({ workflowId: a, seq: 3, state: { sum: 3 } });
    });

    it('keeps cursors', async () => {
      expect(await journal.readCursor('relay')).to.equal(0);
      await journal.writeCursor('relay', 41);
      await journal.writeCursor('relay', 42);
      expect(await journal.readCursor('relay')).to.equal(42);
      expect(await journal.readCursor('other')).to.equal(0);
    });

    it('lists the open workflows alone', async () => {
      await append(a, 0, 1);
      await append(b, 0, 1);
      await append(b, 1, 1, { state: 'COMPLETED' });
      const open: WorkflowSummary[] = [];
      for await (const summary of journal.open()) open.push(summary);
      expect(open.map(({ workflowId }) => workflowId)).to.deep.equal([a]);
    });

    it('S25 lists by state, definition and labels, newest first, page by page', async () => {
      for (let index = 0; index < 30; index += 1) {
        await append(workflow(`listed-${index}`), 0, 1, {
          startedAt: 1_000 + index,
          state: index % 3 === 0 ? 'COMPLETED' : 'RUNNING',
          definition: index % 2 === 0 ? 'strategy' : 'signal',
          labels: { symbol: index < 15 ? 'SPX' : 'AAPL', index: String(index) },
        });
      }
      const all = async (filter: Parameters<Journal['list']>[0]): Promise<string[]> => {
        const found: string[] = [];
        for (let cursor: string | undefined; ;) {
          const page = await journal.list({ ...filter, ...(cursor === undefined ? {} : { cursor }) });
          expect(page.items.length).to.be.at.most(filter.limit ?? 50);
          found.push(...page.items.map(({ labels }) => labels['index'] ?? ''));
          cursor = page.cursor;
          if (cursor === undefined) return found;
        }
      };
      const numbers = (keep: (index: number) => boolean): string[] =>
        Array.from({ length: 30 }, (_, index) => 29 - index)
          .filter(keep)
          .map(String);
      expect(await all({ limit: 7 })).to.deep.equal(numbers(() => true));
      expect(await all({ limit: 10 })).to.deep.equal(numbers(() => true));
      expect(await all({ state: 'COMPLETED', limit: 3 })).to.deep.equal(numbers((i) => i % 3 === 0));
      expect(await all({ state: 'FAILED' })).to.deep.equal([]);
      expect(await all({ definition: 'signal', labels: { symbol: 'SPX' }, limit: 2 })).to.deep.equal(
        numbers((i) => i % 2 === 1 && i < 15),
      );
      expect((await journal.list({})).cursor).to.equal(undefined);
    });

    it('moves a workflow in the lists when its state changes', async () => {
      await append(a, 0, 1, { state: 'RUNNING' });
      await append(a, 1, 1, { state: 'COMPENSATING' });
      expect((await journal.list({ state: 'RUNNING' })).items).to.have.length(0);
      expect((await journal.list({ state: 'COMPENSATING' })).items).to.have.length(1);
      expect((await journal.list({})).items.map(({ seq }) => seq)).to.deep.equal([2]);
    });
  });
}
