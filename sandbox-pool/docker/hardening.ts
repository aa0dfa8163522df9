import type { ContainerCreateOptions } from 'dockerode';

/** What one container may use; the pool's limits without those of a single run. */
export interface ContainerLimits {
  readonly memoryBytes: number;
  readonly cpus: number;
  readonly pids: number;
  readonly tmpfsBytes: number;
}

export interface ContainerSpec {
  readonly image: string;
  readonly command: readonly string[];
  /** The profile itself, not a path: the engine may be on another machine. */
  readonly seccompJson: string;
  readonly limits: ContainerLimits;
  /** The engine's runtime (runc, crun, runsc); its default when left out. */
  readonly runtime?: string;
  readonly labels: Readonly<Record<string, string>>;
  /** The engine removes it as soon as it has ended; default false. */
  readonly autoRemove?: boolean;
}

/** The runner as the image holds it. -I: no environment, no user site; -B: writes no byte code. */
export const runnerCommand = ['python3', '-I', '-B', '/opt/tradewright'] as const;

export interface RunnerOptions {
  /** What is imported before a program comes; default pandas, and numpy with it. */
  readonly preload?: 'pandas' | 'numpy' | undefined;
  /** false: without the filter the runner puts on itself; for the attack suite, which shows that the profile holds alone. */
  readonly ownFilter?: false | undefined;
}

export function runnerCommandFor({ preload, ownFilter }: RunnerOptions): readonly string[] {
  return [
    ...runnerCommand,
    ...(preload === 'numpy' ? ['--only-numpy'] : []),
    ...(ownFilter === false ? ['--without-own-filter'] : []),
  ];
}

export const tmpfsInodes = 1_024;
export const openFiles = 256;
/** Ends a spinning program even if this process dies before it can kill it. */
export const lifetimeCpuSeconds = 900;

// Docker's own list, and what else tells a program about the host.
const maskedPaths = [
  '/proc/acpi',
  '/proc/asound',
  '/proc/cmdline',
  '/proc/interrupts',
  '/proc/kallsyms',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/modules',
  '/proc/sched_debug',
  '/proc/scsi',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/proc/version',
  '/sys/block',
  '/sys/bus',
  '/sys/class',
  '/sys/dev',
  '/sys/firmware',
  '/sys/fs',
  '/sys/kernel',
  '/sys/module',
];

const readonlyPaths = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'];

// The client's types do not know it.
const privateCgroups = { CgroupnsMode: 'private' };

/** The one place that says how a sandbox container is made; the proof and the pool use the same. `uid` is this container's own. */
export function hardenedCreateOptions(spec: ContainerSpec, uid: number): ContainerCreateOptions {
  const { limits } = spec;
  return {
    Image: spec.image,
    Entrypoint: [...spec.command],
    Cmd: [],
    User: `${uid}:${uid}`,
    WorkingDir: '/tmp',
    Hostname: 'sandbox',
    Env: [
      'PATH=/usr/bin:/bin',
      'LANG=C.UTF-8',
      'HOME=/tmp',
      'TZ=UTC',
      // One CPU: more BLAS threads cost memory and places under the PID limit, and bring nothing.
      'OPENBLAS_NUM_THREADS=1',
      'OMP_NUM_THREADS=1',
    ],
    Labels: { ...spec.labels },
    Tty: false,
    OpenStdin: true,
    // The engine closes the runner's stdin when this process goes, and the runner then leaves.
    StdinOnce: true,
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    NetworkDisabled: true,
    StopSignal: 'SIGKILL',
    HostConfig: {
      NetworkMode: 'none',
      IpcMode: 'none',
      ...privateCgroups,
      ReadonlyRootfs: true,
      Privileged: false,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges', `seccomp=${spec.seccompJson}`],
      PidsLimit: limits.pids,
      Memory: limits.memoryBytes,
      MemorySwap: limits.memoryBytes,
      NanoCpus: Math.round(limits.cpus * 1e9),
      Tmpfs: {
        '/tmp': `rw,noexec,nosuid,nodev,size=${limits.tmpfsBytes},nr_inodes=${tmpfsInodes},mode=1777`,
      },
      Ulimits: [
        { Name: 'core', Soft: 0, Hard: 0 },
        { Name: 'nofile', Soft: openFiles, Hard: openFiles },
        { Name: 'cpu', Soft: lifetimeCpuSeconds, Hard: lifetimeCpuSeconds },
        { Name: 'memlock', Soft: 0, Hard: 0 },
        { Name: 'msgqueue', Soft: 0, Hard: 0 },
      ],
      LogConfig: { Type: 'none', Config: {} },
      MaskedPaths: [...maskedPaths],
      ReadonlyPaths: [...readonlyPaths],
      // The runner cannot fork, so there is nothing an init would reap; the profile would not let it start a child either.
      Init: false,
      AutoRemove: spec.autoRemove ?? false,
      RestartPolicy: { Name: 'no' },
      ...(spec.runtime === undefined ? {} : { Runtime: spec.runtime }),
    },
  };
}
