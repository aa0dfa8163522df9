import type { Clock } from '../../contracts/ports/clock.ts';
import type { Log } from '../../contracts/ports/log.ts';
import type { SandboxPool } from '../../contracts/ports/sandbox.ts';
import { engineSurroundings, locateEngine } from '../../sandbox-pool/docker/engine-locator.ts';
import { sandboxImageTags } from '../../sandbox-pool/image/image-tag.ts';
import { createSandboxPool } from '../../sandbox-pool/index.ts';
import type { Config } from '../config/config.ts';
import type { Shutdown } from './shutdown.ts';

/**
 * The pool, with its warm containers up.
 * @throws ENGINE_MISSING, IMAGE_MISSING, SECCOMP_MISSING
 */
export async function openPool(
  config: Config,
  clock: Clock,
  log: Log,
  shutdown: Shutdown,
): Promise<SandboxPool> {
  const { address } = await locateEngine(engineSurroundings(config.environment, config.cacheDir));
  const { image } = await sandboxImageTags();
  const { sandboxRuntime: runtime, seccompAction } = config;
  const pool = createSandboxPool({
    engine: address,
    image,
    clock,
    log,
    seccompAction,
    ...(runtime === undefined ? {} : { runtime }),
    ...config.pool,
  });
  shutdown.add('sandbox pool', () => pool.close());
  await pool.start();
  return pool;
}
