import { access, constants } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TradewrightError } from '../../contracts/errors.ts';
import type { Surroundings } from '../../app/doctor/surroundings.ts';
import { engineInstruction } from '../../app/doctor/instructions.ts';
import { type LocatedEngine, locateEngine } from '../../sandbox-pool/docker/engine-locator.ts';
import { hasApt, installPackages, isRoot } from './apt.ts';
import { startOwnEngine } from './own-engine-process.ts';

/** Finds an engine; on Debian and Ubuntu as root installs and starts one when there is none. */
export async function ensureEngine(
  at: Surroundings,
  note: (text: string) => void,
  signal: AbortSignal,
): Promise<LocatedEngine> {
  try {
    return await locateEngine(at.engine, { signal });
  } catch (error) {
    const { DOCKER_HOST, DOCKER_CONTEXT } = at.engine.env;
    // The person named an engine: starting another one behind their back would be wrong.
    if (
      !(error instanceof TradewrightError) ||
      error.code !== 'ENGINE_MISSING' ||
      DOCKER_HOST ||
      DOCKER_CONTEXT
    )
      throw error;
    if (!isRoot() || process.platform !== 'linux') throw cannotHelp(error);
    const dockerd = await dockerdBinary(at, error, note, signal);
    const system = await systemEngine(at, signal);
    if (system !== undefined) return system;
    note('starting dockerd');
    return startOwnEngine(dockerd, at.engine, at.path, signal);
  }
}

function cannotHelp(error: TradewrightError): TradewrightError {
  return new TradewrightError('ENGINE_MISSING', `${error.message}\n${engineInstruction(process.platform)}`, {
    cause: error,
  });
}

async function dockerdBinary(
  at: Surroundings,
  error: TradewrightError,
  note: (text: string) => void,
  signal: AbortSignal,
): Promise<string> {
  const installed = await onPath('dockerd', at.path);
  if (installed !== undefined) return installed;
  if (!hasApt()) throw cannotHelp(error);
  note('installing docker.io');
  await installPackages(['docker.io'], note, signal);
  const fresh = await onPath('dockerd', at.path);
  if (fresh === undefined)
    throw new TradewrightError('ENGINE_MISSING', 'docker.io was installed, but there is no dockerd on PATH');
  return fresh;
}

/** Under systemd the package starts its own engine; it needs a moment. */
async function systemEngine(at: Surroundings, signal: AbortSignal): Promise<LocatedEngine | undefined> {
  if (!existsSync('/run/systemd/system')) return undefined;
  const deadline = performance.now() + 5_000;
  while (performance.now() < deadline) {
    const found = await locateEngine(at.engine, { signal }).catch(() => undefined);
    if (found !== undefined) return found;
    await sleep(250, undefined, { signal });
  }
  return undefined;
}

async function onPath(program: string, path: string | undefined): Promise<string | undefined> {
  for (const folder of (path ?? '').split(':').filter(Boolean)) {
    const file = join(folder, program);
    const usable = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (usable) return file;
  }
  return undefined;
}
