import { homedir } from 'node:os';
import { z } from 'zod';
import { TradewrightError } from '../../contracts/errors.ts';
import type { EngineAddress } from './engine-address.ts';
import {
  type EngineCandidate,
  engineCandidates,
  type EngineEnvironment,
  type EngineSurroundings,
} from './engine-candidates.ts';
import { engineGet } from './engine-http.ts';
import { EngineLimits, inabilitiesOf, type Inability } from './engine-limits.ts';

export { type EngineEnvironment, type EngineSurroundings } from './engine-candidates.ts';

export interface LocatedEngine {
  readonly address: EngineAddress;
  readonly endpoint: string;
  readonly foundBy: string;
  /** The product's: `Docker Engine - Community`, `Podman Engine`; plain `Docker` where it says nothing. */
  readonly name: string;
  readonly version: string;
  readonly apiVersion: string;
}

export interface EngineFacts {
  readonly cgroupVersion: string;
  readonly runtime: string;
  readonly seccomp: boolean;
  readonly storageDriver: string;
  readonly osType: string;
  readonly inabilities: readonly Inability[];
}

/** Docker 20.10: the first with everything the sandbox asks for. */
const oldestApi = [1, 41] as const;
const pingTimeoutMs = 3_000;

/** What the locator has to know of this process's surroundings; `env` is handed in because only app/ and scripts/ read it. */
export function engineSurroundings(env: EngineEnvironment, cacheDir: string): EngineSurroundings {
  return { env, cacheDir, home: homedir(), platform: process.platform, uid: process.getuid?.() };
}

/**
 * Finds an engine that answers, the way the docker command and its users have it.
 * @throws ENGINE_MISSING with every place tried and why it was no good; CONFIG_INVALID when a variable makes no sense.
 */
export async function locateEngine(
  at: EngineSurroundings,
  options: { signal?: AbortSignal } = {},
): Promise<LocatedEngine> {
  const tried: string[] = [];
  for (const candidate of await engineCandidates(at)) {
    try {
      return await ping(candidate, options.signal);
    } catch (cause) {
      options.signal?.throwIfAborted();
      const why = explain(cause);
      if (candidate.exclusive) {
        throw new TradewrightError(
          'ENGINE_MISSING',
          `no Docker engine answers at ${candidate.endpoint}, which ${candidate.foundBy} names: ${why}. ` +
            `Start that engine, or unset ${candidate.foundBy} to look in the usual places.`,
          { cause },
        );
      }
      tried.push(`${candidate.endpoint} (${candidate.foundBy}): ${why}`);
    }
  }
  throw new TradewrightError('ENGINE_MISSING', `no Docker engine answers. Tried:\n  ${tried.join('\n  ')}`, {
    details: { tried },
  });
}

const Version = z.object({
  Version: z.string(),
  ApiVersion: z.string(),
  Os: z.string().optional(),
  Platform: z.object({ Name: z.string().optional() }).optional(),
  Components: z.array(z.object({ Name: z.string() })).optional(),
});

async function ping(candidate: EngineCandidate, signal?: AbortSignal): Promise<LocatedEngine> {
  const answer = await engineGet(candidate.address, '/version', Version, {
    timeoutMs: pingTimeoutMs,
    signal,
  });
  if (!isApiRecent(answer.ApiVersion)) {
    throw new Error(
      `version ${answer.Version} (API ${answer.ApiVersion}) is too old; ${oldestApi.join('.')} or newer is needed`,
    );
  }
  const name =
    answer.Components?.find((part) => part.Name.startsWith('Podman'))?.Name ?? answer.Platform?.Name;
  return {
    address: candidate.address,
    endpoint: candidate.endpoint,
    foundBy: candidate.foundBy,
    name: name === undefined || name === '' ? 'Docker' : name,
    version: answer.Version,
    apiVersion: answer.ApiVersion,
  };
}

/** Whether `1.x` is at least the oldest API the sandbox can use. */
export function isApiRecent(apiVersion: string): boolean {
  const [major = 0, minor = 0] = apiVersion.split('.').map(Number);
  return major > oldestApi[0] || (major === oldestApi[0] && minor >= oldestApi[1]);
}

const Info = EngineLimits.extend({
  CgroupVersion: z.string().optional(),
  DefaultRuntime: z.string().optional(),
  SecurityOptions: z.array(z.string()).nullish(),
  Driver: z.string().optional(),
  OSType: z.string().optional(),
});

/** What matters of the engine's `info`. */
export async function engineFacts(
  engine: LocatedEngine,
  options: { signal?: AbortSignal } = {},
): Promise<EngineFacts> {
  const info = await engineGet(engine.address, '/info', Info, { timeoutMs: 10_000, signal: options.signal });
  return {
    cgroupVersion: info.CgroupVersion ?? '1',
    runtime: info.DefaultRuntime ?? 'unknown',
    seccomp: (info.SecurityOptions ?? []).some((option) => option.includes('seccomp')),
    storageDriver: info.Driver ?? 'unknown',
    osType: info.OSType ?? 'unknown',
    inabilities: inabilitiesOf(info),
  };
}

function explain(cause: unknown): string {
  const code = (cause as { code?: unknown } | null)?.code;
  if (code === 'ENOENT') return 'no such socket';
  if (code === 'ECONNREFUSED') return 'nothing listens there';
  if (code === 'EACCES') return 'permission denied (add yourself to the group "docker", or run rootless)';
  return cause instanceof Error ? cause.message : String(cause);
}
