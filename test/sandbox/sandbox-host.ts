import { randomBytes } from 'node:crypto';
import envPaths from 'env-paths';
import { type Log, silentLog } from '../../contracts/ports/log.ts';
import type { SandboxPool } from '../../contracts/ports/sandbox.ts';
import { systemClock } from '../../contracts/ports/clock.ts';
import type { EngineAddress } from '../../sandbox-pool/docker/engine-address.ts';
import { engineSurroundings, locateEngine } from '../../sandbox-pool/docker/engine-locator.ts';
import { Engine } from '../../sandbox-pool/docker/engine.ts';
import { ownerPidLabel, poolLabel } from '../../sandbox-pool/docker/owner.ts';
import { sandboxImageTags } from '../../sandbox-pool/image/image-tag.ts';
import { createSandboxPool, type SandboxPoolOptions } from '../../sandbox-pool/index.ts';

/** The engine and the image that set-up made, and a look at the containers from outside. */
export interface SandboxHost {
  readonly address: EngineAddress;
  readonly image: string;
  readonly engine: Engine;
  pool(options?: Partial<SandboxPoolOptions>): SandboxPool;
  /** The same, started; closed with `closePools`, or with the host. */
  startedPool(options?: Partial<SandboxPoolOptions>): Promise<SandboxPool>;
  closePools(): Promise<void>;
  /** Ids of the containers, running or not, that the pools of one process or one pool made: others may work here at once. */
  containers(of: { pid: number } | { poolId: string }): Promise<string[]>;
  exists(containerId: string): Promise<boolean>;
  /** SIGKILL by the engine, as an operator would. */
  kill(containerId: string): Promise<void>;
  close(): Promise<void>;
}

export async function sandboxHost(): Promise<SandboxHost> {
  const cacheDir = process.env['TRADEWRIGHT_CACHE_DIR'] ?? envPaths('tradewright', { suffix: '' }).cache;
  const { address } = await locateEngine(engineSurroundings(process.env, cacheDir));
  const { image } = await sandboxImageTags();
  const engine = new Engine(address, systemClock);
  const list = async (label: string): Promise<string[]> => {
    const found = await engine.docker.listContainers({ all: true, filters: { label: [label] } });
    return found.map(({ Id }) => Id);
  };
  const started = new Set<SandboxPool>();
  const host: SandboxHost = {
    address,
    image,
    engine,
    pool: (options = {}) =>
      createSandboxPool({
        engine: address,
        image,
        clock: systemClock,
        log: silentLog,
        min: 1,
        max: 4,
        ...options,
      }),
    async startedPool(options) {
      const pool = host.pool(options);
      started.add(pool);
      await pool.start();
      return pool;
    },
    async closePools() {
      const pools = [...started];
      started.clear();
      await Promise.all(pools.map((pool) => pool.close()));
    },
    containers: (of) => list('pid' in of ? `${ownerPidLabel}=${of.pid}` : `${poolLabel}=${of.poolId}`),
    exists: async (containerId) => (await list(poolLabel)).includes(containerId),
    kill: async (containerId) => {
      await engine.docker.getContainer(containerId).kill({ signal: 'SIGKILL' });
    },
    async close() {
      await host.closePools();
      engine.close();
    },
  };
  return host;
}

/** Randomness that remembers the id of the pool it was given to: the first thing a pool draws. */
export function namedRandom(): { random: (bytes: number) => Uint8Array; poolId: () => string } {
  let first = '';
  return {
    random: (bytes) => {
      const drawn = randomBytes(bytes);
      first ||= drawn.toString('hex');
      return drawn;
    },
    poolId: () => first,
  };
}

/** Keeps what was logged, by message. */
export function listeningLog(): { log: Log; messages: string[] } {
  const messages: string[] = [];
  const keep = (_fields: object, message: string): void => void messages.push(message);
  const log: Log = { debug: keep, info: keep, warn: keep, error: keep, child: () => log };
  return { log, messages };
}
