import { expect } from 'chai';
import { runProgram } from '../../actors/sandbox/run-program.ts';
import { execute } from '../../app/sandbox/execute.ts';
import { runReport } from '../../app/sandbox/run-report.ts';
import type { SandboxPool, SandboxResult } from '../../contracts/ports/sandbox.ts';
import type { PostRun, ProgramRun } from '../../contracts/sandbox-api.ts';
import { reviewCode } from '../../sandbox-pool/validator/index.ts';
import { sandboxHost, type SandboxHost } from './sandbox-host.ts';

describe('sandbox: reviewed programs', function () {
  this.timeout(120_000);
  let host: SandboxHost;
  let pool: SandboxPool;

  before(async () => {
    host = await sandboxHost();
    pool = await host.startedPool({ min: 2 });
  });
  after(() => host.close());

  const run = (post: PostRun, validation: 'on' | 'off' = 'on'): Promise<ProgramRun> =>
    runProgram({ review: reviewCode, validation, execute: (request) => pool.execute(request) }, post);

  it('I4 names five failures by what they are, and goes on after each', async () => {
    const failures: readonly [code: string, errorKind: SandboxResult['errorKind'], says: RegExp][] = [
      ['x = 1\nprint(x / 0)', 'runtime', /ZeroDivisionError/],
      ['x = 1\nwhile x > 0:\n    x += 1', 'timeout', /longer than 700 ms/],
      ['import os\nos.remove("/etc/passwd")', 'blocked', /code risk 30/],
      ['def broken(:\n    pass', 'syntax', /SyntaxError/],
      ['import talib\nprint(talib.SMA)', 'import', /ModuleNotFoundError: No module named 'talib'/],
    ];
    for (const [code, errorKind, says] of failures) {
      const { result } = await run({ code, limits: { timeoutMs: 700 } });
      expect(result, code).to.include({ success: false, errorKind });
      expect(result.error?.message).to.match(says);
      expect((await run({ code: 'print("well")' })).result).to.include({ success: true, stdout: 'well\n' });
    }
  });

  it('X6 gives a blocked program no container, and X8 lets only the operator switch that off', async () => {
    const { served } = pool.stats();
    const code = 'import os\nprint(os.getpid())';
    const blocked = await run({ code });
    expect(blocked.result).to.include({ verdict: 'refused', errorKind: 'blocked', durationMs: 0 });
    expect(blocked.result.error).to.include({ line: 1 });
    expect(pool.stats().served).to.equal(served);
    expect((await run({ code }, 'off')).result).to.include({ success: true, stdout: '1\n' });
    const withOrder = { code, validation: 'off' } as PostRun;
    expect((await run(withOrder)).result).to.include({ verdict: 'refused' });
  });

  it('X10 X14 hands in a JSON value and gives one back, in one call', async () => {
    const code =
      'import numpy as np\nprint(sorted(INPUT))\nRESULT = {"mean": np.mean(INPUT["x"]), "all": np.arange(3), "text": "λ"}';
    const { review, result } = await execute(code, { x: [1, 2, 6] }, { timeoutMs: 20_000 });
    expect(review.codeRisk).to.equal(0);
    expect(result).to.include({ success: true, stdout: "['x']\n" });
    expect(result.value).to.deep.equal({ mean: 3, all: [0, 1, 2], text: 'λ' });
    expect(JSON.parse(JSON.stringify(result))).to.deep.equal(result);
  });

  const unsendable: [what: string, result: string, says: RegExp][] = [
    ['NaN', 'float("nan")', /not JSON compliant/],
    ['itself', 'x', /nested deeper than 64 levels/],
    ['a set', '{1}', /set has no form in JSON/],
    ['two megabytes', '"x" * 2_000_000', /1048576 are the most/],
    ['a key for prototypes', '{"__proto__": 1}', /__proto__/],
  ];
  for (const [what, value, says] of unsendable) {
    it(`X14 says why a RESULT of ${what} cannot be given back`, async () => {
      const { result } = await run({ code: `x = []\nx.append(x)\nRESULT = ${value}` }, 'off');
      expect(result).to.include({ success: false, errorKind: 'contract', value: null });
      expect(result.error?.message).to.match(says);
    });
  }

  it('I6 makes its report of what was measured, and of nothing else', async () => {
    const programs = [
      'print(1)',
      'print(1)',
      'raise ValueError("no")',
      'x = 1\nwhile x > 0: x += 1',
      'import os',
    ];
    const results: SandboxResult[] = [];
    for (const code of programs) results.push((await run({ code, limits: { timeoutMs: 500 } })).result);
    const report = runReport(results);
    const durations = results
      .filter(({ verdict }) => verdict !== 'refused')
      .map(({ durationMs }) => durationMs);
    expect(report).to.deep.include({
      runs: 5,
      succeeded: 2,
      errorKinds: { runtime: 1, timeout: 1, blocked: 1 },
      truncated: 0,
      reproducible: true,
    });
    expect(report.durationMs?.max)
      .to.equal(Math.max(...durations))
      .and.to.be.at.least(500);
    expect(report.durationMs?.min).to.equal(Math.min(...durations));
    const [first, second, ...rest] = results;
    if (first === undefined || second === undefined) throw new Error('nothing was measured');
    // Another measurement, another report.
    const slower = runReport([{ ...first, durationMs: 9_999, stdout: '2\n' }, second, ...rest]);
    expect(slower.durationMs?.max).to.equal(9_999);
    expect(slower.reproducible).to.equal(false);
    expect(runReport([])).to.deep.include({ runs: 0, durationMs: null, reproducible: null });
  });

  it('kills at a call that no strategy has a use for, when the operator wants that', async () => {
    const deadly = host.pool({ min: 1, seccompAction: 'kill' });
    await deadly.start();
    try {
      expect((await deadly.runtime()).seccomp.proven).to.equal(true);
      const call = (number: number): string =>
        `import ctypes\nprint(ctypes.CDLL(None).syscall(ctypes.c_long(${number}), 0, 0, 0, 0, 0))`;
      for (const never of [101, 272, 321, 425])
        expect(await deadly.execute({ code: call(never) }), String(never)).to.include({
          success: false,
          errorKind: 'blocked',
          signal: 'SIGSYS',
        });
      // Refused as ever: libraries try it, and go on without it.
      expect(await deadly.execute({ code: call(57) })).to.include({ success: true, stdout: '-1\n' });
    } finally {
      await deadly.close();
    }
  });
});
