import { TradewrightError } from '../../contracts/errors.ts';
import type { Clock } from '../../contracts/ports/clock.ts';
import { SandboxContainer } from '../docker/container.ts';
import type { Engine } from '../docker/engine.ts';
import type { ContainerLimits, ContainerSpec } from '../docker/hardening.ts';
import type { ContainerUsage } from '../docker/host-facts.ts';
import { type Ready, RunnerSession } from './runner-session.ts';

const bootWithinMs = 20_000;
const wellWithinMs = 5_000;
const firstUid = 200_000;
const uidRange = 1_000_000_000;

/** A container whose interpreter has booted and that has not seen a program. */
export interface WarmContainer {
  readonly container: SandboxContainer;
  readonly session: RunnerSession;
  readonly limits: ContainerLimits;
  readonly bootMs: number;
  /** What booting cost: runs are measured from here. */
  readonly bootUsage: ContainerUsage;
}

export interface BirthPlan {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly random: (bytes: number) => Uint8Array;
  readonly spec: Omit<ContainerSpec, 'limits'>;
  /** Of the runner this program ships; an image with another one is stale. */
  readonly runnerDigest: string;
  /** Whether the runner must have put its own filter on itself. */
  readonly ownFilter: boolean;
  readonly uidsInUse: Set<number>;
}

/** Makes a container, waits until its runner is ready and its confinement is seen in force; a failure leaves nothing behind. */
export async function bearWarmContainer(plan: BirthPlan, limits: ContainerLimits): Promise<WarmContainer> {
  const { engine, clock, random, uidsInUse } = plan;
  const uid = freeUid(random, uidsInUse);
  uidsInUse.add(uid);
  try {
    const container = await SandboxContainer.start(
      engine,
      clock,
      { ...plan.spec, limits, autoRemove: engine.seesProcesses },
      uid,
    );
    try {
      const began = clock.now();
      const session = new RunnerSession(container, clock, random);
      const [ready] = await Promise.all([session.ready(bootWithinMs), container.verify()]);
      if (ready.runner !== plan.runnerDigest) {
        throw new TradewrightError(
          'IMAGE_MISSING',
          `the image ${plan.spec.image} holds another runner: it must be built again`,
        );
      }
      const filters = await container.filters();
      if (ready.ownFilter !== plan.ownFilter || (plan.ownFilter && filters !== null && filters < 2)) {
        throw new TradewrightError(
          'SECCOMP_MISSING',
          "the runner's own filter is not in force: it could start programs",
        );
      }
      await goDirect(container, session, ready, plan);
      return { container, session, limits, bootMs: clock.now() - began, bootUsage: await container.usage() };
    } catch (error) {
      await container.remove().catch(() => undefined);
      throw error;
    }
  } catch (error) {
    uidsInUse.delete(uid);
    throw error;
  }
}

/** Past the engine where this host lets us; what has worked once is expected of the next ones, which then remove themselves. */
async function goDirect(
  container: SandboxContainer,
  session: RunnerSession,
  { pipes }: Ready,
  plan: BirthPlan,
): Promise<void> {
  const opened = await container.openPipes(pipes);
  if (opened !== null) session.moveTo(opened);
  plan.engine.seesProcesses = opened !== null;
  if (!(await session.isWell(wellWithinMs)))
    throw new TradewrightError('SANDBOX_INTERNAL', 'the runner does not answer');
}

/** No two live containers of this engine's host should share a uid: limits and files are counted by it. */
function freeUid(random: (bytes: number) => Uint8Array, inUse: ReadonlySet<number>): number {
  for (;;) {
    const uid = firstUid + (Buffer.from(random(4)).readUInt32LE() % uidRange);
    if (!inUse.has(uid)) return uid;
  }
}
