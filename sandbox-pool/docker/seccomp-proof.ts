import { z } from 'zod';
import { TradewrightError } from '../../contracts/errors.ts';
import type { Clock } from '../../contracts/ports/clock.ts';
import { SandboxContainer } from './container.ts';
import type { Engine } from './engine.ts';
import type { ContainerSpec } from './hardening.ts';
import { Demultiplexer } from './multiplex.ts';

const withinMs = 15_000;
const proofUid = 199_999;
const mostOutputBytes = 16_384;

/** Tries what must be refused and what must work, and says what the kernel answered: an error's name or "allowed". */
const attempts = `
import ctypes, errno, json, os, socket, sys, tempfile
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *args):
    ctypes.set_errno(0)
    if libc.syscall(ctypes.c_long(number), *(ctypes.c_long(a) for a in args)) != -1:
        return 'allowed'
    return errno.errorcode.get(ctypes.get_errno(), str(ctypes.get_errno()))
def python(action):
    try:
        action()
        return 'allowed'
    except OSError as error:
        return errno.errorcode.get(error.errno, str(error.errno))
forbidden = {
    'ptrace': call(101, 0, 0, 0, 0),
    'unshare': call(272, 0x10000000),
    'mount': call(165, 0, 0, 0, 0, 0),
    'bpf': call(321, 0, 0, 0),
    'io_uring_setup': call(425, 1, 0),
    'memfd_create': call(319, 0, 0),
    'keyctl': call(250, 0, 0, 0),
    'personality': call(135, 0x0400000),
    'shmget': call(29, 0, 4096, 0),
    'kill': call(62, 1, 0),
    'socket_inet': python(lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM)),
    'socket_unix': python(lambda: socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)),
    'fork': python(os.fork),
    'mmap_rwx': call(9, 0, 4096, 7, 0x22, -1, 0),
    'mprotect_exec': call(10, 0, 0, 4),
}
def write():
    with tempfile.TemporaryFile(dir='/tmp') as file:
        file.write(b'x')
# What the runner does once it has booted: from here on not even what the engine's profile lets pass.
sys.path.insert(0, '/opt/tradewright')
import own_filter
own_filter.close_the_door()
forbidden['own_filter_execve'] = python(lambda: os.execv('/usr/bin/python3', ['python3', '-c', 'print(1)']))
forbidden['own_filter_dumpable'] = call(157, 4, 1, 0, 0, 0)
forbidden['own_filter_fork'] = python(os.fork)
import threading
def thread():
    threading.Thread(target=int).start()
allowed = {'thread': python(thread), 'file_in_tmp': python(write), 'socketpair': python(socket.socketpair)}
json.dump({'forbidden': forbidden, 'allowed': allowed}, sys.stdout)
sys.stdout.flush()
os._exit(0)
`;

const Answer = z.object({
  forbidden: z.record(z.string(), z.string()),
  allowed: z.record(z.string(), z.string()),
});

export interface SeccompProof {
  /** Every forbidden call answered EPERM, every permitted one worked, and the kernel shows the filter on the process. */
  readonly proven: boolean;
  /** What each attempt was answered: "EPERM" or another error's name, "allowed". */
  readonly answers: Readonly<Record<string, string>>;
  /** What is not as it must be; empty when proven. */
  readonly faults: readonly string[];
}

/**
 * Starts a container with exactly the options of the pool and lets it try forbidden calls.
 * @throws SECCOMP_MISSING when the engine refuses the profile, SANDBOX_INTERNAL when the attempt cannot be made.
 */
export async function proveSeccomp(engine: Engine, clock: Clock, spec: ContainerSpec): Promise<SeccompProof> {
  // The program waits for a line on stdin first: its confinement is looked at while it is there.
  const command = ['python3', '-I', '-B', '-c', `import sys; sys.stdin.readline()\n${attempts}`];
  const container = await SandboxContainer.start(engine, clock, { ...spec, command }, proofUid);
  try {
    const said = await heardFrom(container, clock, () => container.verify());
    const answer = Answer.parse(JSON.parse(said));
    const faults = [
      ...Object.entries(answer.forbidden)
        .filter(([, was]) => was !== 'EPERM')
        .map(([name, was]) => `${name}: ${was}`),
      ...Object.entries(answer.allowed)
        .filter(([, was]) => was !== 'allowed')
        .map(([name, was]) => `${name}: ${was}`),
    ];
    return { proven: faults.length === 0, answers: { ...answer.forbidden, ...answer.allowed }, faults };
  } catch (cause) {
    if (cause instanceof TradewrightError) throw cause;
    throw new TradewrightError(
      'SANDBOX_INTERNAL',
      'the proof of the seccomp profile gave no readable answer',
      { cause },
    );
  } finally {
    await container.remove();
  }
}

async function heardFrom(
  container: SandboxContainer,
  clock: Clock,
  first: () => Promise<void>,
): Promise<string> {
  let stdout = '';
  let stderr = '';
  const keep = (text: string, bytes: Buffer): string =>
    text.length < mostOutputBytes ? text + bytes.toString('utf8') : text;
  const demultiplexer = new Demultiplexer(
    (bytes) => (stdout = keep(stdout, bytes)),
    (bytes) => (stderr = keep(stderr, bytes)),
  );
  container.stdio.on('data', (chunk: Buffer) => demultiplexer.push(chunk));
  await first();
  container.stdio.write('go\n');
  let cancel = (): void => undefined;
  const late = new Promise<'late'>((resolve) => {
    cancel = clock.schedule(withinMs, () => resolve('late'));
  });
  const ended = await Promise.race([container.exited, late]);
  cancel();
  if (ended === 'late' || ended.exitCode !== 0) {
    const how = ended === 'late' ? 'did not end' : `exit code ${ended.exitCode ?? 'unknown'}`;
    throw new TradewrightError(
      'SANDBOX_INTERNAL',
      `the proof of the seccomp profile failed: ${how} ${stderr.trim()}`,
    );
  }
  return stdout;
}
