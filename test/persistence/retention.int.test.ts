import { expect } from 'chai';
import { cp, readdir, readFile, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Level } from 'level';
import type { WorkflowId } from '../../contracts/ids.ts';
import { systemClock } from '../../contracts/ports/clock.ts';
import { silentLog } from '../../contracts/ports/log.ts';
import type { WorkflowState } from '../../contracts/workflow-view.ts';
import { openStore, type Store } from '../../persistence/index.ts';
import { tempDir } from '../support/temp-dir.ts';
import { batchAfter, workflow } from '../support/workflow-history.ts';

const START = 1_700_000_000_000;
const TODAY = Date.parse('2026-01-02T23:59:00Z');

describe('retention', () => {
  let dir: Awaited<ReturnType<typeof tempDir>>;
  let store: Store;
  let now: number;

  const clock = { ...systemClock, now: () => now };
  const open = (): Promise<Store> => openStore({ dir: join(dir.path, 'journal'), clock, log: silentLog });
  const reopen = async (): Promise<void> => {
    await store.close();
    store = await open();
  };
  const append = async (
    id: WorkflowId,
    after: number,
    count: number,
    state: WorkflowState,
    endedAt?: number,
  ) => {
    const { events, summary } = batchAfter(id, after, count, { state, labels: { symbol: 'SPX' } });
    const ended = endedAt === undefined ? summary : { ...summary, endedAt };
    expect(await store.journal.append(id, after, events, ended)).to.include({ kind: 'appended' });
  };
  /** Three events and, an hour later each, an end. */
  const ended = async (index: number): Promise<void> => {
    await append(workflow(`w-${index}`), 0, 2, 'RUNNING');
    await append(workflow(`w-${index}`), 2, 1, 'COMPLETED', START + index * 3_600_000);
  };
  const archivePath = (file: string): string => join(dir.path, 'archive', file);
  const lines = async (file: string): Promise<{ workflowId: string; events: unknown[] }[]> =>
    gunzipSync(await readFile(archivePath(file)))
      .toString('utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { workflowId: string; events: unknown[] });
  const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
    promise.then(
      () => undefined,
      (error: unknown) => (error as { code?: unknown }).code,
    );

  beforeEach(async () => {
    dir = await tempDir();
    now = TODAY;
    store = await open();
  });
  afterEach(async () => {
    await store.close();
    await dir.remove();
  });

  it('S24 moves what ended before then to the archive of the day, and nothing else', async () => {
    for (let index = 0; index < 10; index += 1) await ended(index);
    await append(workflow('open'), 0, 3, 'WAITING');
    await store.journal.saveSnapshot({ workflowId: workflow('w-0'), seq: 3, state: {} });
    const commits = await store.journal.commits(0, 100);

    const olderThan = START + 6 * 3_600_000;
    expect(await store.upkeep.retire(olderThan)).to.deep.equal({ workflows: 6, events: 18, damaged: [] });
    await reopen();

    const { journal, upkeep } = store;
    for (let index = 0; index < 10; index += 1) {
      const id = workflow(`w-${index}`);
      const kept = index >= 6;
      expect(await journal.read(id)).to.have.length(kept ? 3 : 0);
      expect((await journal.summary(id)) === undefined).to.equal(!kept);
      const archived = await upkeep.readArchived(id);
      expect(archived?.events).to.deep.equal(kept ? undefined : batchAfter(id, 0, 3).events);
      expect(archived?.summary.state).to.equal(kept ? undefined : 'COMPLETED');
      expect(archived?.archivedAt).to.equal(kept ? undefined : TODAY);
    }
    expect(await journal.latestSnapshot(workflow('w-0'))).to.equal(undefined);
    expect(await journal.read(workflow('open'))).to.have.length(3);
    expect((await journal.list({ labels: { symbol: 'SPX' } })).items).to.have.length(5);
    expect((await journal.list({ state: 'COMPLETED' })).items).to.have.length(4);
    expect(await lines('2026-01-02.jsonl.gz')).to.have.length(6);
    expect(await journal.commits(0, 100)).to.deep.equal(commits);
    expect(await upkeep.retire(olderThan)).to.deep.equal({ workflows: 0, events: 0, damaged: [] });
  });

  it('S24 retires the oldest first, up to a limit, and goes on the next day in another file', async () => {
    await Promise.all(Array.from({ length: 250 }, (_, index) => ended(index)));
    expect(await store.upkeep.retire(TODAY, { limit: 120 })).to.include({ workflows: 120 });
    expect(await store.upkeep.readArchived(workflow('w-119'))).not.to.equal(undefined);
    expect(await store.upkeep.readArchived(workflow('w-120'))).to.equal(undefined);
    now += 120_000;
    expect(await store.upkeep.retire(TODAY)).to.include({ workflows: 130 });
    expect(await lines('2026-01-02.jsonl.gz')).to.have.length(120);
    expect(await lines('2026-01-03.jsonl.gz')).to.have.length(130);
    expect((await store.upkeep.readArchived(workflow('w-249')))?.events).to.have.length(3);
    expect((await store.journal.list({})).items).to.have.length(0);
  });

  it('S24 goes by the last event where a summary does not say when it ended', async () => {
    await append(workflow('undated'), 0, 3, 'FAILED');
    expect(await store.upkeep.retire(START + 3)).to.include({ workflows: 0 });
    expect(await store.upkeep.retire(START + 4)).to.include({ workflows: 1 });
    expect((await store.upkeep.verify()).problems).to.deep.equal([]);
  });

  it('S24 leaves a damaged workflow where it is, and goes on with the others', async () => {
    for (let index = 0; index < 3; index += 1) await ended(index);
    await store.close();
    const level = new Level<string, string>(join(dir.path, 'journal'));
    await level.put(`s!${workflow('w-1')}`, '{');
    await level.close();
    store = await open();
    const retired = { workflows: 2, events: 6, damaged: [workflow('w-1')] };
    expect(await store.upkeep.retire(TODAY)).to.deep.equal(retired);
    expect((await store.upkeep.verify()).quarantined).to.deep.equal([workflow('w-1')]);
  });

  it('S24 after a crash between archive and journal each workflow is archived once', async () => {
    for (let index = 0; index < 5; index += 1) await ended(index);
    await store.upkeep.retire(START + 1);
    await store.close();
    const before = join(dir.path, 'before');
    await cp(join(dir.path, 'journal'), before, { recursive: true });
    store = await open();
    expect(await store.upkeep.retire(TODAY)).to.include({ workflows: 4 });
    await store.close();
    // The archive was written, the journal's batch was not.
    store = await openStore({ dir: before, clock, log: silentLog });
    expect(await store.journal.read(workflow('w-4'))).to.have.length(3);
    expect(await store.upkeep.readArchived(workflow('w-4'))).to.equal(undefined);
    expect(await store.upkeep.retire(TODAY)).to.deep.equal({ workflows: 4, events: 12, damaged: [] });
    const ids = (await lines('2026-01-02.jsonl.gz')).map(({ workflowId }) => workflowId);
    expect(ids).to.deep.equal([0, 1, 2, 3, 4].map((index) => workflow(`w-${index}`)));
    for (const index of [0, 4]) {
      expect((await store.upkeep.readArchived(workflow(`w-${index}`)))?.events).to.have.length(3);
    }
    // What did not count is still there, beside the file.
    expect(
      (await readdir(join(dir.path, 'archive'))).filter((name) => name.includes('uncounted')),
    ).to.have.length(1);
  });

  it('S24 takes an archived workflow for known: it is neither started again nor appended to', async () => {
    await ended(0);
    const id = workflow('w-0');
    await store.upkeep.retire(TODAY);
    for (let round = 0; round < 2; round += 1) {
      const again = batchAfter(id, 0, 1);
      expect(await store.journal.append(id, 0, again.events, again.summary)).to.deep.equal({
        kind: 'conflict',
        actualSeq: 3,
      });
      const more = batchAfter(id, 3, 1);
      expect(await codeOf(store.journal.append(id, 3, more.events, more.summary))).to.equal('NOT_FOUND');
      await reopen();
    }
  });

  it('S24 leaves a workflow that is taken up again while it is being retired', async () => {
    for (let index = 0; index < 50; index += 1) await ended(index);
    const ids = Array.from({ length: 50 }, (_, index) => workflow(`w-${index}`));
    const retiring = store.upkeep.retire(TODAY);
    const results = await Promise.all(
      ids.map((id) => {
        const { events, summary } = batchAfter(id, 3, 1, { state: 'RUNNING' });
        return store.journal.append(id, 3, events, summary).then(
          () => true,
          () => false,
        );
      }),
    );
    await retiring;
    for (const [index, id] of ids.entries()) {
      expect(await store.journal.read(id)).to.have.length(results[index] ? 4 : 0);
      expect((await store.upkeep.readArchived(id)) === undefined).to.equal(results[index]);
    }
    expect(results).to.include(true);
  });

  it('S24 reports an archive file that lost its end, and deletes nothing', async () => {
    await ended(0);
    await ended(1);
    await store.upkeep.retire(START + 1);
    await truncate(archivePath('2026-01-02.jsonl.gz'), 20);
    expect(await codeOf(store.upkeep.readArchived(workflow('w-0')))).to.equal('JOURNAL_CORRUPT');
    expect(await codeOf(store.upkeep.retire(TODAY))).to.equal('JOURNAL_CORRUPT');
    expect(await store.journal.read(workflow('w-1'))).to.have.length(3);
  });
});
