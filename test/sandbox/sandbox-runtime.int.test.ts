import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { TradewrightError } from '../../contracts/errors.ts';
import { systemClock } from '../../contracts/ports/clock.ts';
import { Engine } from '../../sandbox-pool/docker/engine.ts';
import { eventually } from '../support/eventually.ts';
import { ownEngine, type OwnEngine } from './own-engine.ts';
import { namedRandom, sandboxHost, type SandboxHost } from './sandbox-host.ts';

const run = promisify(execFile);
/** null: not on PATH. */
const pathOf = (program: string): Promise<string | null> =>
  run('sh', ['-c', `command -v ${program}`]).then(
    ({ stdout }) => stdout.trim(),
    () => null,
  );
const isRoot = process.getuid?.() === 0;

describe('sandbox: the runtime is a setting', function () {
  this.timeout(120_000);
  let host: SandboxHost;

  before(async () => {
    host = await sandboxHost();
  });
  after(() => host.close());

  const runtimeOf = async (poolId: string, { engine }: Pick<SandboxHost, 'engine'>): Promise<string> => {
    const [found] = await engine.docker.listContainers({
      filters: { label: [`tradewright.pool=${poolId}`] },
    });
    const { HostConfig } = await engine.docker.getContainer(found?.Id ?? '').inspect();
    return HostConfig.Runtime ?? 'none';
  };

  it('hands the name on to the engine', async () => {
    const { random, poolId } = namedRandom();
    const pool = await host.startedPool({ runtime: 'runc', preload: 'numpy', random });
    expect(await runtimeOf(poolId(), host)).to.equal('runc');
    expect(await pool.execute({ code: 'print(1)' })).to.include({ success: true, stdout: '1\n' });
    await host.closePools();
  });

  for (const runtime of ['nonesuch', 'io.containerd.nonesuch.v1']) {
    it(`refuses to start on ${runtime}, and leaves nothing`, async () => {
      const { random, poolId } = namedRandom();
      const error = await host.startedPool({ runtime, random }).then(
        () => null,
        (thrown: unknown) => thrown,
      );
      expect(error).to.be.instanceOf(TradewrightError);
      expect(error).to.include({ code: 'RUNTIME_MISSING', kind: 'terminal' });
      expect(String(error)).to.include(runtime);
      expect(await host.containers({ poolId: poolId() })).to.deep.equal([]);
    });
  }

  describe('crun', () => {
    let engine: OwnEngine | null = null;
    before(async function () {
      const crun = await pathOf('crun');
      // Not on PATH: nothing to test. Debian has it as the package crun.
      if (crun === null || !isRoot) return this.skip();
      engine = await ownEngine(host.engine, host.image, crun);
    });
    after(() => engine?.remove());

    it('X5 X15 X16 confines as runc does: every part is read back from the kernel', async () => {
      const pool = await host.startedPool({
        engine: { socketPath: engine?.socketPath ?? '' },
        runtime: 'crun',
        min: 2,
      });
      const result = await pool.execute({ code: 'import numpy as np\nprint(int(np.arange(4).sum()))' });
      expect(result).to.include({ success: true, stdout: '6\n' });
      expect((await pool.runtime()).seccomp.proven).to.equal(true);
      const late = await pool.execute({ code: 'while True: pass', timeoutMs: 300 });
      expect(late).to.include({ errorKind: 'timeout', verdict: 'killed' });
      const greedy = await pool.execute({
        code: 'x = bytearray(400_000_000)\nx[::4096] = b"x" * len(x[::4096])',
      });
      expect(greedy).to.include({ errorKind: 'memory' });
      await host.closePools();
    });
  });

  describe("Podman's socket", () => {
    let folder = '';
    let service: ChildProcess | null = null;
    let socketPath = '';
    before(async function () {
      // Not on PATH: nothing to test. Debian has it as the package podman.
      if ((await pathOf('podman')) === null || !isRoot) return this.skip();
      folder = await mkdtemp(join(tmpdir(), 'twp-'));
      socketPath = join(folder, 'podman.sock');
      const places = ['--root', join(folder, 'root'), '--runroot', join(folder, 'run')];
      const serve = ['system', 'service', '--time', '0', `unix://${socketPath}`];
      service = spawn('podman', [...places, '--storage-driver', 'vfs', ...serve], { stdio: 'ignore' });
    });
    after(async () => {
      if (service === null) return;
      const gone = once(service, 'exit');
      service.kill();
      await gone;
      await rm(folder, { recursive: true, force: true });
    });

    it('is found, and refused by the part of the confinement that its API has not', async () => {
      const engine = new Engine({ socketPath }, systemClock);
      const facts = await eventually(() => engine.facts().catch(() => undefined), {
        withinMs: 30_000,
        what: 'Podman to answer',
      });
      engine.close();
      expect(facts.name).to.equal('Podman');
      const error = await host.startedPool({ engine: { socketPath } }).then(
        () => null,
        (thrown: unknown) => thrown,
      );
      expect(error).to.include({ code: 'SANDBOX_UNCONFINED' });
      expect(String(error)).to.match(/Podman .* cannot limit how many files \/tmp may hold/);
    });
  });
});
