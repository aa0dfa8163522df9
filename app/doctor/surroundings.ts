import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import envPaths from 'env-paths';
import { type EngineSurroundings, engineSurroundings } from '../../sandbox-pool/docker/engine-locator.ts';

/** What set-up and the doctor have to know of the machine. */
export interface Surroundings {
  /** Survives the checkout: the fetched nats-server and the data of an engine that set-up started. */
  readonly cacheDir: string;
  readonly path: string | undefined;
  readonly engine: EngineSurroundings;
}

export const checkoutFolder = fileURLToPath(new URL('../../', import.meta.url));

export function surroundings(env: NodeJS.ProcessEnv): Surroundings {
  const cacheDir = resolve(env['TRADEWRIGHT_CACHE_DIR'] || envPaths('tradewright', { suffix: '' }).cache);
  // Debian keeps dockerd where only root's PATH reaches, and a service's PATH may not.
  const path = [env['PATH'] ?? '', '/usr/local/sbin', '/usr/sbin', '/sbin'].filter(Boolean).join(':');
  return {
    cacheDir,
    path: process.platform === 'win32' ? env['PATH'] : path,
    engine: engineSurroundings(env, cacheDir),
  };
}

export function inCheckout(...parts: string[]): string {
  return join(checkoutFolder, ...parts);
}
