import { readdir, readFile, readlink } from 'node:fs/promises';
import { expect } from 'chai';
import type { SandboxPool } from '../../contracts/ports/sandbox.ts';
import { CODE_RISK_LIMIT } from '../../contracts/code-review.ts';
import { explainReview, reviewCode } from '../../sandbox-pool/validator/index.ts';
import { eventually } from '../support/eventually.ts';
import { namedRandom, sandboxHost, type SandboxHost } from '../sandbox/sandbox-host.ts';
import { assaults } from './assaults.ts';
import { type Assault, type Probe, probing } from './attack.ts';
import { files } from './files.ts';
import { systemCalls } from './system-calls.ts';

const withinMs = 45_000;
/** Files first: with the own filter off, one of the calls opens /proc/self again. */
const probes: readonly Probe[] = [...files, ...systemCalls];

describe('attack: the validator', () => {
  for (const { name, code } of [...probes, ...assaults]) {
    it(`X6 blocks it before a container sees it: ${name}`, () => {
      const review = reviewCode(code);
      expect(review.codeRisk, explainReview(review)).to.be.at.least(CODE_RISK_LIMIT);
      expect(review.blocked).to.equal(true);
    });
  }
});

for (const ownFilter of [true, false]) {
  describe(`attack: the container, ${ownFilter ? 'both filters on' : "the runner's own filter off"}`, function () {
    this.timeout(120_000);
    const { random, poolId } = namedRandom();
    let host: SandboxHost;
    let pool: SandboxPool;

    before(async () => {
      host = await sandboxHost();
      pool = host.pool({ min: 2, max: 4, random, ...(ownFilter ? {} : { ownFilter }) });
      await pool.start();
    });

    after(async () => {
      await pool.close();
      expect(await host.containers({ poolId: poolId() })).to.deep.equal([]);
      await host.close();
    });

    describe('X15 X16 refuses', () => {
      let answers: Readonly<Record<string, string>> = {};
      before(async () => {
        const result = await pool.execute({ code: probing(probes), timeoutMs: 30_000 });
        expect(result.error).to.equal(null);
        answers = JSON.parse(result.stdout) as Record<string, string>;
      });
      for (const { name, refusedWith, withoutOwnFilter } of probes) {
        it(name, () =>
          expect(answers[name]).to.be.oneOf([...((ownFilter ? undefined : withoutOwnFilter) ?? refusedWith)]),
        );
      }
    });

    describe('X8 I5 ends', () => {
      for (const assault of assaults) it(assault.name, () => endsAsStated(assault));
    });

    async function endsAsStated({ code, timeoutMs = 10_000, ends, says }: Assault): Promise<void> {
      const result = await pool.execute({ code, timeoutMs });
      expect(result, result.error?.message).to.include(ends);
      if (says !== undefined) expect(result.error?.message).to.match(says);
    }

    describe('two programs at once share', () => {
      const flat = 'def generate_signals(bars):\n    return bars["close"] * 0\n';
      const one = Float64Array.of(1);
      const bars = { time: one, open: one, high: one, low: one, close: one, volume: one };
      /** Runs the first program and keeps its container while the second one runs; gives what the second printed. */
      const seenBySecond = async (first: string, second: string): Promise<string> => {
        const holder = await pool.lease({ code: `${first}\n${flat}` });
        try {
          expect((await holder.run(bars)).error).to.equal(null);
          const { stdout, error } = await pool.execute({ code: second });
          expect(error).to.equal(null);
          return stdout.trim();
        } finally {
          await holder.release();
        }
      };

      it('no lock on a file of the image', async () => {
        const lock = (path: string): string =>
          `import fcntl\nheld = open(${JSON.stringify(path)}, "rb")\nfcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)\nfcntl.lockf(held, fcntl.LOCK_SH | fcntl.LOCK_NB)\nprint("mine")`;
        for (const path of ['/opt/tradewright/program.py', '/usr/bin/python3', '/etc/passwd'])
          expect(await seenBySecond(lock(path), lock(path)), path).to.equal('mine');
      });

      it('no file in /tmp', async () => {
        expect(
          await seenBySecond('open("/tmp/canary", "w").write("x")', 'import os\nprint(os.listdir("/tmp"))'),
        ).to.equal('[]');
      });

      it('no user, network, IPC, PID or mount namespace', async () => {
        const holder = await pool.lease({ code: flat });
        const other = await pool.lease({ code: flat });
        try {
          const a = await pidOf(holder.containerId);
          const b = await pidOf(other.containerId);
          for (const kind of ['net', 'ipc', 'pid', 'mnt', 'uts']) {
            const [first, second, ours] = await Promise.all(
              [a, b, process.pid].map((pid) => readlink(`/proc/${pid}/ns/${kind}`)),
            );
            expect(new Set([first, second, ours]).size, kind).to.equal(3);
          }
          const uids = await Promise.all([a, b].map(uidOf));
          expect(new Set([...uids, 0]).size).to.equal(3);
        } finally {
          await Promise.all([holder.release(), other.release()]);
        }
      });

      it('no count of files, threads or memory', async () => {
        const greedy =
          'import os, threading, time\nfor _ in range(50): threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\nkept = bytearray(b"x") * 120_000_000\nopen("/tmp/x", "wb").write(bytes(30_000_000))';
        expect(await seenBySecond(greedy, `${greedy}\nprint("as much again")`)).to.equal('as much again');
      });

      async function pidOf(containerId: string): Promise<number> {
        const { State } = await host.engine.docker.getContainer(containerId).inspect();
        return State.Pid;
      }
    });

    it('leaves the host healthy: programs run, nothing of it is left', async () => {
      expect(await pool.execute({ code: 'import numpy\nprint(int(numpy.arange(4).sum()))' })).to.include({
        success: true,
        stdout: '6\n',
      });
      await eventually(() => pool.stats().leased === 0 && pool.stats().warm === 2, {
        withinMs,
        what: 'only the warm ones to be left',
      });
      const left = await host.containers({ poolId: poolId() });
      expect(left).to.have.length(2);
      // No process of a container that has gone.
      for (const pid of await pids()) {
        const cgroup = await readFile(`/proc/${pid}/cgroup`, 'utf8').catch(() => '');
        const container = /docker[/-]([0-9a-f]{64})/.exec(cgroup)?.[1];
        if (container !== undefined) expect(await host.exists(container), `process ${pid}`).to.equal(true);
      }
    });
  });
}

async function pids(): Promise<number[]> {
  return (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
}

async function uidOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^Uid:\s+(\d+)/m.exec(status)?.[1] ?? 0);
}
