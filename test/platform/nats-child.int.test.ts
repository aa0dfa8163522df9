import { type ChildProcess, spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { expect } from 'chai';
import { surroundings } from '../../app/doctor/surroundings.ts';
import { TradewrightError } from '../../contracts/errors.ts';
import { locateNatsServer } from '../../messaging/embedded/locate-server.ts';
import { type EmbeddedNats, startNatsServer } from '../../messaging/embedded/nats-server-child.ts';
import { identifyProcess } from '../../messaging/embedded/process-identity.ts';
import { type NatsServerState, superviseNatsServer } from '../../messaging/embedded/supervise-nats-server.ts';
import { eventually } from '../support/eventually.ts';
import { tempDir } from '../support/temp-dir.ts';

const parentProgram = fileURLToPath(new URL('./nats-parent.ts', import.meta.url));

describe('embedded nats-server', () => {
  let binary: string;
  let dataDir: string;
  let undo: (() => Promise<unknown>)[];

  before(async () => {
    const at = surroundings(process.env);
    ({ binary } = await locateNatsServer({ path: at.path, cacheDir: at.cacheDir }));
  });

  beforeEach(async () => {
    const folder = await tempDir();
    dataDir = folder.path;
    undo = [() => folder.remove()];
  });

  afterEach(async () => {
    for (const step of undo.reverse()) await step();
  });

  const start = async (options: { port?: number } = {}): Promise<EmbeddedNats> => {
    const nats = await startNatsServer({ dataDir, binary, ...options });
    undo.push(() => nats.stop());
    return nats;
  };

  it('starts on a free port of this machine, with JetStream on files, and is gone after stop', async () => {
    const nats = await start();
    await publishOne(nats.url);
    expect(await storedMessages(nats.url)).to.equal(1);
    await nats.stop();
    expect(await identifyProcess(nats.pid)).to.equal(undefined);
    expect((await nats.exited).adopted).to.equal(false);
  });

  it('keeps what was stored over a restart on the same folder', async () => {
    const first = await start();
    await publishOne(first.url);
    await first.stop();
    const second = await start();
    expect(await storedMessages(second.url)).to.equal(1);
  });

  it('refuses a second owner of the same folder and names the first', async () => {
    await start();
    const error = await failure(startNatsServer({ dataDir, binary }));
    expect(error.code).to.equal('DATA_DIR_IN_USE');
    expect(error.message).to.contain(String(process.pid));
  });

  it('names the port that another program has taken, and gives the folder free', async () => {
    const squatter = createServer();
    await new Promise<void>((resolve) => squatter.listen(0, '127.0.0.1', resolve));
    undo.push(() => new Promise((resolve) => squatter.close(resolve)));
    const { port } = squatter.address() as { port: number };
    const error = await failure(startNatsServer({ dataDir, binary, port }));
    expect(error.code).to.equal('PORT_IN_USE');
    expect(error.message).to.contain(String(port));
    await start();
  });

  it('reports why a server cannot start', async () => {
    const error = await failure(startNatsServer({ dataDir, binary: '/nonexistent/nats-server' }));
    expect(error.code).to.equal('NATS_UNAVAILABLE');
  });

  it('adopts the server of a parent that was killed, with its port and its messages', async () => {
    const { parent, nats } = await startInOtherProcess();
    await publishOne(nats.url);
    parent.kill('SIGKILL');
    await eventually(async () => (await identifyProcess(parent.pid ?? 0)) === undefined);
    const adopted = await start();
    expect(adopted).to.include({ adopted: true, pid: nats.pid, port: nats.port });
    expect(await storedMessages(adopted.url)).to.equal(1);
    await adopted.stop();
    expect(await identifyProcess(nats.pid)).to.equal(undefined);
    expect((await adopted.exited).adopted).to.equal(true);
  });

  it('starts an orphan anew that keeps another promise than the one wanted now, with its messages', async () => {
    const { parent, nats } = await startInOtherProcess();
    await publishOne(nats.url);
    parent.kill('SIGKILL');
    await eventually(async () => (await identifyProcess(parent.pid ?? 0)) === undefined);
    const supervised = await superviseNatsServer({ dataDir, binary, syncInterval: 'always' });
    undo.push(() => supervised.stop());
    expect(supervised.syncInterval).to.equal('always');
    expect(supervised.state).to.deep.include({ kind: 'ready', adopted: false });
    expect(await identifyProcess(nats.pid)).to.equal(undefined);
    expect(await readFile(join(dataDir, 'nats/server.conf'), 'utf8')).to.contain('sync_interval: "always"');
    expect(await storedMessages(supervised.url)).to.equal(1);
  });

  it('finds the server even when its parent was killed before it could write down the process', async () => {
    const { parent, nats } = await startInOtherProcess();
    parent.kill('SIGKILL');
    await eventually(async () => (await identifyProcess(parent.pid ?? 0)) === undefined);
    const record = join(dataDir, 'nats/server.json');
    const written = JSON.parse(await readFile(record, 'utf8')) as Record<string, unknown>;
    await writeFile(record, JSON.stringify({ ...written, process: null }));
    const adopted = await start();
    expect(adopted).to.include({ adopted: true, pid: nats.pid });
  });

  it('refuses a folder whose owner in another process lives', async () => {
    const { parent } = await startInOtherProcess();
    const error = await failure(startNatsServer({ dataDir, binary }));
    expect(error.code).to.equal('DATA_DIR_IN_USE');
    expect(error.message).to.contain(String(parent.pid));
    parent.kill('SIGTERM');
    await eventually(async () => (await identifyProcess(parent.pid ?? 0)) === undefined);
    await start();
  });

  it('starts anew when both the parent and its server were killed', async () => {
    const { parent, nats } = await startInOtherProcess();
    await publishOne(nats.url);
    parent.kill('SIGKILL');
    process.kill(nats.pid, 'SIGKILL');
    await eventually(async () => (await identifyProcess(parent.pid ?? 0)) === undefined);
    await eventually(async () => (await identifyProcess(nats.pid)) === undefined);
    const fresh = await start();
    expect(fresh.adopted).to.equal(false);
    expect(await storedMessages(fresh.url)).to.equal(1);
  });

  describe('supervised', () => {
    it('is restarted after a kill, on the same port, with what it had acknowledged', async () => {
      const nats = await superviseNatsServer({ dataDir, binary });
      undo.push(() => nats.stop());
      const states: NatsServerState['kind'][] = [];
      nats.onState((state) => states.push(state.kind));
      await publishOne(nats.url);
      const first = nats.state;
      expect(first.kind).to.equal('ready');
      if (first.kind === 'ready') process.kill(first.pid, 'SIGKILL');
      const second = await eventually(
        () => nats.state.kind === 'ready' && nats.state.restarts > 0 && nats.state,
      );
      expect(second.restarts).to.equal(1);
      expect(await storedMessages(nats.url)).to.equal(1);
      await nats.stop();
      expect(await identifyProcess(second.pid)).to.equal(undefined);
      expect(states).to.deep.equal(['restarting', 'ready', 'stopped']);
    });

    it('gives up after too many crashes and says so', async () => {
      const nats = await superviseNatsServer({
        dataDir,
        binary,
        restart: { maxRestarts: 1, firstBackoffMs: 1 },
      });
      undo.push(() => nats.stop());
      for (let kills = 0; kills < 2; kills += 1) {
        const ready = await eventually(
          () => nats.state.kind === 'ready' && nats.state.restarts === kills && nats.state,
        );
        process.kill(ready.pid, 'SIGKILL');
      }
      const failed = await eventually(() => nats.state.kind === 'failed' && nats.state);
      expect(failed.failure.code).to.equal('NATS_UNAVAILABLE');
    });

    it('can be stopped while it waits to restart', async () => {
      const nats = await superviseNatsServer({
        dataDir,
        binary,
        restart: { firstBackoffMs: 3_600_000, maxBackoffMs: 3_600_000 },
      });
      if (nats.state.kind === 'ready') process.kill(nats.state.pid, 'SIGKILL');
      await eventually(() => nats.state.kind === 'restarting');
      await nats.stop();
      expect(nats.state.kind).to.equal('stopped');
      await start();
    });
  });

  /** A parent of its own, so that it can be killed like a crashed Tradewright. */
  async function startInOtherProcess(): Promise<{
    parent: ChildProcess;
    nats: { pid: number; port: number; url: string };
  }> {
    const parent = spawn(process.execPath, ['--import=tsx', parentProgram, dataDir, binary], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    undo.push(async () => void parent.kill('SIGKILL'));
    const [line] = await new Promise<string[]>((resolve) =>
      createInterface({ input: parent.stdout }).once('line', (text) => resolve([text])),
    );
    const nats = JSON.parse(line ?? '') as { pid: number; port: number; url: string };
    undo.push(async () => {
      if ((await identifyProcess(nats.pid)) !== undefined) process.kill(nats.pid, 'SIGKILL');
    });
    return { parent, nats };
  }
});

async function publishOne(url: string): Promise<void> {
  const connection = await connect({ servers: url });
  try {
    const manager = await jetstreamManager(connection);
    await manager.streams.add({ name: 'KEPT', subjects: ['kept.>'] });
    await jetstream(connection).publish('kept.one', 'hello');
  } finally {
    await connection.close();
  }
}

async function storedMessages(url: string): Promise<number> {
  const connection = await connect({ servers: url });
  try {
    return (await (await jetstreamManager(connection)).streams.info('KEPT')).state.messages;
  } finally {
    await connection.close();
  }
}

async function failure(work: Promise<unknown>): Promise<TradewrightError> {
  const thrown = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(thrown).to.be.instanceOf(TradewrightError);
  return thrown as TradewrightError;
}
