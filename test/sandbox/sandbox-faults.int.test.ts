import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import type { SandboxPool, SandboxResult } from '../../contracts/ports/sandbox.ts';
import { codeOf } from '../support/code-of.ts';
import { eventually } from '../support/eventually.ts';
import { ownEngine, type OwnEngine } from './own-engine.ts';
import { listeningLog, namedRandom, sandboxHost, type SandboxHost } from './sandbox-host.ts';
import { slowEngine } from './slow-engine.ts';

const withinMs = 60_000;
const endless = 'print("started", flush=True)\nwhile True: pass';
describe('sandbox: faults', function () {
  this.timeout(240_000);
  let host: SandboxHost;

  before(async () => {
    host = await sandboxHost();
  });
  afterEach(() => host.closePools());
  after(() => host.close());

  const started = (options: Parameters<SandboxHost['pool']>[0] = {}): Promise<SandboxPool> =>
    host.startedPool({ preload: 'numpy', ...options });

  it('counts a deadline from the submission: the wait is part of it', async () => {
    const pool = await started({ min: 1, max: 1 });
    const busy = await pool.lease({ code: 'x = 1' });
    expect(await codeOf(pool.execute({ code: 'print(1)', deadlineMs: 100 }))).to.equal('SANDBOX_POOL_FULL');
    await busy.release();
    await eventually(() => pool.stats().warm === 1, { withinMs, what: 'a warm one' });
    const late = await pool.execute({ code: endless, timeoutMs: 60_000, deadlineMs: 700 });
    expect(late).to.include({ success: false, errorKind: 'timeout' });
    expect(late.error?.message).to.match(/longer than (700|69\d) ms/);
  });

  it('lets programs under way end before it closes, when it is given the time', async () => {
    const pool = await started({ min: 1 });
    const running = pool.execute({
      code: 'import time\nprint("go", flush=True)\ntime.sleep(0.5)\nprint("end")',
    });
    await eventually(() => pool.stats().leased === 1, { withinMs, what: 'the program to run' });
    await pool.close({ drainMs: 30_000 });
    expect(await running).to.include({ success: true, stdout: 'go\nend\n' });
  });

  it('replaces a warm container that is frozen and gives none such away', async () => {
    const { log, messages } = listeningLog();
    const { random, poolId } = namedRandom();
    const pool = await started({ min: 1, healthEveryMs: 200, log, random });
    const [frozen = ''] = await host.containers({ poolId: poolId() });
    await host.engine.docker.getContainer(frozen).pause();
    await eventually(() => messages.includes('a warm sandbox container does not answer and is replaced'), {
      withinMs,
      what: 'the frozen one to be noticed',
    });
    await eventually(async () => !(await host.exists(frozen)), { withinMs, what: 'the frozen one to go' });
    expect(await pool.execute({ code: 'print(1)' })).to.include({ success: true });
  });

  it('works on an engine that is slow, and answers who waits when it answers nothing any more', async () => {
    const behind = 'socketPath' in host.address ? host.address.socketPath : '';
    const slow = await slowEngine(behind, 150);
    try {
      const pool = await started({ engine: { socketPath: slow.socketPath }, min: 1, max: 2 });
      expect(await pool.execute({ code: 'print(1)' })).to.include({ success: true, stdout: '1\n' });
      await eventually(() => pool.stats().warm === 1, { withinMs, what: 'the refill' });
      slow.stalled = true;
      const held = await pool.lease({ code: 'x = 1' });
      expect(await codeOf(pool.execute({ code: 'print(2)', waitMs: 300 }))).to.be.oneOf([
        'SANDBOX_POOL_FULL',
        'SANDBOX_INTERNAL',
      ]);
      slow.stalled = false;
      slow.cut();
      await held.release();
    } finally {
      await host.closePools();
      await slow.close();
    }
  });

  const phases: readonly (readonly [phase: string, says: string])[] = [
    ['making its containers', 'starting'],
    ['warm', 'warm'],
    ['in a run', 'spinning'],
  ];
  for (const [phase, says] of phases) {
    it(`leaves no orphan after the next start when its process is killed while ${phase}`, async () => {
      const script = fileURLToPath(new URL('pool-process.ts', import.meta.url));
      const socketPath = 'socketPath' in host.address ? host.address.socketPath : '';
      const child = spawn(process.execPath, ['--import', 'tsx', script, socketPath, host.image], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let said = '';
      child.stdout.on('data', (text: Buffer) => (said += text.toString('utf8')));
      await eventually(() => said.includes(says), { withinMs, what: says });
      const pid = child.pid ?? 0;
      if (says === 'starting')
        await eventually(async () => (await host.containers({ pid })).length > 0, {
          withinMs,
          what: 'a container that is being made',
        });
      child.kill('SIGKILL');
      await once(child, 'exit');
      const pool = await started({ min: 1 });
      expect(await host.containers({ pid })).to.deep.equal([]);
      expect(await pool.execute({ code: 'print(1)' })).to.include({ success: true });
    });
  }

  describe('of the engine', () => {
    let engine: OwnEngine;
    before(async function () {
      if (process.getuid?.() !== 0) this.skip();
      engine = await ownEngine(host.engine, host.image);
    });
    after(async () => {
      await host.closePools();
      await engine.remove();
    });

    const recovers = async (pool: SandboxPool): Promise<void> => {
      await eventually(
        async () => {
          const run = await pool.execute({ code: 'print("again")', waitMs: 2_000 }).catch(() => null);
          return run?.success === true;
        },
        { withinMs, what: 'programs to run again' },
      );
    };

    const quick = 'import time\nprint("started", flush=True)\ntime.sleep(2)\nprint("done")';
    // Told to stop, the engine takes its containers along. Killed, it cannot: what runs goes on without it, and gives its result.
    for (const [signal, code] of [
      ['SIGTERM', endless],
      ['SIGKILL', quick],
    ] as const) {
      it(`answers the run under way and who waits when it ends by ${signal}, and goes on when it is back`, async () => {
        const pool = await started({ engine: { socketPath: engine.socketPath }, min: 1, max: 1 });
        let run: Promise<SandboxResult> | undefined;
        await new Promise<void>((resolve) => {
          run = pool.execute({ code, timeoutMs: 60_000, onOutput: () => resolve() });
        });
        const waiting = codeOf(pool.execute({ code: 'print(2)', waitMs: 5_000 }));
        await engine.stop(signal);
        const ended = await run;
        if (signal === 'SIGTERM')
          expect(ended).to.include({ success: false, errorKind: 'internal', verdict: 'killed' });
        else expect(ended).to.include({ success: true, stdout: 'started\ndone\n' });
        expect(await waiting).to.be.oneOf(['SANDBOX_POOL_FULL', 'SANDBOX_INTERNAL']);
        await engine.start();
        await recovers(pool);
      });
    }

    it('says that the disk is full, and goes on when there is room', async () => {
      const pool = await started({ engine: { socketPath: engine.socketPath }, min: 1, max: 2 });
      const makeRoom = await engine.fillDisk();
      await pool.execute({ code: 'print(1)' });
      const error = await pool
        .execute({ code: 'print(2)', waitMs: 3_000 })
        .catch((thrown: unknown) => thrown as Error);
      expect(error).to.include({ code: 'SANDBOX_INTERNAL' });
      expect((error as Error).message).to.match(/no space left on device/);
      await makeRoom();
      await recovers(pool);
    });
  });
});
