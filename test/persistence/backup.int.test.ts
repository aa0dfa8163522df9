import { expect } from 'chai';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Level } from 'level';
import { systemClock } from '../../contracts/ports/clock.ts';
import type { JournalProblem } from '../../contracts/ports/journal.ts';
import { silentLog } from '../../contracts/ports/log.ts';
import { openStore, type Store, verify } from '../../persistence/index.ts';
import { tempDir } from '../support/temp-dir.ts';
import { batchAfter, workflow } from '../support/workflow-history.ts';

const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => (error as { code?: unknown }).code,
  );

describe('backup and verify', () => {
  let dir: Awaited<ReturnType<typeof tempDir>>;
  let journalDir: string;
  let store: Store;

  const open = (folder: string): Promise<Store> =>
    openStore({ dir: folder, clock: systemClock, log: silentLog });
  const append = async (name: string, after: number, count: number, state: 'RUNNING' | 'COMPLETED') => {
    const { events, summary } = batchAfter(workflow(name), after, count, { state });
    await store.journal.append(workflow(name), after, events, summary);
  };

  beforeEach(async () => {
    dir = await tempDir();
    journalDir = join(dir.path, 'journal');
    store = await open(journalDir);
  });
  afterEach(async () => {
    await store.close();
    await dir.remove();
  });

  it('copies one moment while appends go on; opening the copy restores it', async () => {
    for (const name of ['old-1', 'old-2']) await append(name, 0, 4, 'COMPLETED');
    await store.upkeep.retire(Number.MAX_SAFE_INTEGER, { limit: 1 });
    await store.artifacts.put(Buffer.from([0, 255, 128]), 'application/octet-stream');
    const stop = new AbortController();
    const endless = async (name: string): Promise<void> => {
      for (let seq = 0; !stop.signal.aborted; seq += 3) await append(name, seq, 3, 'RUNNING');
    };
    const writers = Array.from({ length: 10 }, (_, index) => endless(`busy-${index}`));
    const seen: number[] = [];
    for (const name of ['one', 'two', 'three']) {
      const before = store.journal.lastCommit();
      const { lastCommit } = await store.upkeep.backup(join(dir.path, name));
      expect(lastCommit).to.be.within(before, store.journal.lastCommit());
      seen.push(lastCommit);
    }
    stop.abort();
    await Promise.all(writers);
    expect(seen[2]).to.be.greaterThan(seen[0] ?? 0);
    expect((await readdir(dir.path)).filter((name) => name.includes('partial'))).to.deep.equal([]);

    for (const [index, name] of ['one', 'two', 'three'].entries()) {
      const report = await verify(join(dir.path, name, 'journal'));
      expect(report.problems).to.deep.equal([]);
      expect(report).to.include({ ok: true, archived: 1, commits: seen[index] });
      const copy = await open(join(dir.path, name, 'journal'));
      expect(copy.journal.lastCommit()).to.equal(seen[index]);
      expect(await copy.journal.commits(0, 1_000_000)).to.have.length(seen[index] ?? 0);
      const archived = await Promise.all(
        ['old-1', 'old-2'].map((old) => copy.upkeep.readArchived(workflow(old))),
      );
      expect(archived.flatMap((one) => one?.events ?? [])).to.have.length(4);
      await copy.close();
    }
  });

  it('overwrites nothing, and leaves nothing when it is called off', async () => {
    await append('a', 0, 1, 'RUNNING');
    const target = join(dir.path, 'copy');
    await store.upkeep.backup(target);
    expect(await codeOf(store.upkeep.backup(target))).to.equal('INPUT_INVALID');
    const off = store.upkeep.backup(join(dir.path, 'other'), { signal: AbortSignal.abort() });
    expect(await off.catch((error: unknown) => (error as Error).name)).to.equal('AbortError');
    expect(await readdir(dir.path)).to.have.members(['journal', 'copy']);
  });

  it('verifies a store while it is worked on, and not from outside', async () => {
    await append('a', 0, 5, 'RUNNING');
    await append('b', 0, 5, 'COMPLETED');
    await append('c', 0, 5, 'COMPLETED');
    await store.upkeep.retire(Number.MAX_SAFE_INTEGER, { limit: 1 });
    expect(await store.upkeep.verify()).to.deep.equal({
      ok: true,
      workflows: 2,
      open: 1,
      archived: 1,
      events: 10,
      commits: 3,
      problems: [],
      moreProblems: 0,
      quarantined: [],
    });
    expect(await codeOf(verify(journalDir))).to.equal('DATA_DIR_IN_USE');
    expect(await codeOf(verify(join(dir.path, 'nowhere')))).to.equal('NOT_FOUND');
    await append('a', 5, 1, 'RUNNING');
  });

  describe('names what is damaged', () => {
    const a = workflow('a');
    const put = (key: string, value: string) => (level: Level<string, string>) => level.put(key, value);
    const del = (key: string) => (level: Level<string, string>) => level.del(key);
    const summary = (seq: number): string => JSON.stringify(batchAfter(a, 0, seq).summary);
    const cases: readonly [
      what: string,
      damage: (level: Level<string, string>) => Promise<void>,
      problem: Omit<JournalProblem, 'says'>,
    ][] = [
      ['an event in the middle', del(`e!${a}!0000000003`), { kind: 'event', workflowId: a, seq: 3 }],
      ['an event at the end', del(`e!${a}!0000000005`), { kind: 'event', workflowId: a, seq: 5 }],
      ['a torn event', put(`e!${a}!0000000002`, '{"schema'), { kind: 'event', workflowId: a, seq: 2 }],
      ['a lost summary', del(`s!${a}`), { kind: 'summary', workflowId: a }],
      ['a torn summary', put(`s!${a}`, '{'), { kind: 'summary', workflowId: a }],
      ['an old summary', put(`s!${a}`, summary(4)), { kind: 'summary', workflowId: a, seq: 5 }],
      ['a summary ahead', put(`s!${a}`, summary(6)), { kind: 'event', workflowId: a, seq: 6 }],
      ['an index row', del(`o!${a}`), { kind: 'index', workflowId: a }],
      ['an index row too many', put(`o!${workflow('x')}`, ''), { kind: 'index' }],
      ['a torn commit', put('c!00000000000001', '['), { kind: 'commit', commit: 1 }],
      ['a lost commit', del('c!00000000000001'), { kind: 'commit', commit: 1 }],
      ['the counters', put('m!counters', '{"lastCommit":2,"events":1}'), { kind: 'counters' }],
      [
        'the archive marker',
        put(`x!${workflow('old')}`, '{}'),
        { kind: 'archive', workflowId: workflow('old') },
      ],
    ];
    for (const [what, damage, problem] of cases) {
      it(`${what}`, async () => {
        await append('old', 0, 2, 'COMPLETED');
        await store.upkeep.retire(Number.MAX_SAFE_INTEGER);
        await append('a', 0, 5, 'RUNNING');
        await store.close();
        expect((await verify(journalDir)).problems).to.deep.equal([]);
        const level = new Level<string, string>(journalDir);
        await damage(level);
        await level.close();
        const report = await verify(journalDir);
        expect(report.ok).to.equal(false);
        expect(report.problems[0]).to.include(problem);
        expect(report.quarantined).to.deep.equal(
          report.problems.some(({ workflowId }) => workflowId !== undefined)
            ? [problem.workflowId ?? workflow('old')]
            : [],
        );
        expect((await verify(journalDir)).problems).to.deep.equal(report.problems);
      });
    }

    it('a lost archive, and a database that does not open at all', async () => {
      await append('old', 0, 2, 'COMPLETED');
      await store.upkeep.retire(Number.MAX_SAFE_INTEGER);
      await store.close();
      await rm(join(dir.path, 'archive'), { recursive: true });
      const [problem] = (await verify(journalDir)).problems;
      expect(problem).to.include({ kind: 'archive', workflowId: workflow('old') });
      await writeFile(join(journalDir, 'CURRENT'), 'MANIFEST-999999\n');
      expect((await verify(journalDir)).problems.map(({ kind }) => kind)).to.deep.equal(['unreadable']);
    });
  });
});
