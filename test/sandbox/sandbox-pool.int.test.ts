import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { codeOf } from '../support/code-of.ts';
import { eventually } from '../support/eventually.ts';
import { listeningLog, namedRandom, sandboxHost, type SandboxHost } from './sandbox-host.ts';

/** Patience for a machine that is busy with other tests. */
const withinMs = 45_000;
const endless = 'print("started", flush=True)\nwhile True: pass';

describe('sandbox: the pool', function () {
  this.timeout(120_000);
  let host: SandboxHost;

  before(async () => {
    host = await sandboxHost();
  });

  afterEach(() => host.closePools());
  after(() => host.close());

  const started: SandboxHost['startedPool'] = (options) => host.startedPool(options);

  it('keeps as many warm as it is told and leaves no container at close, with a program running', async () => {
    const { random, poolId } = namedRandom();
    const pool = await started({ min: 2, random });
    expect(pool.stats()).to.include({ warm: 2, leased: 0, failedCreations: 0 });
    const giveAway = new Promise<string>((resolve) => {
      void pool
        .execute({ code: endless, onOutput: () => resolve('running') })
        .then((result) => expect(result).to.include({ errorKind: 'cancelled', verdict: 'killed' }));
    });
    await giveAway;
    await eventually(() => pool.stats().warm === 2, { withinMs, what: 'the refill' });
    expect(await host.containers({ poolId: poolId() })).to.have.length(3);
    await pool.close();
    expect(await host.containers({ poolId: poolId() })).to.deep.equal([]);
    expect(pool.stats()).to.include({ warm: 0, creating: 0, leased: 0 });
    expect(await codeOf(pool.lease({ code: 'x' }))).to.equal('SANDBOX_POOL_CLOSED');
  });

  it('can be closed while it starts', async () => {
    const pool = host.pool({ min: 2 });
    const starting = codeOf(pool.start());
    await pool.close();
    expect(await starting).to.be.oneOf(['SANDBOX_POOL_CLOSED', 'no error']);
    expect(await codeOf(pool.lease({ code: 'x' }))).to.equal('SANDBOX_POOL_CLOSED');
  });

  it('replaces a container that dies while it is warm', async () => {
    const { log, messages } = listeningLog();
    const { random, poolId } = namedRandom();
    const pool = await started({ min: 1, log, random });
    const [warm = ''] = await host.containers({ poolId: poolId() });
    await host.kill(warm);
    await eventually(() => messages.includes('a warm sandbox container died and is replaced'), { withinMs });
    await eventually(() => pool.stats().warm === 1, { withinMs, what: 'a new warm container' });
    await eventually(async () => !(await host.exists(warm)), {
      withinMs,
      what: 'the removal of the dead one',
    });
    expect(await pool.execute({ code: 'print(1)' })).to.include({ success: true });
  });

  it('answers internal when a container is killed while it is in use', async () => {
    const pool = await started();
    const lease = await pool.lease({
      code: 'def generate_signals(bars):\n    print("go", flush=True)\n    while True: pass',
    });
    const one = Float64Array.of(1);
    const run = await lease.run(
      { time: one, open: one, high: one, low: one, close: one, volume: one },
      { onOutput: () => void host.kill(lease.containerId) },
    );
    expect(run).to.include({ success: false, errorKind: 'internal', verdict: 'killed', exitCode: 137 });
    expect(run.error?.message).to.equal('the container was killed from outside');
  });

  it('I2 runs 10 programs at once, each in a container of its own', async () => {
    const pool = await started({ min: 2, max: 4 });
    const results = await Promise.all(
      Array.from({ length: 10 }, (_, i) => pool.execute({ code: `print(${i})`, timeoutMs: 10_000 })),
    );
    expect(results.map(({ stdout }) => stdout.trim())).to.deep.equal(
      Array.from({ length: 10 }, (_, i) => String(i)),
    );
    await eventually(() => pool.stats().leased === 0, { withinMs, what: 'the used containers to go' });
    expect(pool.stats()).to.include({ served: 10, waiting: 0 });
  });

  it('refuses at once when the queue is full, and after the time a request may wait', async () => {
    const pool = await started({ min: 1, max: 1, longestQueue: 1 });
    const busy = await pool.lease({ code: 'x = 1' });
    const late = codeOf(pool.lease({ code: 'x = 2', waitMs: 50 }));
    expect(await codeOf(pool.lease({ code: 'x = 3' }))).to.equal('SANDBOX_POOL_FULL');
    expect(await late).to.equal('SANDBOX_POOL_FULL');
    await busy.release();
    const next = await pool.lease({ code: 'x = 4' });
    await next.release();
  });

  it('serves the higher priority first and forgets who gave up', async () => {
    const pool = await started({ min: 1, max: 1 });
    const busy = await pool.lease({ code: 'x = 1' });
    const giveUp = new AbortController();
    const order: string[] = [];
    const use = async (name: string, priority: number): Promise<void> => {
      const lease = await pool.lease({ code: 'x = 1', priority });
      order.push(name);
      await lease.release();
    };
    const abandoned = codeOf(pool.lease({ code: 'x = 1', priority: 99, signal: giveUp.signal }));
    const others = [use('low', 25), use('high', 75), use('critical', 100), use('high again', 75)];
    giveUp.abort();
    expect(await abandoned).to.equal('CANCELLED');
    await busy.release();
    await Promise.all(others);
    expect(order).to.deep.equal(['critical', 'high', 'high again', 'low']);
  });

  it('makes a container for limits of its own, also when the pool is full of others', async () => {
    const pool = await started({ min: 1, max: 1 });
    const code = 'x = bytearray(150_000_000)\nfor i in range(0, len(x), 4096): x[i] = 1\nprint(len(x))';
    expect(await pool.execute({ code, limits: { memoryBytes: 128 * 1024 * 1024 } })).to.include({
      errorKind: 'memory',
    });
    expect(await pool.execute({ code })).to.include({ success: true });
    expect(await codeOf(pool.execute({ code, limits: { memoryBytes: 1 } }))).to.equal('INPUT_INVALID');
  });

  it('replaces warm containers that have become old', async () => {
    const { random, poolId } = namedRandom();
    const pool = await started({ min: 1, maxAgeMs: 5_000, random });
    const [old = ''] = await host.containers({ poolId: poolId() });
    await eventually(async () => !(await host.exists(old)), { withinMs, what: 'the old one to go' });
    await eventually(() => pool.stats().warm === 1, { withinMs, what: 'a young one' });
  });

  it('sweeps the containers of a killed process at the next start, and never those of one that lives', async () => {
    const living = await started({ min: 1 });
    const script = fileURLToPath(new URL('pool-process.ts', import.meta.url));
    const socketPath = 'socketPath' in host.address ? host.address.socketPath : '';
    const livings = await host.containers({ pid: process.pid });
    const child = spawn(process.execPath, ['--import', 'tsx', script, socketPath, host.image], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    for (let said = ''; !said.includes('spinning');) said += String((await once(child.stdout, 'data'))[0]);
    const theirs = await host.containers({ pid: child.pid ?? 0 });
    expect(theirs).to.have.length.at.least(1);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await started({ min: 1 });
    expect(await host.containers({ pid: child.pid ?? 0 })).to.deep.equal([]);
    expect(await host.containers({ pid: process.pid })).to.include.members(livings);
    expect(await living.execute({ code: 'print(1)' })).to.include({ success: true });
  });

  it('I3 runs 20 programs one after the other without growing', async () => {
    const pool = await started({ min: 2 });
    for (let program = 0; program < 20; program++) {
      expect(await pool.execute({ code: `print(${program})` })).to.include({
        success: true,
        stdout: `${program}\n`,
      });
    }
    await eventually(() => pool.stats().warm === 2 && pool.stats().leased === 0, { withinMs });
    expect(pool.stats()).to.include({ served: 20, failedCreations: 0 });
  });
});
