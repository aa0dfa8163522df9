import { expect } from 'chai';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { systemClock } from '../../contracts/ports/clock.ts';
import { silentLog } from '../../contracts/ports/log.ts';
import { openStore } from '../../persistence/index.ts';
import { eventually } from '../support/eventually.ts';
import { tempDir } from '../support/temp-dir.ts';
import { workflow } from '../support/workflow-history.ts';
import type { AppenderDoes, AppenderSays } from './appender.ts';

const appender = fileURLToPath(new URL('./appender.ts', import.meta.url));
const open = (dir: string) => openStore({ dir, clock: systemClock, log: silentLog });

describe('journal on LevelDB, other processes', () => {
  let dir: Awaited<ReturnType<typeof tempDir>>;
  let children: ChildProcess[];

  const start = (file: string, args: readonly string[]): { child: ChildProcess; said: AppenderSays[] } => {
    const child = spawn(file, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    const said: AppenderSays[] = [];
    child.on('message', (message: AppenderSays) => said.push(message));
    children.push(child);
    return { child, said };
  };
  const nodeArgs = (): string[] => ['--import=tsx', appender, dir.path];
  const tell = (child: ChildProcess, message: AppenderDoes): void => void child.send(message);
  const kill = async (child: ChildProcess): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  };

  beforeEach(async () => {
    dir = await tempDir();
    children = [];
  });
  afterEach(async () => {
    for (const child of children) await kill(child);
    await dir.remove();
  });

  it('has everything that was acknowledged, without gaps, after kill -9 amid appends', async () => {
    const acknowledged = new Map<string, number>();
    for (let round = 1; round <= 3; round += 1) {
      const { child, said } = start(process.execPath, nodeArgs());
      await eventually(() => said.some(({ type }) => type === 'open'));
      tell(child, { type: 'flood', workflows: 40, eventsABatch: 3 });
      await eventually(() => said.length > 600);
      await kill(child);
      for (const message of said) {
        expect(message.type).not.to.equal('failed');
        if (message.type === 'acknowledged') acknowledged.set(message.workflow, message.seq);
      }
      const store = await open(dir.path);
      const { journal } = store;
      let events = 0;
      for (const [name, seq] of acknowledged) {
        const stored = (await journal.read(workflow(name))).length;
        expect(stored).to.be.at.least(seq);
        expect(stored % 3).to.equal(0);
        events += stored;
      }
      expect(journal.eventCount()).to.equal(events);
      const commits = await journal.commits(0, Number.MAX_SAFE_INTEGER);
      expect(commits).to.have.length(journal.lastCommit());
      expect(commits.reduce((sum, batch) => sum + batch.events.length, 0)).to.equal(events);
      await store.close();
    }
  });

  it('refuses a folder that another process works on, until that one is gone', async () => {
    const { child, said } = start(process.execPath, nodeArgs());
    await eventually(() => said.some(({ type }) => type === 'open'));
    const error: unknown = await open(dir.path).catch((thrown: unknown) => thrown);
    expect(error).to.have.property('code', 'DATA_DIR_IN_USE');
    const second = start(process.execPath, nodeArgs());
    const refusal = await eventually(() => second.said[0]);
    expect(refusal).to.deep.equal({ type: 'failed', code: 'DATA_DIR_IN_USE' });
    await kill(child);
    await (await open(dir.path)).close();
  });

  it('accepts nothing while the disk is full, can still be read, and goes on when there is room again', async function () {
    const has = promisify(execFile);
    if (
      process.platform !== 'linux' ||
      (await has('prlimit', ['--version']).catch(() => undefined)) === undefined
    ) {
      this.skip();
    }
    // A limit on the size of files is what makes a write fail here, for this one process.
    const { child, said } = start('/bin/bash', [
      '-c',
      'ulimit -S -f 192; exec "$@"',
      'bash',
      process.execPath,
      ...nodeArgs(),
    ]);
    await eventually(() => said.some(({ type }) => type === 'open'));
    tell(child, { type: 'flood', workflows: 10, eventsABatch: 3 });
    await eventually(() => said.filter(({ type }) => type === 'failed').length === 10);
    for (const message of said) if (message.type === 'failed') expect(message.code).to.equal('DISK_FULL');
    const acknowledged = new Map<string, number>();
    for (const message of said) {
      if (message.type === 'acknowledged') acknowledged.set(message.workflow, message.seq);
    }
    expect(acknowledged.size).to.equal(10);
    const told = (): boolean[] =>
      said.flatMap((message) => (message.type === 'accepting' ? [message.accepting] : []));
    expect(told()).to.deep.equal([false]);

    said.length = 0;
    tell(child, { type: 'append', workflow: 'flood-0' });
    await eventually(() => said.length === 1);
    expect(said[0]).to.deep.equal({ type: 'failed', code: 'DISK_FULL' });
    tell(child, { type: 'read', workflow: 'flood-0' });
    await eventually(() => said.length === 2);
    expect(said[1]).to.deep.equal({ type: 'read', events: acknowledged.get('flood-0') });

    await has('prlimit', ['--pid', String(child.pid), '--fsize=unlimited:unlimited']);
    // Nobody writes meanwhile: it comes back by itself, and says so.
    await eventually(() => told().length > 0);
    expect(told()).to.deep.equal([true]);
    tell(child, { type: 'append', workflow: 'flood-1' });
    await eventually(() => said.some(({ type }) => type === 'acknowledged'));
    await kill(child);

    const store = await open(dir.path);
    const { journal } = store;
    for (const [name, seq] of acknowledged) {
      expect((await journal.read(workflow(name))).length).to.be.at.least(seq);
    }
    const commits = await journal.commits(0, Number.MAX_SAFE_INTEGER);
    expect(commits).to.have.length(journal.lastCommit());
    await store.close();
  });
});
