import { type ActorSystem, stop } from '../../actors/kernel/index.ts';
import { poolActor } from '../../actors/sandbox/pool-actor.ts';
import { PoolDoor } from '../../actors/sandbox/pool-door.ts';
import type { Clock } from '../../contracts/ports/clock.ts';
import type { Log } from '../../contracts/ports/log.ts';
import { engineSurroundings, locateEngine } from '../../sandbox-pool/docker/engine-locator.ts';
import { sandboxImageTags } from '../../sandbox-pool/image/image-tag.ts';
import { createSandboxPool } from '../../sandbox-pool/index.ts';
import type { Config } from '../config/config.ts';
import type { Shutdown } from './shutdown.ts';

/** Programs that nobody waits for any more may take so long to end. */
const DRAIN_MS = 2_000;

/**
 * The pool actor, with the first warm containers up; programs come through the door.
 * @throws ENGINE_MISSING, IMAGE_MISSING, SECCOMP_MISSING
 */
export async function openPool(
  config: Config,
  system: ActorSystem,
  clock: Clock,
  log: Log,
  shutdown: Shutdown,
): Promise<PoolDoor> {
  const { address } = await locateEngine(engineSurroundings(config.environment, config.cacheDir));
  const { image } = await sandboxImageTags();
  const { sandboxRuntime: runtime, seccompAction } = config;
  const open = () =>
    createSandboxPool({
      engine: address,
      image,
      clock,
      log,
      seccompAction,
      ...(runtime === undefined ? {} : { runtime }),
      ...config.pool,
    });
  const door = new PoolDoor();
  const actor = system.spawn(poolActor({ open, door, drainMs: DRAIN_MS }));
  shutdown.add('sandbox pool', () => stop(actor));
  await door.ready;
  return door;
}
