import { spawn } from 'node:child_process';
import { hardenedCreateOptions } from '../../sandbox-pool/docker/hardening.ts';
import { containerLimits, defaultLimits } from '../../sandbox-pool/pool/limits.ts';

/** How long until a program's first output, and until it has ended, milliseconds. */
export interface Timed {
  readonly firstMs: number;
  readonly endMs: number;
}

/** Runs a command to its end. @throws when it fails or prints nothing */
export function timed(command: readonly string[], env: NodeJS.ProcessEnv): Promise<Timed> {
  const [program = '', ...args] = command;
  const began = performance.now();
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
  let firstMs = 0;
  let errors = '';
  child.stdout.on('data', () => (firstMs ||= performance.now() - began));
  child.stderr.on('data', (text: Buffer) => (errors = (errors + text.toString('utf8')).slice(-2_000)));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0 && firstMs > 0) resolve({ firstMs, endMs: performance.now() - began });
      else reject(new Error(`${command.slice(0, 3).join(' ')} ended with ${code ?? 'a signal'}: ${errors}`));
    });
  });
}

/** `docker run` with what our own containers get, said in the options of the command. */
export function hardenedRun(profileFile: string, uid: number): readonly string[] {
  const limits = containerLimits(defaultLimits);
  const { HostConfig } = hardenedCreateOptions(
    { image: '', command: [], seccompJson: '', limits, labels: {} },
    uid,
  );
  const tmpfs = Object.entries((HostConfig?.Tmpfs ?? {}) as Record<string, string>);
  return [
    ...[
      'docker',
      'run',
      '--rm',
      '--network',
      'none',
      '--ipc',
      'none',
      '--cgroupns',
      'private',
      '--read-only',
    ],
    ...[
      '--cap-drop',
      'ALL',
      '--security-opt',
      'no-new-privileges',
      '--security-opt',
      `seccomp=${profileFile}`,
    ],
    ...['--user', `${uid}:${uid}`, '--workdir', '/tmp', '--log-driver', 'none'],
    ...['--memory', String(limits.memoryBytes), '--memory-swap', String(limits.memoryBytes)],
    ...['--cpus', String(limits.cpus), '--pids-limit', String(limits.pids)],
    ...tmpfs.flatMap(([place, options]) => ['--tmpfs', `${place}:${options}`]),
    ...(HostConfig?.Ulimits ?? []).flatMap(({ Name, Soft, Hard }) => ['--ulimit', `${Name}=${Soft}:${Hard}`]),
    ...['--env', 'OPENBLAS_NUM_THREADS=1', '--env', 'OMP_NUM_THREADS=1'],
  ];
}
