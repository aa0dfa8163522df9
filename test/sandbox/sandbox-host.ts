import envPaths from 'env-paths';
import { type Log, silentLog } from '../../contracts/ports/log.ts';
import { type SandboxPool } from '../../contracts/ports/sandbox.ts';
import { systemClock } from '../../contracts/ports/clock.ts';
import { type EngineAddress } from '../../sandbox-pool/docker/engine-address.ts';
import { engineSurroundings, locateEngine } from '../../sandbox-pool/docker/engine-locator.ts';
import { Engine } from '../../sandbox-pool/docker/engine.ts';
import { poolLabel } from '../../sandbox-pool/docker/owner.ts';
import { sandboxImageTags } from '../../sandbox-pool/image/image-tag.ts';
import { createSandboxPool, type SandboxPoolOptions } from '../../sandbox-pool/index.ts';

/** The engine and the image that set-up made, and a look at the containers from outside. */
export interface SandboxHost {
  readonly address: EngineAddress;
  readonly image: string;
  readonly engine: Engine;
  pool(options?: Partial<SandboxPoolOptions>): SandboxPool;
  /** Ids of all sandbox containers, running or not, of every pool. */
  containers(): Promise<string[]>;
  exists(containerId: string): Promise<boolean>;
  /** SIGKILL by the engine, as an operator would. */
  kill(containerId: string): Promise<void>;
  close(): void;
}

export async function sandboxHost(): Promise<SandboxHost> {
  const cacheDir = process.env['TRADEWRIGHT_CACHE_DIR'] ?? envPaths('tradewright', { suffix: '' }).cache;
  const { address } = await locateEngine(engineSurroundings(process.env, cacheDir));
  const { image } = await sandboxImageTags();
  const engine = new Engine(address, systemClock);
  const containers = async (): Promise<string[]> => {
    const all = await engine.docker.listContainers({ all: true, filters: { label: [poolLabel] } });
    return all.map(({ Id }) => Id);
  };
  return {
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
    containers,
    exists: async (containerId) => (await containers()).includes(containerId),
    kill: async (containerId) => {
      await engine.docker.getContainer(containerId).kill({ signal: 'SIGKILL' });
    },
    close: () => engine.close(),
  };
}

/** Keeps what was logged, by message. */
export function listeningLog(): { log: Log; messages: string[] } {
  const messages: string[] = [];
  const keep = (_fields: object, message: string): void => void messages.push(message);
  const log: Log = { debug: keep, info: keep, warn: keep, error: keep, child: () => log };
  return { log, messages };
}
