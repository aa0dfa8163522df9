import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import { expect } from 'chai';
import type { SandboxPool } from '../../contracts/ports/sandbox.ts';
import { TradewrightError } from '../../contracts/errors.ts';
import { systemClock } from '../../contracts/ports/clock.ts';
import { SandboxContainer } from '../../sandbox-pool/docker/container.ts';
import { proveSeccomp } from '../../sandbox-pool/docker/seccomp-proof.ts';
import { defaultLimits, defaultSeccompProfilePath, proveSandbox } from '../../sandbox-pool/index.ts';
import { tempDir } from '../support/temp-dir.ts';
import { sandboxHost, type SandboxHost } from './sandbox-host.ts';

/** Tries each action and prints the name of the error it met, or "allowed". */
const attempting = (actions: Record<string, string>): string => `
import ctypes, errno, json, os, socket, sys
libc = ctypes.CDLL(None, use_errno=True)
def syscall(number, *args):
    if libc.syscall(ctypes.c_long(number), *(ctypes.c_long(a) for a in args)) == -1:
        raise OSError(ctypes.get_errno(), 'refused')
actions = ${JSON.stringify(actions)}
answers = {}
for name, action in actions.items():
    try:
        exec(action)
        answers[name] = 'allowed'
    except OSError as error:
        answers[name] = errno.errorcode.get(error.errno, type(error).__name__)
    except Exception as error:
        answers[name] = type(error).__name__
print(json.dumps(answers))
`;

describe('sandbox: isolation', function () {
  this.timeout(120_000);
  let host: SandboxHost;
  let pool: SandboxPool;

  before(async () => {
    host = await sandboxHost();
    pool = await host.startedPool({ min: 2 });
  });
  after(() => host.close());

  const attempt = async (actions: Record<string, string>): Promise<Record<string, string>> => {
    const result = await pool.execute({ code: attempting(actions), timeoutMs: 10_000 });
    expect(result.error).to.equal(null);
    return JSON.parse(result.stdout) as Record<string, string>;
  };

  it('X15 has no network: sockets, loopback, DNS and HTTP are all refused', async () => {
    const answers = await attempt({
      tcp: 'socket.socket(socket.AF_INET, socket.SOCK_STREAM)',
      udp: 'socket.socket(socket.AF_INET, socket.SOCK_DGRAM)',
      tcp6: 'socket.socket(socket.AF_INET6, socket.SOCK_STREAM)',
      unix: 'socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)',
      netlink: 'socket.socket(16, socket.SOCK_RAW)',
      vsock: 'socket.socket(40, socket.SOCK_STREAM)',
      packet: 'socket.socket(17, socket.SOCK_RAW)',
      loopback: 'socket.create_connection(("127.0.0.1", 80), 1)',
    });
    for (const [name, answer] of Object.entries(answers)) expect(answer, name).to.equal('EPERM');
    const high = await attempt({
      dns: 'socket.getaddrinfo("localhost.example", 80)',
      http: 'import urllib.request; urllib.request.urlopen("http://127.0.0.1/", timeout=1)',
    });
    expect(Object.values(high)).not.to.include('allowed');
  });

  it('X15 lives in a network namespace with nothing but a loopback of its own', async () => {
    const { stdout } = await pool.execute({
      code: 'print([line.split(":")[0].strip() for line in open("/proc/net/dev").readlines()[2:]])',
    });
    expect(stdout.trim()).to.be.oneOf(["['lo']", '[]']);
  });

  it('X16 writes nowhere but in /tmp', async () => {
    const places = [
      '/',
      '/etc',
      '/usr/lib',
      '/opt/tradewright',
      '/var',
      '/root',
      '/proc',
      '/sys',
      '/dev',
      '/run',
      '/home',
    ];
    const answers = await attempt(
      Object.fromEntries(places.map((place) => [place, `open(${JSON.stringify(`${place}/x`)}, "w")`])),
    );
    for (const [place, answer] of Object.entries(answers)) {
      expect(answer, place).to.be.oneOf(['EROFS', 'EACCES', 'EPERM', 'ENOENT']);
    }
    expect(await attempt({ tmp: 'open("/tmp/x", "w").write("fine")' })).to.deep.equal({ tmp: 'allowed' });
  });

  it('X16 reads nothing of the host', async () => {
    const answers = await attempt({
      environ: 'open("/proc/1/environ", "rb").read()',
      memory: 'open("/proc/1/mem", "rb").read(1)',
      shadow: 'open("/etc/shadow").read()',
      docker: 'os.stat("/var/run/docker.sock")',
      kcore: 'x = open("/proc/kcore", "rb").read(1); assert x',
      kernelLog: 'syscall(103, 3, 0, 0)',
      devices: 'open("/dev/mem", "rb")',
      cgroup: 'assert os.listdir("/sys/fs/cgroup")',
    });
    expect(Object.values(answers)).not.to.include('allowed');
  });

  it('X16 refuses links to other owners, device nodes, set-uid and execution from /tmp', async () => {
    const answers = await attempt({
      mknod: 'os.mknod("/tmp/device", 0o20666, os.makedev(1, 1))',
      chmod: 'open("/tmp/s", "w"); os.chmod("/tmp/s", 0o4755)',
      link: 'os.link("/usr/bin/python3", "/tmp/link")',
      symlink: 'os.symlink("/etc/shadow", "/tmp/symlink")',
      setuid: 'os.setuid(0)',
      mount: 'syscall(165, 0, 0, 0, 0, 0)',
      chroot: 'os.chroot("/tmp")',
    });
    for (const [name, answer] of Object.entries(answers)) expect(answer, name).to.equal('EPERM');
  });

  it('X16 bounds /tmp in bytes and in files', async () => {
    const { stdout } = await pool.execute({
      code: `
import os
def until_full(step):
    done = 0
    try:
        while done < 5_000:
            step(done)
            done += 1
    except OSError as error:
        return done, error.errno
    return done, 0
def add_file(i): os.close(os.open(f'/tmp/{i}', os.O_CREAT | os.O_WRONLY))
print(until_full(add_file))
for name in os.listdir('/tmp'): os.unlink('/tmp/' + name)
big = open('/tmp/big', 'wb', buffering=0)
def add_mebibyte(i):
    if big.write(bytes(1 << 20)) < 1 << 20: raise OSError(28, 'full')
print(until_full(add_mebibyte))
`,
    });
    const [files = '', bytes = ''] = stdout.trim().split('\n');
    expect(Number(/^\((\d+), 28\)$/.exec(files)?.[1])).to.be.below(1_024);
    expect(Number(/^\((\d+), 28\)$/.exec(bytes)?.[1])).to.be.at.most(64);
  });

  it('refuses the calls that lead out, processes and memory that is writable and executable', async () => {
    const answers = await attempt({
      ptrace: 'syscall(101, 0, 0, 0, 0)',
      unshare: 'syscall(272, 0x10000000)',
      setns: 'syscall(308, 0, 0)',
      cloneNamespace: 'syscall(56, 0x10000000 | 17, 0, 0, 0, 0)',
      fork: 'os.fork()',
      vfork: 'syscall(58)',
      ioUring: 'syscall(425, 1, 0)',
      bpf: 'syscall(321, 0, 0, 0)',
      perf: 'syscall(298, 0, 0, 0, 0, 0)',
      keyctl: 'syscall(250, 0, 0, 0, 0, 0)',
      userfaultfd: 'syscall(323, 0)',
      memfd: 'syscall(319, 0, 0)',
      sharedMemory: 'syscall(29, 0, 4096, 0o600)',
      messageQueue: 'syscall(68, 0, 0o600)',
      personality: 'syscall(135, 0x0400000)',
      kill: 'os.kill(1, 9)',
      writableCode: 'syscall(9, 0, 4096, 7, 0x22, -1, 0)',
      anonymousCode: 'syscall(9, 0, 4096, 5, 0x22, -1, 0)',
      makeExecutable: 'syscall(10, 0, 0, 4)',
      raiseLimit: 'import resource; resource.prlimit(0, resource.RLIMIT_CORE, (0, 0))',
      injectTerminal: 'syscall(16, 0, 0x5412, 0)',
      subprocess: 'import subprocess; subprocess.run(["/usr/bin/python3", "-V"])',
    });
    for (const [name, answer] of Object.entries(answers)) expect(answer, name).to.equal('EPERM');
    expect(await attempt({ clone3: 'syscall(435, 0, 0)' })).to.deep.equal({ clone3: 'ENOSYS' });
  });

  it('kills what enters the kernel by the x32 door', async () => {
    const result = await pool.execute({ code: attempting({ x32: 'syscall(0x40000000 + 39)' }) });
    expect(result.stdout).not.to.include('allowed');
  });

  it('keeps threads, asyncio, sqlite in memory, dataclasses, numpy and pandas working', async () => {
    const { success, stdout, error } = await pool.execute({
      code: `
from __future__ import annotations
import asyncio, concurrent.futures, dataclasses, sqlite3, numpy as np, pandas as pd
@dataclasses.dataclass
class Point:
    x: int = 1
async def wait():
    await asyncio.sleep(0.001)
    return 2
with concurrent.futures.ThreadPoolExecutor(4) as pool:
    three = sum(pool.map(int, ['1', '2']))
four = sqlite3.connect(':memory:').execute('select 4').fetchone()[0]
five = int(np.linalg.solve(np.eye(2), np.full(2, 5.0))[0])
six = int(pd.Series([1, 2, 3]).sum())
print(Point().x, asyncio.run(wait()), three, four, five, six)
`,
    });
    expect({ success, stdout, error }).to.deep.equal({ success: true, stdout: '1 2 3 4 5 6\n', error: null });
  });

  it('proves the profile on this engine and says which one it is', async () => {
    const runtime = await pool.runtime();
    const sha256 = createHash('sha256')
      .update(await readFile(defaultSeccompProfilePath))
      .digest('hex');
    expect(runtime.seccomp).to.deep.equal({ sha256, proven: true });
    expect(runtime).to.include({ image: host.image });
    expect(runtime.version).to.match(/^\d+\./);
  });

  describe('fails closed', () => {
    const startWith = async (profile: string): Promise<unknown> => {
      const other = host.pool({ seccompProfile: profile });
      try {
        await other.start();
        return 'started';
      } catch (error) {
        return error instanceof TradewrightError ? error.code : error;
      } finally {
        await other.close();
      }
    };

    it('X8 without a profile, with an unreadable and with a permissive one', async () => {
      const dir = await tempDir();
      try {
        expect(await startWith(join(dir.path, 'none.json'))).to.equal('SECCOMP_MISSING');
        const broken = join(dir.path, 'broken.json');
        await writeFile(broken, '{ not json');
        expect(await startWith(broken)).to.equal('SECCOMP_MISSING');
        const open = join(dir.path, 'open.json');
        await writeFile(open, JSON.stringify({ defaultAction: 'SCMP_ACT_ALLOW', archMap: [], syscalls: [] }));
        expect(await startWith(open)).to.equal('SECCOMP_MISSING');
      } finally {
        await dir.remove();
      }
    });

    it("when the engine did not put the filter on the process, by the kernel's own word", async () => {
      const unconfined = {
        image: host.image,
        command: ['python3', '-c', 'input()'],
        seccompJson: 'unconfined',
        limits: defaultLimits,
        labels: {},
      };
      const container = await SandboxContainer.start(host.engine, systemClock, unconfined, 199_997);
      try {
        expect(await container.verify().catch((error: unknown) => error)).to.include({
          code: 'SECCOMP_MISSING',
        });
      } finally {
        await container.remove();
      }
      const proof = await proveSeccomp(host.engine, systemClock, unconfined).catch((error: unknown) => error);
      expect(proof).to.include({ code: 'SECCOMP_MISSING' });
    });

    it('in the proof, when the profile has a hole', async () => {
      const dir = await tempDir();
      try {
        const profile = JSON.parse(await readFile(defaultSeccompProfilePath, 'utf8')) as {
          syscalls: object[];
        };
        profile.syscalls.push({ names: ['socket', 'unshare'], action: 'SCMP_ACT_ALLOW' });
        const holed = join(dir.path, 'holed.json');
        await writeFile(holed, JSON.stringify(profile));
        const { engine, clock, image } = { engine: host.address, clock: systemClock, image: host.image };
        const proof = await proveSandbox({ engine, clock, image, seccompProfile: holed });
        expect(proof.proven).to.equal(false);
        expect(proof.faults.join()).to.include('socket_inet: allowed').and.to.include('socket_unix: allowed');
        expect((await proveSandbox({ engine, clock, image })).faults).to.deep.equal([]);
      } finally {
        await dir.remove();
      }
    });

    it('with an image that is not there, and with an engine that is not', async () => {
      const other = host.pool({ image: 'tradewright-sandbox:none' });
      const missing = await other.start().catch((error: unknown) => error);
      expect(missing).to.include({ code: 'IMAGE_MISSING' });
      const nobody = host.pool({ engine: { socketPath: '/nonexistent/engine.sock' } });
      expect(await nobody.start().catch((error: unknown) => error)).to.include({ code: 'ENGINE_MISSING' });
    });
  });
});
