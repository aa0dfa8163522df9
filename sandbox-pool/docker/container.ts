import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Container, HostConfig } from 'dockerode';
import { TradewrightError } from '../../contracts/errors.ts';
import { type Clock, delay } from '../../contracts/ports/clock.ts';
import { isNotFound, type Engine } from './engine.ts';
import { confinementFaults, seccompFilters } from './confinement.ts';
import {
  hardenedCreateOptions,
  lifetimeCpuSeconds,
  maskedPaths,
  openFiles,
  readonlyPaths,
  tmpfsInodes,
  type ContainerSpec,
} from './hardening.ts';
import {
  cgroupFilesOf,
  hasEnded,
  isProcessNow,
  isProcessOf,
  oomKilled,
  readUsage,
  unknownUsage,
  type CgroupFiles,
  type ContainerUsage,
} from './host-facts.ts';
import { openProcessPipes, type ProcessPipes } from './process-pipes.ts';

export interface ContainerExit {
  /** null when the engine could not tell. */
  readonly exitCode: number | null;
  readonly oomKilled: boolean;
}

export interface StartTimings {
  readonly createMs: number;
  readonly startMs: number;
}

/** The engine learns of it by an event of its own, which may come after the exit. */
const oomFlagWithinMs = 400;
const oomFlagEveryMs = 20;
/** How long an ended container may take to remove itself before it is removed. */
const selfRemovalWithinMs = 3_000;
const endToldWithinMs = 5_000;
/** A process that was killed dies as soon as a processor takes it up. */
const diesWithinMs = 1_000;

/** One hardened, running container with its standard streams attached as one raw duplex. */
export class SandboxContainer {
  readonly id: string;
  readonly uid: number;
  /** Multiplexed by the engine: see multiplex.ts. */
  readonly stdio: Duplex;
  /** Settles once, when the engine has told its exit or is lost. Never rejects. */
  readonly exited: Promise<ContainerExit>;
  readonly timings: StartTimings;
  readonly #engine: Engine;
  readonly #clock: Clock;
  readonly #container: Container;
  readonly #spec: ContainerSpec;
  #pid: number | null = null;
  #cgroup: CgroupFiles | null = null;
  #gone = false;
  #pipes: ProcessPipes | null = null;
  #lose: (why: Error) => void = () => undefined;
  /** What the kernel counted at the moment its process was seen to have ended. */
  #oomAtEnd: Promise<boolean | null> | null = null;
  /** Settles when the engine says it has ended, and is gone if it removes itself; rejects when the engine is lost. */
  readonly #ended: Promise<number>;

  private constructor(
    engine: Engine,
    clock: Clock,
    container: Container,
    spec: ContainerSpec,
    uid: number,
    stdio: Duplex,
    ended: Promise<number>,
    timings: StartTimings,
  ) {
    this.id = container.id;
    this.uid = uid;
    this.stdio = stdio;
    this.timings = timings;
    this.#engine = engine;
    this.#clock = clock;
    this.#container = container;
    this.#spec = spec;
    const lost = new Promise<never>((_, reject) => (this.#lose = reject));
    this.#ended = Promise.race([ended, lost]);
    stdio.on('error', () => undefined);
    stdio.once('close', () => {
      if (this.#pipes === null) this.#expectEnd();
    });
    this.exited = this.#ended.then(
      (exitCode) => this.#exit(exitCode),
      () => ({ exitCode: null, oomKilled: false }),
    );
  }

  /** Creates, attaches and starts; what fails half way leaves no container behind. */
  static async start(
    engine: Engine,
    clock: Clock,
    spec: ContainerSpec,
    uid: number,
  ): Promise<SandboxContainer> {
    const began = clock.now();
    await engine.ooms.listen();
    const container = await engine.call('create container', (abortSignal) =>
      engine.docker.createContainer({ ...hardenedCreateOptions(spec, uid), abortSignal }),
    );
    try {
      const created = clock.now();
      const stdio = await engine.call('attach', () =>
        container.attach({ stream: true, stdin: true, stdout: true, stderr: true, hijack: true }),
      );
      // Asked before it runs: an ended one may be gone before anybody could ask.
      const ended = exitOf(container, spec.autoRemove === true);
      // Nobody hears of it where the start fails.
      ended.catch(() => undefined);
      await engine.call('start container', (abortSignal) => container.start({ abortSignal }));
      const timings = { createMs: created - began, startMs: clock.now() - created };
      return new SandboxContainer(engine, clock, container, spec, uid, stdio as Duplex, ended, timings);
    } catch (error) {
      await removeContainer(engine, container.id).catch(() => undefined);
      throw error;
    }
  }

  /**
   * Learns where the container's process is and that its confinement is in force: by the kernel's word where this host runs
   * the engine, else by the engine's.
   * @throws SECCOMP_MISSING or SANDBOX_UNCONFINED, naming each part that is not in force.
   */
  async verify(): Promise<void> {
    const { State, HostConfig } = await this.#engine.call('inspect container', () =>
      this.#container.inspect(),
    );
    const faults = acceptedFaults(HostConfig, this.#spec);
    if (await isProcessOf(this.id, State.Pid)) {
      const { limits } = this.#spec;
      const expected = { limits, uid: this.uid, openFiles, cpuSeconds: lifetimeCpuSeconds, tmpfsInodes };
      faults.push(...((await confinementFaults(State.Pid, expected)) ?? []));
      this.#pid = State.Pid;
      this.#cgroup = await cgroupFilesOf(State.Pid);
    }
    const [first] = faults;
    if (first === undefined) return;
    throw new TradewrightError(
      first.startsWith('seccomp') ? 'SECCOMP_MISSING' : 'SANDBOX_UNCONFINED',
      `the engine did not confine the container: ${faults.join('; ')}`,
      { details: { faults } },
    );
  }

  /** How many seccomp filters the kernel shows on its process; null where this host cannot see it. */
  async filters(): Promise<number | null> {
    return this.#pid === null ? null : seccompFilters(this.#pid);
  }

  /** The three pipes of its runner, where this host may open them; from then on its end is seen as it happens. */
  async openPipes(descriptors: readonly [number, number, number]): Promise<ProcessPipes | null> {
    if (this.#pid === null || this.#cgroup === null) return null;
    const pipes = await openProcessPipes(this.#pid, descriptors);
    if (pipes === null) return null;
    const cgroup = this.#cgroup;
    for (const pipe of [pipes.input, pipes.output, pipes.errors]) pipe.on('error', () => undefined);
    // Its group outlives it for some milliseconds, and tells why it ended.
    pipes.output.once('end', () => {
      this.#oomAtEnd = oomKilled(cgroup);
      this.#expectEnd();
    });
    this.#pipes = pipes;
    return pipes;
  }

  /** Its streams are closed: an engine that does not tell its exit soon has lost it, or has gone itself. */
  #expectEnd(): void {
    this.#clock.schedule(endToldWithinMs, () => this.#lose(new Error('the engine did not tell its end')));
  }

  /** From the control groups, else from the engine; unknown once the container has ended. */
  async usage(): Promise<ContainerUsage> {
    if (this.#gone) return unknownUsage;
    if (this.#cgroup !== null) return readUsage(this.#cgroup);
    try {
      const stats = await this.#engine.call('stats', () =>
        this.#container.stats({ stream: false, 'one-shot': true } as { stream: false }),
      );
      return {
        cpuMs: stats.cpu_stats.cpu_usage.total_usage / 1e6,
        peakMemoryBytes: stats.memory_stats.max_usage ?? stats.memory_stats.usage ?? null,
        pidRefusals: null,
      };
    } catch {
      return unknownUsage;
    }
  }

  /** Like `usage`, but never waits for the engine: for the moment before a kill. */
  usageIfCheap(): ContainerUsage {
    return this.#gone || this.#cgroup === null ? unknownUsage : readUsage(this.#cgroup);
  }

  /**
   * SIGKILL: by this host where it can see the process (a millisecond), else by the engine. Settles when nothing of it can run any more.
   * Harmless when it has ended.
   */
  async kill(): Promise<void> {
    if (this.#gone) return;
    if (this.#pid !== null && isProcessNow(this.id, this.#pid) && killed(this.#pid)) {
      const until = this.#clock.now() + diesWithinMs;
      while (!hasEnded(this.#pid) && this.#clock.now() < until) await delay(this.#clock, 1);
      return;
    }
    await this.#engine
      .call('kill container', (abortSignal) => this.#container.kill({ signal: 'SIGKILL', abortSignal }))
      .catch(() => undefined);
  }

  /** Kills it if it still runs and takes it away. @throws ENGINE_UNAVAILABLE */
  async remove(): Promise<void> {
    await this.kill();
    const removedItself = this.#spec.autoRemove === true && (await this.#endsWithin(selfRemovalWithinMs));
    if (!removedItself) await removeContainer(this.#engine, this.id);
    this.stdio.destroy();
    for (const pipe of Object.values(this.#pipes ?? {})) (pipe as Socket).destroy();
  }

  async #endsWithin(ms: number): Promise<boolean> {
    const patience = new AbortController();
    const late = delay(this.#clock, ms, patience.signal).then(
      () => false,
      () => false,
    );
    const ended = this.#ended.then(
      () => true,
      () => false,
    );
    const inTime = await Promise.race([ended, late]);
    patience.abort();
    return inTime;
  }

  async #exit(exitCode: number): Promise<ContainerExit> {
    this.#gone = true;
    if (exitCode !== 137) return { exitCode, oomKilled: false };
    const counted = (await this.#oomAtEnd) ?? null;
    return { exitCode, oomKilled: counted ?? (await this.#oomFlag().catch(() => false)) };
  }

  async #oomFlag(): Promise<boolean> {
    const until = this.#clock.now() + oomFlagWithinMs;
    for (;;) {
      if (this.#engine.ooms.has(this.id)) return true;
      if (this.#spec.autoRemove !== true) {
        const { State } = await this.#engine.call('inspect container', () => this.#container.inspect());
        if (State.OOMKilled) return true;
      }
      if (this.#clock.now() >= until) return false;
      await delay(this.#clock, oomFlagEveryMs);
    }
  }
}

const listOf = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : []);

/** What was asked for and is not on the engine's list; Podman gives none. */
function missing(has: unknown, asked: readonly string[]): readonly string[] {
  if (!Array.isArray(has)) return [];
  const listed = listOf(has);
  return asked.filter((path) => !listed.includes(path));
}

/** A call that lasts as long as the container: it has no time limit, and ends with the engine. */
async function exitOf(container: Container, isRemoved: boolean): Promise<number> {
  const condition = isRemoved ? 'removed' : 'next-exit';
  const { StatusCode } = (await container.wait({ condition })) as { StatusCode: number };
  return StatusCode;
}

/** What the engine itself says it did not take over of what was asked for, each with its part. */
function acceptedFaults(has: HostConfig, { limits, runtime }: ContainerSpec): string[] {
  const options = listOf(has.SecurityOpt);
  const cpus = (has.NanoCpus ?? 0) / 1e9 || (has.CpuQuota ?? 0) / (has.CpuPeriod || 100_000);
  const tmp = has.Tmpfs?.['/tmp'] ?? '';
  const maskedSaid = missing(has.MaskedPaths, maskedPaths).join(', ');
  const readonlySaid = missing(has.ReadonlyPaths, readonlyPaths).join(', ');
  const checks: readonly (readonly [isInForce: boolean, says: string])[] = [
    [options.some((option) => option.startsWith('seccomp={')), 'seccomp: the engine has no profile for it'],
    [options.some((option) => option.startsWith('no-new-privileges')), 'no-new-privileges: not set'],
    [has.NetworkMode === 'none', `network: ${has.NetworkMode ?? 'unknown'}`],
    [has.ReadonlyRootfs === true, 'root file system: writable'],
    [has.IpcMode === 'none', `IPC: ${has.IpcMode ?? 'unknown'}`],
    [has.Privileged !== true && listOf(has.CapAdd).length === 0, 'capabilities: some were added'],
    [listOf(has.CapDrop).length > 0, 'capabilities: none were dropped'],
    [has.Memory === limits.memoryBytes, 'memory: no limit'],
    [has.MemorySwap === limits.memoryBytes, 'swap: no limit'],
    [has.PidsLimit === limits.pids, 'processes: no limit'],
    [Math.abs(cpus - limits.cpus) < 0.01, 'processor: no limit'],
    [tmp.includes('noexec') && tmp.includes('nr_inodes='), '/tmp: not as it was asked for'],
    [missing(has.MaskedPaths, maskedPaths).length === 0, `masked paths: ${maskedSaid} can be read`],
    [missing(has.ReadonlyPaths, readonlyPaths).length === 0, `read-only paths: ${readonlySaid} are not`],
    [runtime === undefined || has.Runtime === runtime, `runtime: ${has.Runtime ?? 'unknown'}`],
    [(has.LogConfig?.Type ?? 'none') === 'none', 'logs: the engine writes what the program prints'],
  ];
  return checks.flatMap(([isInForce, says]) => (isInForce ? [] : [says]));
}

/** Removes a container with force; one that has gone already is as good. */
export async function removeContainer(engine: Engine, id: string): Promise<void> {
  try {
    await engine.call('remove container', (abortSignal) =>
      engine.docker.getContainer(id).remove({ force: true, v: true, abortSignal }),
    );
  } catch (error) {
    // 409: the engine is removing it at this moment.
    if (isNotFound(error) || (error instanceof Error && /already in progress/.test(error.message))) return;
    throw error;
  }
}

function killed(pid: number): boolean {
  try {
    process.kill(pid, 'SIGKILL');
    return true;
  } catch {
    return false;
  }
}
