import type { TradewrightError } from '../../contracts/errors.ts';
import type { SandboxPool } from '../../contracts/ports/sandbox.ts';
import { type ActorSpec, type RestartPolicy, tell } from '../kernel/index.ts';
import type { PoolDoor } from './pool-door.ts';

/** The pool can make no container any more, for a reason that trying again as it is cannot cure. */
export interface PoolLost {
  readonly type: 'lost';
  readonly error: TradewrightError;
}

/** Some seven minutes of ever longer pauses: time to build an image again. Then the parent hears of it. */
const restart: RestartPolicy = {
  maxRestarts: 20,
  withinMs: 900_000,
  backoffMs: { initial: 250, factor: 2, max: 30_000 },
};

/**
 * Owns the life of the sandbox's warm containers. Its start sweeps what an earlier process left and warms the first ones; its end drains
 * and removes them. A pool that is lost makes it crash: whoever waits is told to try again, and after a pause a new pool takes its place
 * behind the same door. Programs do not travel through its mailbox.
 */
export function poolActor(options: {
  readonly open: () => SandboxPool;
  readonly door: PoolDoor;
  /** How long programs under way may go on when it ends, milliseconds. */
  readonly drainMs: number;
  readonly restart?: RestartPolicy;
}): ActorSpec<PoolLost, SandboxPool> {
  const { open, door, drainMs } = options;
  return {
    name: 'pool',
    restart: options.restart ?? restart,
    async initial({ self, log }) {
      const pool = open();
      try {
        await pool.start();
      } catch (error) {
        door.failed(error);
        throw error;
      }
      void pool.lost.then((error) => tell(self, { type: 'lost', error }));
      door.open(pool);
      const { warm } = pool.stats();
      log.info({ warm, restarts: door.health().restarts }, 'the sandbox pool is open');
      return pool;
    },
    receive(pool, { error }) {
      door.failed(error);
      throw error;
    },
    async onStop(pool) {
      door.shut();
      await pool.close({ drainMs });
    },
  };
}
