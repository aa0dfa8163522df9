import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import type { BarColumns } from '../../contracts/bars.ts';
import type { SandboxLease, SandboxPool, StrategyRun } from '../../contracts/ports/sandbox.ts';
import { systemClock } from '../../contracts/ports/clock.ts';
import { sp500Source } from '../../market/data/index.ts';
import { SandboxContainer } from '../../sandbox-pool/docker/container.ts';
import { runnerCommand } from '../../sandbox-pool/docker/hardening.ts';
import { defaultSeccompProfilePath, loadSeccompProfile } from '../../sandbox-pool/docker/seccomp-profile.ts';
import { defaultLimits } from '../../sandbox-pool/index.ts';
import { frame, nonceBytes } from '../../sandbox-pool/pool/frames.ts';
import { RunnerSession } from '../../sandbox-pool/pool/runner-session.ts';
import { eventually } from '../support/eventually.ts';
import { sandboxHost, type SandboxHost } from './sandbox-host.ts';

const momentum = `
"""Momentum with a volatility filter."""
from __future__ import annotations
import dataclasses
import numpy as np
import pandas as pd

WARMUP_BARS = 126

@dataclasses.dataclass(frozen=True)
class Settings:
    lookback: int = 126
    volatility: int = 20
    target: float = 0.15

def generate_signals(bars: pd.DataFrame) -> pd.Series:
    settings = Settings()
    close = bars["close"]
    trend = close.pct_change(settings.lookback)
    risk = close.pct_change().rolling(settings.volatility).std() * np.sqrt(252)
    position = np.sign(trend) * (settings.target / risk).clip(0.0, 1.0)
    return position.where(trend.notna())
`;

describe('sandbox: leases and strategies', function () {
  this.timeout(120_000);
  let host: SandboxHost;
  let pool: SandboxPool;
  let sp500: BarColumns;

  before(async () => {
    host = await sandboxHost();
    pool = host.pool({ min: 2 });
    const [series] = await Promise.all([sp500Source().load('SPX'), pool.start()]);
    sp500 = series.bars;
  });

  after(async () => {
    await pool.close();
    await host.close();
  });

  const withLease = async <T>(code: string, use: (lease: SandboxLease) => Promise<T>): Promise<T> => {
    const lease = await pool.lease({ code });
    try {
      return await use(lease);
    } finally {
      await lease.release();
    }
  };
  const runOnce = (code: string, bars = prefix(sp500, 50)): Promise<StrategyRun> =>
    withLease(code, (lease) => lease.run(bars));

  it('X5 runs a pandas strategy over 5,105 bars and 20 prefixes in one lease, each prefix as in the full run', async () => {
    await withLease(momentum, async (lease) => {
      const full = await lease.run(sp500);
      expect(full).to.include({ success: true, verdict: 'ok', warmupBars: 126 });
      expect(full.positions).to.have.length(5_105);
      expect(full.positions?.[125]).to.be.NaN;
      for (let cut = 1; cut <= 20; cut++) {
        const length = 250 * cut;
        const partial = await lease.run(prefix(sp500, length));
        expect([...(partial.positions ?? [])]).to.deep.equal([...(full.positions ?? []).slice(0, length)]);
      }
    });
  });

  it('executes the module once and gives each run fresh bars', async () => {
    const code = `
runs = 0
print("loaded")
def generate_signals(bars):
    global runs
    runs += 1
    print("run", runs, bars["close"].iloc[0])
    bars["close"] = -1.0
    return bars["open"] * 0.0
`;
    await withLease(code, async (lease) => {
      const first = await lease.run(prefix(sp500, 3));
      const second = await lease.run(prefix(sp500, 3));
      expect(first.stdout).to.equal('loaded\nrun 1 1455.219971\n');
      expect(second.stdout).to.equal('run 2 1455.219971\n');
    });
  });

  it('gives the bars as float columns on a UTC index', async () => {
    const code = `
def generate_signals(bars):
    print(list(bars.columns), str(bars.index.dtype), bars.index[0].isoformat(), set(map(str, bars.dtypes)))
    return bars["close"] * 0
`;
    const { stdout } = await runOnce(code);
    expect(stdout).to.equal(
      "['open', 'high', 'low', 'close', 'volume'] datetime64[ns, UTC] 2000-01-03T00:00:00+00:00 {'float64'}\n",
    );
  });

  const strategy = (body: string): string =>
    `import numpy as np\nimport pandas as pd\ndef generate_signals(bars):\n    ${body}\n`;
  it('calls what breaks the contract by its name, and says where', async () => {
    const leverage = await runOnce(strategy('return bars["close"] * 0 + 1.5'));
    expect(leverage).to.include({
      success: false,
      errorKind: 'contract',
      verdict: 'failed',
      positions: null,
    });
    expect(leverage.error?.message).to.match(/^position 1.5 at bar 0 \(2000-01-03.*outside \[-1, 1\]$/);
    const nothing = await runOnce('x = 1');
    expect(nothing).to.include({ errorKind: 'contract' });
    expect(nothing.error?.message).to.equal('the program defines no function generate_signals(bars)');
    const warmup = await runOnce(`WARMUP_BARS = "ten"\n${strategy('return bars["close"] * 0')}`);
    expect(warmup.error?.message).to.match(/^WARMUP_BARS must be/);
  });

  const broken: [what: string, result: string, says: RegExp][] = [
    ['an array', 'np.zeros(4)', /must return a pandas Series, not ndarray/],
    ['None', 'None', /not NoneType/],
    ['too few positions', 'flat[1:]', /3 positions for 4 bars/],
    ['another index', 'pd.Series(np.zeros(4))', /same index/],
    ['text', 'pd.Series("long", index=index)', /must be float, not object/],
    ['NaN after the warm-up', 'flat * np.nan', /at bar 2 .*NaN is allowed only/],
    ['infinity in the warm-up', 'flat + [np.inf, 0, 0, 0]', /at bar 0 .*outside \[-1, 1\]/],
    ['NaN in the warm-up', 'flat + [np.nan, 0, 0.5, 1]', /^\[nan, 0\.0, 0\.5, 1\.0\]$/],
    ['whole numbers and truth values', '(flat == 0) & True', /^\[1\.0, 1\.0, 1\.0, 1\.0\]$/],
    ['a nullable float', 'flat.astype("Float64")', /^\[0\.0, 0\.0, 0\.0, 0\.0\]$/],
    ['a rounding error beyond 1', 'flat + 1.0000000001', /^\[1\.0, 1\.0, 1\.0, 1\.0\]$/],
  ];
  it('checks every kind of result: with two warm-up bars out of four', async () => {
    const code = `
import json, sys
import numpy as np
import pandas as pd
import bars as runner
from faults import ContractBroken
index = pd.date_range("2020-01-01", periods=4, tz="UTC")
flat = pd.Series(0.0, index=index)
for result in ${JSON.stringify(broken.map(([, result]) => result))}:
    try:
        print(runner.positions_from(eval(result), index, 2).tolist())
    except ContractBroken as error:
        print(error)
`;
    const { error, stdout } = await pool.execute({ code });
    expect(error).to.equal(null);
    const said = stdout.trim().split('\n');
    expect(said).to.have.length(broken.length);
    broken.forEach(([what, , says], at) => expect(said[at], what).to.match(says));
  });

  it('checks positions again outside, where the program cannot reach', async () => {
    const code = `
import sys
import bars as runner
import numpy as np
runner.positions_from = lambda result, index, warmup: np.full(len(index), 9.0)
def generate_signals(bars):
    return None
`;
    const run = await runOnce(code);
    expect(run).to.include({ success: false, errorKind: 'contract', positions: null });
    expect(run.error?.message).to.include('position 9 at bar 0');
  });

  it('X12 X13 says syntax, import and runtime faults of a strategy with their lines', async () => {
    expect((await runOnce('def generate_signals(bars)\n    pass')).error).to.include({ line: 1 });
    expect(await runOnce('def generate_signals(bars)\n    pass')).to.include({ errorKind: 'syntax' });
    expect(await runOnce('import talib\n')).to.include({ errorKind: 'import' });
    const runtime = await runOnce(strategy('return bars["adjusted"]'));
    expect(runtime).to.include({ errorKind: 'runtime' });
    expect(runtime.error).to.include({ line: 4, message: "KeyError: 'adjusted'" });
    expect(runtime.error?.traceback).not.to.include('/opt/');
  });

  it('ends the lease with a failed run: later runs answer internal', async () => {
    const lease = await pool.lease({
      code: strategy('return bars["close"] / 0 if len(bars) == 2 else 1 / 0'),
    });
    expect(await lease.run(prefix(sp500, 5))).to.include({ errorKind: 'runtime' });
    await eventually(async () => !(await host.exists(lease.containerId)), { what: 'its container to go' });
    expect(await lease.run(prefix(sp500, 5))).to.include({ errorKind: 'internal', verdict: 'refused' });
    await lease.release();
    await lease.release();
  });

  it('X7 ends a strategy that runs too long, and one that is cancelled', async () => {
    const endless = strategy('while True: pass');
    const late = await withLease(endless, (lease) => lease.run(prefix(sp500, 5), { timeoutMs: 300 }));
    expect(late).to.include({ errorKind: 'timeout', verdict: 'killed', positions: null });
    const giveUp = new AbortController();
    giveUp.abort();
    const cancelled = await withLease(endless, (lease) =>
      lease.run(prefix(sp500, 5), { signal: giveUp.signal }),
    );
    expect(cancelled).to.include({ errorKind: 'cancelled' });
  });

  it('gives every program a container of its own, without a trace of the one before', async () => {
    const canary = strategy(
      'import builtins, os; print(hasattr(builtins, "canary"), os.listdir("/tmp")); builtins.canary = 1; open("/tmp/canary", "w"); return bars["close"] * 0',
    );
    const seen = new Set<string>();
    for (let program = 0; program < 3; program++) {
      await withLease(canary, async (lease) => {
        expect((await lease.run(prefix(sp500, 2))).stdout).to.equal('False []\n');
        seen.add(lease.containerId);
      });
    }
    expect(seen.size).to.equal(3);
  });

  it('never accepts a second program in a used container, not even from the pool itself', async () => {
    const profile = await loadSeccompProfile(defaultSeccompProfilePath);
    const spec = {
      image: host.image,
      command: runnerCommand,
      seccompJson: profile.json,
      limits: defaultLimits,
      labels: {},
    };
    const container = await SandboxContainer.start(host.engine, systemClock, spec, 199_998);
    try {
      await new RunnerSession(container, systemClock, randomBytes).ready(20_000);
      const load = (code: string): Buffer =>
        frame('L', randomBytes(nonceBytes), Buffer.from(JSON.stringify({ mode: 'strategy', code })));
      container.stdio.write(load(strategy('return bars["close"] * 0')));
      container.stdio.write(load('print("a second program")'));
      expect(await container.exited).to.deep.equal({ exitCode: 70, oomKilled: false });
    } finally {
      await container.remove();
    }
  });

  it('refuses bars that are none, with the code of bad bars', async () => {
    await withLease(momentum, async (lease) => {
      const error = await lease.run(prefix(sp500, 0)).catch((thrown: unknown) => thrown);
      expect(error).to.include({ code: 'BARS_INVALID' });
    });
  });
});

function prefix(bars: BarColumns, length: number): BarColumns {
  const { time, open, high, low, close, volume } = bars;
  return {
    time: time.subarray(0, length),
    open: open.subarray(0, length),
    high: high.subarray(0, length),
    low: low.subarray(0, length),
    close: close.subarray(0, length),
    volume: volume.subarray(0, length),
  };
}
