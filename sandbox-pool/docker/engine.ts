import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { inspect } from 'node:util';
import Docker from 'dockerode';
import { z } from 'zod';
import { TradewrightError } from '../../contracts/errors.ts';
import type { Clock } from '../../contracts/ports/clock.ts';
import type { EngineAddress } from './engine-address.ts';
import { EngineLimits, inabilitiesOf } from './engine-limits.ts';
import { OomEvents } from './oom-events.ts';

export interface EngineFacts {
  readonly name: string;
  readonly version: string;
  readonly seccomp: boolean;
  /** Limits this engine or its kernel cannot keep, by name. */
  readonly unableTo: readonly string[];
  /** Names of its runtimes; null when it does not say. */
  readonly runtimes: readonly string[] | null;
}

const EngineVersion = z.object({
  Version: z.string(),
  Components: z.array(z.object({ Name: z.string() })).default([]),
});
const EngineInfo = EngineLimits.extend({
  Runtimes: z.record(z.string(), z.unknown()).nullish(),
  SecurityOptions: z
    .array(z.string())
    .nullish()
    .transform((options) => options ?? []),
});

const callLimitMs = 30_000;

/** A connection to one engine. Every call is bounded in time; a failed one says what the engine said. */
export class Engine {
  readonly docker: Docker;
  /** Whether the last container's process could be reached past the engine: then it need not keep an ended one for its verdict. */
  seesProcesses = false;
  readonly ooms: OomEvents;
  readonly #clock: Clock;
  readonly #agent: HttpAgent;

  constructor(address: EngineAddress, clock: Clock) {
    this.#clock = clock;
    const secure = 'host' in address && address.protocol === 'https';
    this.#agent = new (secure ? HttpsAgent : HttpAgent)({ keepAlive: true, maxFreeSockets: 8 });
    // For a line of debugging that nobody reads, the client writes out all it is given at each call: with every connection of the
    // agent that is 10 ms and more in which nothing else of this process runs.
    Object.assign(this.#agent, { [inspect.custom]: () => 'agent' });
    // The client would otherwise mix what DOCKER_HOST says into an address that was given.
    const nothingInherited: object = {
      host: undefined,
      port: undefined,
      protocol: 'http',
      pathPrefix: undefined,
    };
    const options: object = { ...nothingInherited, ...address, agent: this.#agent };
    this.docker = new Docker(options);
    this.ooms = new OomEvents(this.docker);
  }

  /** @throws ENGINE_MISSING when nobody listens there, ENGINE_UNAVAILABLE when it does not answer as it should. */
  async facts(): Promise<EngineFacts> {
    const [version, info] = await this.call('version and info', () =>
      Promise.all([this.docker.version(), this.docker.info() as Promise<unknown>]),
    );
    const { Components, Version } = EngineVersion.parse(version);
    const said = EngineInfo.parse(info);
    const isPodman = Components.some((part) => /podman/i.test(part.Name));
    return {
      name: isPodman ? 'Podman' : 'Docker',
      version: Version,
      seccomp: said.SecurityOptions.some((option) => option.includes('seccomp')),
      unableTo: [
        ...inabilitiesOf(said).map(({ what }) => `limit ${what}`),
        // Its API refuses nr_inodes, and takes a seccomp profile as a file of its own machine only.
        ...(isPodman ? ['limit how many files /tmp may hold'] : []),
      ],
      runtimes: said.Runtimes == null ? null : Object.keys(said.Runtimes),
    };
  }

  /** The image's content id. @throws IMAGE_MISSING */
  async imageId(reference: string): Promise<string> {
    const { Id } = await this.call(`inspect image ${reference}`, () =>
      this.docker.getImage(reference).inspect(),
    );
    return Id;
  }

  /** Runs one API call with a time limit and our error codes. */
  async call<T>(what: string, action: (abortSignal: AbortSignal) => Promise<T>): Promise<T> {
    const limit = new AbortController();
    const cancel = this.#clock.schedule(callLimitMs, () => limit.abort());
    try {
      return await Promise.race([action(limit.signal), rejectionOf(limit.signal)]);
    } catch (cause) {
      throw asEngineError(what, cause);
    } finally {
      cancel();
    }
  }

  close(): void {
    this.ooms.close();
    this.#agent.destroy();
  }
}

export function isNotFound(thrown: unknown): boolean {
  return (
    statusOf(thrown) === 404 ||
    (thrown instanceof Error && thrown.cause !== undefined && isNotFound(thrown.cause))
  );
}

function rejectionOf(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error(`no answer within ${callLimitMs} ms`)), {
      once: true,
    });
  });
}

function statusOf(thrown: unknown): number | null {
  const status = (thrown as { statusCode?: unknown } | null)?.statusCode;
  return typeof status === 'number' ? status : null;
}

function asEngineError(what: string, cause: unknown): TradewrightError {
  if (cause instanceof TradewrightError) return cause;
  const message = `Docker engine, ${what}: ${cause instanceof Error ? cause.message.trim() : String(cause)}`;
  const status = statusOf(cause);
  if (status === 404 && /no such image/i.test(message))
    return new TradewrightError('IMAGE_MISSING', message, { cause });
  if (/unknown (or invalid )?runtime/i.test(message))
    return new TradewrightError('RUNTIME_MISSING', message, { cause });
  if (/seccomp/i.test(message)) return new TradewrightError('SECCOMP_MISSING', message, { cause });
  const code = (cause as { code?: unknown } | null)?.code;
  const nobodyThere =
    code === 'ENOENT' || code === 'ECONNREFUSED' || code === 'EACCES' || code === 'ENOTFOUND';
  return new TradewrightError(nobodyThere ? 'ENGINE_MISSING' : 'ENGINE_UNAVAILABLE', message, { cause });
}
