import type { BarColumns } from '../bars.ts';
import type { TradewrightError } from '../errors.ts';

export const sandboxErrorKinds = [
  'syntax',
  'runtime',
  'import',
  'timeout',
  'memory',
  'output',
  'pids',
  'blocked',
  'cancelled',
  'contract',
  'internal',
] as const;
/**
 * Whose fault it was: `contract` = the program ran but its result breaks the strategy contract; `internal` = ours or the engine's,
 * the program is not to blame; the others are the program's.
 */
export type SandboxErrorKind = (typeof sandboxErrorKinds)[number];

export interface SandboxLimits {
  /** Wall clock for one run, milliseconds. */
  readonly timeoutMs: number;
  readonly memoryBytes: number;
  readonly cpus: number;
  readonly pids: number;
  readonly tmpfsBytes: number;
  /** Kept of stdout and of stderr, each; more is cut and flagged. */
  readonly outputBytes: number;
}

/** What one run of a program gives. It round-trips as JSON when `positions` is left out. */
export interface SandboxResult {
  readonly success: boolean;
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly stdoutTruncated: boolean;
  readonly stderrTruncated: boolean;
  /** What a plain program left in its variable RESULT, a JSON value; null when it left nothing or is a strategy. */
  readonly value: unknown;
  /** From the moment the program was sent until its verdict, milliseconds. */
  readonly durationMs: number;
  readonly resources: { readonly cpuMs: number | null; readonly peakMemoryBytes: number | null };
  /** Where the verdict comes from: host facts (exit, OOM flag, clock), never the program's word. */
  readonly verdict: 'ok' | 'failed' | 'killed' | 'refused';
  readonly errorKind: SandboxErrorKind | null;
  readonly error: { readonly message: string; readonly traceback?: string; readonly line?: number } | null;
}

/** The answer to what was never sent to a container. */
export function refusedResult(errorKind: SandboxErrorKind, message: string): SandboxResult {
  return {
    success: false,
    exitCode: null,
    signal: null,
    stdout: '',
    stderr: '',
    stdoutTruncated: false,
    stderrTruncated: false,
    value: null,
    durationMs: 0,
    resources: { cpuMs: null, peakMemoryBytes: null },
    verdict: 'refused',
    errorKind,
    error: { message },
  };
}

/** A run of a strategy: its target positions, one per bar; NaN where it gave none. */
export interface StrategyRun extends SandboxResult {
  readonly positions: Float64Array | null;
  /** Bars at the start for which the program declares it cannot decide yet (`WARMUP_BARS`, default 0). */
  readonly warmupBars: number | null;
}

export interface RunOptions {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** A JSON value that a plain program finds in its variable INPUT. */
  readonly input?: unknown;
  /** What the program prints, as it prints it; bounded like `stdout`. */
  readonly onOutput?: (stream: 'stdout' | 'stderr', text: string) => void;
}

/** One container given to one program. It may run the program several times; it never sees another one. */
export interface SandboxLease {
  readonly id: string;
  readonly containerId: string;
  /**
   * Calls the program's `generate_signals` on these bars. `bars` may be a prefix of the full series. The module is executed
   * once, at the first run. A failed run ends the lease: later runs answer `internal`.
   */
  run(bars: BarColumns, options?: RunOptions): Promise<StrategyRun>;
  /** Kills the container; the pool replaces it. Calling twice is harmless. */
  release(): Promise<void>;
}

export interface LeaseRequest {
  readonly code: string;
  readonly limits?: Partial<SandboxLimits>;
  /** A higher one is served first. */
  readonly priority?: number;
  /** How long the request may wait for a container, milliseconds. */
  readonly waitMs?: number;
  /** All of it, counted from here: the wait and every run; what is over it is refused or killed as a time-out. Milliseconds. */
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
  /** Who asked, for labels and logs. */
  readonly owner?: string;
}

export interface SandboxPoolStats {
  readonly warm: number;
  readonly creating: number;
  readonly leased: number;
  readonly waiting: number;
  readonly served: number;
  readonly failedCreations: number;
}

/** What the sandbox runs on, proven and not only configured. */
export interface SandboxRuntime {
  readonly engine: string;
  readonly version: string;
  readonly image: string;
  readonly seccomp: { readonly sha256: string; readonly proven: boolean };
}

/** The port through which programs get warm containers. */
export interface SandboxService {
  /** The validator is the caller's first layer; the pool never runs code that it was not asked to lease for. */
  lease(request: LeaseRequest): Promise<SandboxLease>;
  /** Runs a plain program (no strategy contract) once in a fresh container: stdout, stderr, exit code. */
  execute(request: LeaseRequest & RunOptions): Promise<SandboxResult>;
  stats(): SandboxPoolStats;
  runtime(): Promise<SandboxRuntime>;
}

/** A pool and its life, which the pool actor owns; sandbox-pool implements it. It starts once. */
export interface SandboxPool extends SandboxService {
  start(): Promise<void>;
  /**
   * Settles when an open pool can make no container any more, for a reason that trying again cannot cure: the image is gone, or the
   * engine no longer confines what it starts. An engine that is away is none: its pool goes on trying.
   */
  readonly lost: Promise<TradewrightError>;
  /**
   * Stops serving, kills every container of this pool and waits until they are gone. Programs under way have `drainMs` to end by
   * themselves first, default 0; who waits is refused at once.
   */
  close(options?: { readonly drainMs?: number }): Promise<void>;
}
