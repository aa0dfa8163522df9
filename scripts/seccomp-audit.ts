// `npm run seccomp:audit [-- --json]`: derives the system calls that strategies need by tracing real programs, and names what the
// profile allows and nobody used. Needs root on the engine's host, and strace.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { surroundings } from '../app/doctor/surroundings.ts';
import { systemClock } from '../contracts/ports/clock.ts';
import { SandboxContainer } from '../sandbox-pool/docker/container.ts';
import { locateEngine } from '../sandbox-pool/docker/engine-locator.ts';
import { Engine } from '../sandbox-pool/docker/engine.ts';
import { runnerCommandFor } from '../sandbox-pool/docker/hardening.ts';
import { runnerDigest } from '../sandbox-pool/docker/runner-digest.ts';
import { defaultSeccompProfilePath } from '../sandbox-pool/docker/seccomp-profile.ts';
import { sandboxImageTags } from '../sandbox-pool/image/image-tag.ts';
import { defaultLimits } from '../sandbox-pool/index.ts';
import { containerLimits } from '../sandbox-pool/pool/limits.ts';
import { bearWarmContainer } from '../sandbox-pool/pool/warm-container.ts';

const honest = fileURLToPath(new URL('../test/validator/corpus/honest/', import.meta.url));
const withinMs = 120_000;

const Profile = z.looseObject({
  syscalls: z.array(z.looseObject({ names: z.array(z.string()), action: z.string() })),
});
type Profile = z.infer<typeof Profile>;

/** Every honest strategy of the corpus on made-up bars, and what libraries do beside computing. */
const driver = (programs: readonly string[]): string => `
import asyncio, concurrent.futures, json, os, signal, socket, sqlite3, subprocess, sys, tempfile, threading, time, types
import numpy as np, pandas as pd
rng = np.random.default_rng(7)
index = pd.date_range("2020-01-01", periods=600, freq="D", tz="UTC", name="time")
close = pd.Series(100 * np.exp(np.cumsum(rng.normal(0, 0.01, 600))), index=index)
bars = pd.DataFrame({"open": close.shift(1).fillna(100.0), "high": close * 1.01, "low": close * 0.99, "close": close, "volume": 1e6})
failed = []
for number, code in enumerate(json.loads(${JSON.stringify(JSON.stringify(programs))})):
    module = types.ModuleType(f"program{number}")
    sys.modules[module.__name__] = module
    try:
        exec(compile(code, "strategy.py", "exec"), module.__dict__)
        module.generate_signals(bars.copy())
    except Exception as error:
        failed.append(f"{number}: {error!r}")
with concurrent.futures.ThreadPoolExecutor(4) as pool: list(pool.map(time.sleep, [0.01] * 8))
asyncio.run(asyncio.sleep(0.01))
sqlite3.connect(":memory:").execute("select 1").fetchone()
with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "a")
    with open(path, "w") as file:
        file.write("x"); file.flush(); os.fsync(file.fileno())
    os.rename(path, path + "b"); os.listdir(folder); os.stat(path + "b"); os.truncate(path + "b", 0)
signal.setitimer(signal.ITIMER_REAL, 10); signal.setitimer(signal.ITIMER_REAL, 0)
np.linalg.svd(rng.normal(size=(200, 200))); np.fft.fft(np.arange(1024.0)); bars.resample("W").last(); bars.describe()
print(json.dumps(failed), flush=True)
`;

interface Traced {
  readonly used: ReadonlySet<string>;
  /** Tried and refused, with how often. */
  readonly refused: ReadonlyMap<string, number>;
  readonly said: string;
}

async function trace(engine: Engine, image: string, seccompJson: string, code: string): Promise<Traced> {
  const folder = await mkdtemp(join(tmpdir(), 'tradewright-audit-'));
  // Waits until it is traced, and then becomes the program: what starting it needs is seen too.
  const wait =
    'import os, sys; sys.stdin.readline(); os.execv("/usr/bin/python3", ["python3", "-I", "-B", "-c", sys.argv[1]])';
  const spec = {
    image,
    command: ['python3', '-I', '-B', '-c', wait, code],
    seccompJson,
    limits: { ...containerLimits(defaultLimits), memoryBytes: 1_024 * 2 ** 20 },
    labels: {},
  };
  const container = await SandboxContainer.start(engine, systemClock, spec, 199_996);
  try {
    let said = '';
    container.stdio.on('data', (chunk: Buffer) => (said += chunk.subarray(8).toString('utf8')));
    const { State } = await engine.docker.getContainer(container.id).inspect();
    const log = join(folder, 'trace');
    const strace = spawn('strace', ['-f', '-q', '-o', log, '-p', String(State.Pid)], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const exited = once(strace, 'exit');
    await traced(State.Pid);
    container.stdio.write('go\n');
    await Promise.race([exited, new Promise((resolve) => setTimeout(resolve, withinMs).unref())]);
    strace.kill('SIGTERM');
    const used = new Set<string>();
    const refused = new Map<string, number>();
    for (const line of (await readFile(log, 'utf8')).split('\n')) {
      const [, started, resumed] = /^\d+ +(?:(\w+)\(|<\.\.\. (\w+) resumed>)/.exec(line) ?? [];
      const name = started ?? resumed;
      if (name === undefined) continue;
      if (/ = -1 (EPERM|ENOSYS)/.test(line)) refused.set(name, (refused.get(name) ?? 0) + 1);
      else used.add(name);
    }
    return { used, refused, said: said.trim() };
  } finally {
    await container.remove();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Resolves once the process has a tracer. */
async function traced(pid: number): Promise<void> {
  for (const deadline = Date.now() + 10_000; Date.now() < deadline;) {
    if (/^TracerPid:\s+[1-9]/m.test(await readFile(`/proc/${pid}/status`, 'utf8'))) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('strace could not trace the program: is ptrace allowed here?');
}

const without = (profile: Profile, name: string): string =>
  JSON.stringify({
    ...profile,
    syscalls: profile.syscalls
      .map((rule) =>
        rule.action === 'SCMP_ACT_ALLOW'
          ? { ...rule, names: rule.names.filter((one) => one !== name) }
          : rule,
      )
      .filter((rule) => rule.names.length > 0),
  });

/** Whether engine and runner get a container to READY without this call. */
async function startsWithout(
  engine: Engine,
  image: string,
  profile: Profile,
  name: string,
): Promise<boolean> {
  try {
    const spec = { image, command: runnerCommandFor({}), seccompJson: without(profile, name), labels: {} };
    const plan = {
      engine,
      clock: systemClock,
      random: randomBytes,
      spec,
      runnerDigest: await runnerDigest(),
      ownFilter: true,
      uidsInUse: new Set<number>(),
    };
    const warm = await bearWarmContainer(plan, containerLimits(defaultLimits));
    await warm.container.remove();
    return true;
  } catch {
    return false;
  }
}

const { address } = await locateEngine(surroundings(process.env).engine);
const { image } = await sandboxImageTags();
const engine = new Engine(address, systemClock);
try {
  const profile = Profile.parse(JSON.parse(await readFile(defaultSeccompProfilePath, 'utf8')));
  const allowed = [
    ...new Set(profile.syscalls.flatMap(({ action, names }) => (action === 'SCMP_ACT_ALLOW' ? names : []))),
  ].sort();
  const files = (await readdir(honest)).filter((name) => name.endsWith('.py')).sort();
  const programs = await Promise.all(files.map((name) => readFile(honest + name, 'utf8')));
  process.stderr.write(`tracing ${programs.length} programs…\n`);
  const seen = await trace(engine, image, JSON.stringify(profile), driver(programs));
  const unseen = allowed.filter((name) => !seen.used.has(name));
  const neededToStart: string[] = [];
  const unused: string[] = [];
  for (const name of unseen) {
    process.stderr.write(`starting without ${name}…\n`);
    ((await startsWithout(engine, image, profile, name)) ? unused : neededToStart).push(name);
  }
  const report = {
    programs: programs.length,
    said: seen.said,
    allowed: allowed.length,
    used: [...seen.used].sort(),
    neededToStart,
    /** Allowed, not traced, and a container starts without it: kept only for what seccomp/README.md says of it. */
    allowedButNeverUsed: unused,
    triedAndRefused: Object.fromEntries(seen.refused),
    usedButNotAllowed: [...seen.used].filter((name) => !allowed.includes(name)),
  };
  if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify(report)}\n`);
  else
    for (const [name, value] of Object.entries({ ...report, said: `${seen.said.length} characters` }))
      process.stdout.write(
        `${name}: ${Array.isArray(value) ? `${value.length}: ${value.join(' ')}` : typeof value === 'object' ? JSON.stringify(value) : value}\n`,
      );
  process.exitCode = report.usedButNotAllowed.length === 0 ? 0 : 1;
} finally {
  engine.close();
}
