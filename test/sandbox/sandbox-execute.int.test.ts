import { expect } from 'chai';
import type { SandboxPool, SandboxResult } from '../../contracts/ports/sandbox.ts';
import { systemClock } from '../../contracts/ports/clock.ts';
import { silentLog } from '../../contracts/ports/log.ts';
import { execute } from '../../sandbox-pool/index.ts';
import { eventually } from '../support/eventually.ts';
import { namedRandom, sandboxHost, type SandboxHost } from './sandbox-host.ts';

const MiB = 1024 * 1024;

describe('sandbox: plain programs', function () {
  this.timeout(120_000);
  let host: SandboxHost;
  let pool: SandboxPool;

  before(async () => {
    host = await sandboxHost();
    pool = await host.startedPool({ min: 2 });
  });
  after(() => host.close());

  const run = (code: string, timeoutMs = 10_000): Promise<SandboxResult> => pool.execute({ code, timeoutMs });

  it('X5 runs safe code and gives its output, exit code and verdict', async () => {
    const result = await run('import numpy as np\nprint("sum", int(np.arange(10).sum()))');
    expect(result).to.include({
      success: true,
      exitCode: 0,
      verdict: 'ok',
      errorKind: null,
      stdout: 'sum 45\n',
    });
    expect(result.error).to.equal(null);
  });

  it('X7 ends a program at its 3 s limit in under 3.5 s, the container gone', async () => {
    const before = performance.now();
    const result = await run('import signal, time\nwhile True:\n    time.sleep(0.1)', 3_000);
    expect(result).to.include({ success: false, verdict: 'killed', errorKind: 'timeout', signal: 'SIGKILL' });
    await eventually(() => pool.stats().leased === 0, { withinMs: 5_000, what: 'its container to be gone' });
    expect(performance.now() - before).to.be.within(3_000, 3_500);
  });

  it('X7 ends a program that spins in C and ignores signals', async () => {
    const result = await run('import signal\nsignal.signal(15, signal.SIG_IGN)\nsum(range(10**12))', 400);
    expect(result).to.include({ errorKind: 'timeout', verdict: 'killed' });
  });

  it('X5 leaves a program its asserts, docstrings and modules, although the runner boots without', async () => {
    const code = [
      'import hashlib, secrets, sys',
      'def f():',
      '    "said"',
      'exec(\'def g():\\n    "also"\\nassert g.__doc__ == "also"\')',
      'caught = []',
      "for check in ('assert False', 'raise AssertionError'):",
      '    try:',
      '        exec(check)',
      '    except AssertionError:',
      '        caught.append(check)',
      'RESULT = [f.__doc__, g.__doc__, len(caught), sys.flags.optimize, hashlib.sha256(b"x").hexdigest()[:4], secrets.token_hex(2) != ""]',
    ].join('\n');
    const result = await run(code);
    expect(result.error).to.equal(null);
    expect(result.value).to.deep.equal(['said', 'also', 2, 0, '2d71', true]);
  });

  it('X9 reports processor time and peak memory as the host measured them', async () => {
    const { resources } = await run(
      'import time\nx = bytearray(60_000_000)\nuntil = time.process_time() + 0.2\nwhile time.process_time() < until: pass',
    );
    expect(resources.cpuMs).to.be.within(150, 2_000);
    expect(resources.peakMemoryBytes).to.be.within(60_000_000, 256 * MiB);
  });

  it('X10 runs one program with one call and leaves nothing', async () => {
    const { random, poolId } = namedRandom();
    const options = { engine: host.address, image: host.image, clock: systemClock, log: silentLog, random };
    const result = await execute(options, { code: 'print("one call")' });
    expect(result).to.include({ success: true, stdout: 'one call\n' });
    expect(await host.containers({ poolId: poolId() })).to.deep.equal([]);
  });

  it('X11 answers empty code with a clear error and no container', async () => {
    const served = pool.stats().served;
    const result = await run('  \n\t');
    expect(result).to.include({ success: false, verdict: 'refused', errorKind: 'syntax' });
    expect(result.error?.message).to.equal('the program is empty');
    expect(pool.stats().served).to.equal(served);
  });

  it('X12 says the line of a syntax error', async () => {
    const result = await run('x = 1\ny = 2\nif x = y:\n    pass\n');
    expect(result).to.include({ success: false, errorKind: 'syntax', verdict: 'failed', exitCode: 1 });
    expect(result.error).to.include({ line: 3 });
    expect(result.error?.message).to.match(/^SyntaxError: /);
  });

  const unreadable: [what: string, code: string][] = [
    ['a NUL', 'x = 1\0'],
    ['a lone surrogate', 'x = "\ud800"'],
    ['nesting without end', `x = ${'('.repeat(5_000)}${')'.repeat(5_000)}`],
    ['a chain of 100 000 attributes', `x${'.a'.repeat(100_000)}`],
  ];
  for (const [what, code] of unreadable) {
    it(`X12 calls code with ${what} the program's fault`, async () => {
      const { success, errorKind } = await run(code);
      expect({ success, errorKind }).to.be.deep.oneOf([
        { success: false, errorKind: 'syntax' },
        { success: false, errorKind: 'runtime' },
      ]);
    });
  }

  it("X13 gives a runtime error with the user's own frames and line", async () => {
    const result = await run('def ratio(a, b):\n    return a / b\n\nprint("before")\nratio(1, 0)\n');
    expect(result).to.include({ success: false, errorKind: 'runtime', exitCode: 1, stdout: 'before\n' });
    expect(result.error).to.include({ line: 2, message: 'ZeroDivisionError: division by zero' });
    expect(result.error?.traceback).to.include('File "strategy.py", line 5, in <module>');
    expect(result.error?.traceback).to.include('return a / b');
    expect(result.error?.traceback).not.to.include('/opt/');
  });

  it('X13 calls a missing module an import error', async () => {
    const result = await run('import nonexistent_module');
    expect(result).to.include({ errorKind: 'import', success: false });
    expect(result.error).to.include({
      line: 1,
      message: "ModuleNotFoundError: No module named 'nonexistent_module'",
    });
  });

  it('X14 round-trips as JSON', async () => {
    const result = await run(
      'import sys\nprint("λ, 🙂", "\\x00")\nprint("no", file=sys.stderr)\nraise ValueError("Ünwise")',
    );
    expect(JSON.parse(JSON.stringify(result))).to.deep.equal(result);
    expect(result.stdout).to.equal('λ, 🙂 \0\n');
    expect(result.stderr).to.equal('no\n');
  });

  it('gives the exit code of a program that leaves by itself, in each way', async () => {
    expect(await run('raise SystemExit(3)')).to.include({
      success: false,
      exitCode: 3,
      errorKind: 'runtime',
    });
    expect(await run('import os\nos._exit(4)')).to.include({
      success: false,
      exitCode: 4,
      errorKind: 'runtime',
    });
    // The first process of a namespace is not reached by its own SIGABRT: abort() ends it with an illegal instruction.
    expect(await run('import os\nos.abort()')).to.include({
      success: false,
      signal: 'SIGSEGV',
      errorKind: 'runtime',
    });
  });

  it('I5 limits a 400 MB allocation and reports it as memory', async () => {
    const result = await run('x = bytearray(400_000_000)\nfor i in range(0, len(x), 4096): x[i] = 1');
    expect(result).to.include({ success: false, errorKind: 'memory', exitCode: 137, verdict: 'killed' });
    expect(result.resources.peakMemoryBytes).to.be.at.most(256 * MiB);
  });

  it('calls a MemoryError memory', async () => {
    expect(await run('x = [0] * 10**15')).to.include({ success: false, errorKind: 'memory' });
  });

  it('limits threads and reports pids', async () => {
    const code =
      'import threading, time\nfor i in range(100): threading.Thread(target=time.sleep, args=(9,), daemon=True).start()';
    expect(await run(code)).to.include({ success: false, errorKind: 'pids' });
  });

  it('I5 keeps 110 KB of output whole', async () => {
    const result = await run('print("x" * 110_000)');
    expect(result).to.include({ success: true, stdoutTruncated: false });
    expect(result.stdout).to.have.length(110_001);
  });

  it('cuts and flags more output than is kept', async () => {
    const result = await run(
      'import sys\nfor i in range(3_000): print("é" * 499)\nprint("e", file=sys.stderr)',
    );
    expect(result).to.include({
      success: true,
      stdoutTruncated: true,
      stderrTruncated: false,
      stderr: 'e\n',
    });
    expect(Buffer.byteLength(result.stdout)).to.be.within(MiB - 2, MiB);
    expect(result.stdout).not.to.include('\ufffd');
  });

  const floods: [what: string, code: string][] = [
    ['print', 'for i in range(1_000): print("x" * 100_000)'],
    ['one endless line', 'import sys\nwhile True: sys.stderr.write("x" * 100_000)'],
    [
      'the bare descriptors',
      'import os\nwhile True:\n    os.write(1, b"x" * 50_000)\n    os.write(2, b"y" * 50_000)',
    ],
  ];
  for (const [what, code] of floods) {
    it(`I5 bounds 100 MB of output through ${what}`, async () => {
      const result = await run(code);
      expect(result).to.include({ success: false, verdict: 'killed', errorKind: 'output' });
      expect(result.stdout.length).to.be.at.most(MiB);
      expect(result.stderr.length).to.be.at.most(MiB);
      expect(result.stdoutTruncated || result.stderrTruncated).to.equal(true);
    });
  }

  it('streams what the program prints while it runs', async () => {
    const heard: string[] = [];
    const result = await pool.execute({
      code: 'import sys\nprint("out", flush=True)\nprint("err", file=sys.stderr, flush=True)',
      onOutput: (stream, text) => heard.push(`${stream}:${text}`),
    });
    expect(result.success).to.equal(true);
    expect(heard).to.deep.equal(['stdout:out\n', 'stderr:err\n']);
  });

  it('kills a program whose caller gives up', async () => {
    const giveUp = new AbortController();
    const result = await pool.execute({
      code: 'print("started", flush=True)\nwhile True: pass',
      signal: giveUp.signal,
      onOutput: () => giveUp.abort(),
    });
    expect(result).to.include({
      success: false,
      errorKind: 'cancelled',
      verdict: 'killed',
      stdout: 'started\n',
    });
  });

  const forgeries: [what: string, code: string][] = [
    ['frames without the nonce', "frame = b'P' + (24).to_bytes(4, 'little') + bytes(24)"],
    ['a giant frame', "frame = b'E' + (2**32 - 1).to_bytes(4, 'little')"],
    ['an unknown frame', "frame = b'?' * 64"],
    ['a second READY', "frame = b'Y' + (2).to_bytes(4, 'little') + b'{}'"],
  ];
  for (const [what, code] of forgeries) {
    it(`is not fooled by ${what} written to every descriptor`, async () => {
      const forge = `import os\n${code}\nfor fd in range(3, 20):\n    try: os.write(fd, frame)\n    except OSError: pass\nwhile True: pass`;
      const result = await run(forge);
      expect(result).to.include({ success: false, verdict: 'killed', errorKind: 'runtime' });
      expect(result.error?.message).to.include('interfered with its runner');
    });
  }
});
