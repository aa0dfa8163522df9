import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { TradewrightError } from '../contracts/errors.ts';
import type { Clock } from '../contracts/ports/clock.ts';
import type { Log } from '../contracts/ports/log.ts';
import type {
  LeaseRequest,
  RunOptions,
  SandboxLimits,
  SandboxPool,
  SandboxResult,
  SandboxRuntime,
} from '../contracts/ports/sandbox.ts';
import type { EngineAddress } from './docker/engine-address.ts';
import { Engine, type EngineFacts } from './docker/engine.ts';
import { runnerCommandFor } from './docker/hardening.ts';
import { ownerLabels } from './docker/owner.ts';
import { runnerDigest } from './docker/runner-digest.ts';
import { proveSeccomp } from './docker/seccomp-proof.ts';
import {
  defaultSeccompProfilePath,
  loadSeccompProfile,
  type SeccompAction,
} from './docker/seccomp-profile.ts';
import { containerLimits, defaultLimits, limitsFrom } from './pool/limits.ts';
import { bearWarmContainer } from './pool/warm-container.ts';
import { WarmPool } from './pool/warm-pool.ts';

export { type EngineAddress } from './docker/engine-address.ts';
export {
  defaultSeccompProfilePath,
  loadSeccompProfile,
  type SeccompAction,
  type SeccompProfile,
} from './docker/seccomp-profile.ts';
export { proveSandbox, type SandboxProof } from './prove-sandbox.ts';
export { defaultLimits } from './pool/limits.ts';

export interface SandboxPoolOptions {
  readonly engine: EngineAddress;
  /** Holds Python, numpy, pandas and this version's runner. */
  readonly image: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Path of the profile; default the one in `seccomp/`. Without a usable one nothing starts. */
  readonly seccompProfile?: string;
  /** What becomes of a program at a call that no strategy has a use for: an error (default), or its end. */
  readonly seccompAction?: SeccompAction;
  /** The engine's runtime (runc, crun, runsc); default the engine's. */
  readonly runtime?: string;
  /** Warm containers kept; default 2. */
  readonly min?: number;
  /** Containers at once, warm and leased; default 8. */
  readonly max?: number;
  /** Over the defaults of `defaultLimits`. */
  readonly limits?: Partial<SandboxLimits>;
  /** Containers made at a time; default the number of cores. */
  readonly creators?: number;
  /** Requests that may wait; default 64. */
  readonly longestQueue?: number;
  /** How long a request waits unless it says otherwise, milliseconds; default 60 000. */
  readonly waitMs?: number;
  /** A warm container is replaced at this age, milliseconds; default 15 min. */
  readonly maxAgeMs?: number;
  /** What a container imports before a program comes; default pandas. With numpy alone it boots in a third of the time. */
  readonly preload?: 'pandas' | 'numpy';
  /** false: the runner puts no filter of its own on itself. Only for tests that show that the engine's profile holds alone. */
  readonly ownFilter?: false;
  /** How often warm containers are asked whether they are well, milliseconds; default 10 s. */
  readonly healthEveryMs?: number;
  /** Default the system's cryptographic source. */
  readonly random?: (bytes: number) => Uint8Array;
}

/** A pool that has not been started yet. @throws INPUT_INVALID for limits or sizes out of bounds. */
export function createSandboxPool(options: SandboxPoolOptions): SandboxPool {
  const { clock, log, image, min = 2, max = Math.max(8, min), random = randomBytes } = options;
  if (!Number.isInteger(min) || !Number.isInteger(max) || min < 0 || max < 1 || max < min) {
    throw new TradewrightError('INPUT_INVALID', `sandbox pool: min ${min} and max ${max} do not fit`);
  }
  const engine = new Engine(options.engine, clock);
  const limits = limitsFrom(defaultLimits, options.limits);
  const poolId = Buffer.from(random(8)).toString('hex');
  return new WarmPool({
    poolId,
    engine,
    clock,
    log: log.child({ sandboxPool: poolId }),
    limits,
    min,
    max,
    creators: options.creators ?? availableParallelism(),
    longestQueue: options.longestQueue ?? 64,
    waitMs: options.waitMs ?? 60_000,
    maxAgeMs: options.maxAgeMs ?? 15 * 60_000,
    healthEveryMs: options.healthEveryMs ?? 10_000,
    jitter: () => Buffer.from(random(4)).readUInt32LE() / 2 ** 32,
    prepare: async () => {
      const profile = await loadSeccompProfile(
        options.seccompProfile ?? defaultSeccompProfilePath,
        options.seccompAction,
      );
      const facts = await engine.facts();
      if (!facts.seccomp)
        throw new TradewrightError('SECCOMP_MISSING', `${facts.name} ${facts.version} runs without seccomp`);
      if (facts.unableTo.length > 0) {
        throw new TradewrightError(
          'SANDBOX_UNCONFINED',
          `${facts.name} ${facts.version} cannot ${facts.unableTo.join(' nor ')}`,
          { details: { faults: facts.unableTo } },
        );
      }
      requireRuntime(options.runtime, facts);
      await engine.imageId(image);
      const spec = {
        image,
        command: runnerCommandFor(options),
        seccompJson: profile.json,
        labels: await ownerLabels(poolId),
        ...(options.runtime === undefined ? {} : { runtime: options.runtime }),
      };
      const uidsInUse = new Set<number>();
      const plan = {
        engine,
        clock,
        random,
        spec,
        runnerDigest: await runnerDigest(),
        ownFilter: options.ownFilter ?? true,
        uidsInUse,
      };
      let proof: Promise<boolean> | null = null;
      const proven = async (): Promise<boolean> =>
        (
          await proveSeccomp(engine, clock, {
            ...spec,
            seccompJson: profile.refusingJson,
            limits: containerLimits(limits),
          })
        ).proven;
      return {
        bear: (containerLimitsOf) => bearWarmContainer(plan, containerLimitsOf),
        buried: (warm) => void uidsInUse.delete(warm.container.uid),
        runtime: async (): Promise<SandboxRuntime> => {
          proof ??= proven().catch((error: unknown) => {
            proof = null;
            throw error;
          });
          return {
            engine: facts.name,
            version: facts.version,
            image,
            seccomp: { sha256: profile.sha256, proven: await proof },
          };
        },
      };
    },
  });
}

/** A name with a dot is a shim's, which an engine finds without listing it: whether it is there shows when it is used. */
function requireRuntime(asked: string | undefined, { name, version, runtimes }: EngineFacts): void {
  if (asked === undefined || asked.includes('.') || runtimes === null || runtimes.includes(asked)) return;
  throw new TradewrightError(
    'RUNTIME_MISSING',
    `${name} ${version} has no runtime "${asked}"; it has ${runtimes.join(', ')}`,
  );
}

/** One program in one fresh container, without a pool to look after: made, run, and nothing left. */
export async function execute(
  options: Omit<SandboxPoolOptions, 'min' | 'max'>,
  request: LeaseRequest & RunOptions,
): Promise<SandboxResult> {
  // An empty stock: the container is made when the request waits for it, and none is made after it.
  const pool = createSandboxPool({ ...options, min: 0, max: 1 });
  await pool.start();
  // Where no container can ever be made, waiting for one cannot help.
  const lost = pool.lost.then((error) => Promise.reject(error));
  try {
    return await Promise.race([pool.execute(request), lost]);
  } finally {
    await pool.close();
  }
}
