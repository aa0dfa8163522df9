import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { TradewrightError } from '../../contracts/errors.ts';
import type { EngineAddress } from './engine-address.ts';
import { ownEnginePaths } from './own-engine.ts';

/** The variables that decide where the engine is looked for, as the docker command reads them. */
export interface EngineEnvironment {
  readonly DOCKER_HOST?: string | undefined;
  readonly DOCKER_CONTEXT?: string | undefined;
  readonly DOCKER_CONFIG?: string | undefined;
  readonly DOCKER_TLS_VERIFY?: string | undefined;
  readonly DOCKER_CERT_PATH?: string | undefined;
  readonly XDG_RUNTIME_DIR?: string | undefined;
}

export interface EngineSurroundings {
  readonly env: EngineEnvironment;
  readonly home: string;
  readonly platform: NodeJS.Platform;
  /** Undefined where the system has no user ids. */
  readonly uid: number | undefined;
  readonly cacheDir: string;
}

export interface EngineCandidate {
  readonly address: EngineAddress;
  /** As a person would write it: `unix:///var/run/docker.sock`. */
  readonly endpoint: string;
  /** What named it: a variable, a context or the product whose socket it is. */
  readonly foundBy: string;
  /** Set by the person on purpose: when it does not answer, nothing else may take its place. */
  readonly exclusive: boolean;
}

/** Where an engine may listen, in the order of trying: what the person chose, the system's, desktop products, our own. */
export async function engineCandidates(at: EngineSurroundings): Promise<EngineCandidate[]> {
  const { env } = at;
  if (env.DOCKER_HOST) {
    const address = await parseEndpoint(
      env.DOCKER_HOST,
      'DOCKER_HOST',
      await tlsFromEnvironment(env, at.home),
    );
    return [{ address, endpoint: env.DOCKER_HOST, foundBy: 'DOCKER_HOST', exclusive: true }];
  }
  const context = await contextCandidate(at);
  if (context?.exclusive) return [context];
  const sockets = wellKnownSockets(at).map(([foundBy, socketPath]) => socketCandidate(foundBy, socketPath));
  const all = context ? [context, ...sockets] : sockets;
  return all.filter(
    (candidate, index) => all.findIndex((other) => other.endpoint === candidate.endpoint) === index,
  );
}

/** Sockets of the products people use, the system's engine first and the one that set-up started last. */
export function wellKnownSockets(at: EngineSurroundings): [foundBy: string, socketPath: string][] {
  if (at.platform === 'win32') {
    return [
      ['Docker Desktop', '//./pipe/docker_engine'],
      ['Podman', '//./pipe/podman-machine-default'],
    ];
  }
  const runtimeDir = at.env.XDG_RUNTIME_DIR ?? (at.uid === undefined ? undefined : `/run/user/${at.uid}`);
  const perUser: [string, string][] =
    runtimeDir === undefined
      ? []
      : [
          ['rootless Docker', join(runtimeDir, 'docker.sock')],
          ['rootless Podman', join(runtimeDir, 'podman/podman.sock')],
        ];
  return [
    ['system socket', '/var/run/docker.sock'],
    ...perUser.filter(([name]) => name === 'rootless Docker'),
    ['Docker Desktop', join(at.home, '.docker/run/docker.sock')],
    ['Docker Desktop', join(at.home, '.docker/desktop/docker.sock')],
    ['Colima', join(at.home, '.colima/default/docker.sock')],
    ['Colima', join(at.home, '.config/colima/default/docker.sock')],
    ['OrbStack', join(at.home, '.orbstack/run/docker.sock')],
    ['Rancher Desktop', join(at.home, '.rd/docker.sock')],
    ['started by set-up', ownEnginePaths(at.cacheDir).socket],
    ...perUser.filter(([name]) => name === 'rootless Podman'),
    ['Podman', '/run/podman/podman.sock'],
    ['Podman machine', join(at.home, '.local/share/containers/podman/machine/podman.sock')],
  ];
}

interface Tls {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** @throws CONFIG_INVALID naming `source` when the address is of a kind that cannot be spoken to. */
export async function parseEndpoint(endpoint: string, source: string, tls?: Tls): Promise<EngineAddress> {
  const [scheme = '', rest = ''] = endpoint.split('://', 2);
  if (scheme === 'unix' && rest.startsWith('/')) return { socketPath: rest };
  if (scheme === 'npipe' && rest !== '') return { socketPath: rest };
  if (scheme === 'ssh') {
    throw invalid(
      source,
      endpoint,
      'ssh:// is not supported; forward the socket (ssh -L) and name it as unix://…',
    );
  }
  if (['tcp', 'http', 'https'].includes(scheme) && URL.canParse(`http://${rest}`)) {
    const { hostname, port } = new URL(`http://${rest}`);
    const protocol = scheme === 'https' || tls !== undefined ? 'https' : 'http';
    const host = hostname.replace(/^\[|\]$/g, '');
    if (host !== '')
      return { host, port: Number(port || (protocol === 'https' ? 2376 : 2375)), protocol, ...tls };
  }
  throw invalid(source, endpoint, 'expected unix:///path, tcp://host:port or npipe:////./pipe/name');
}

function invalid(source: string, endpoint: string, why: string): TradewrightError {
  return new TradewrightError(
    'CONFIG_INVALID',
    `${source}=${endpoint} is no address of a Docker engine: ${why}`,
  );
}

function socketCandidate(foundBy: string, socketPath: string): EngineCandidate {
  const endpoint = socketPath.startsWith('//') ? `npipe://${socketPath}` : `unix://${socketPath}`;
  return { address: { socketPath }, endpoint, foundBy, exclusive: false };
}

async function tlsFromEnvironment(env: EngineEnvironment, home: string): Promise<Tls | undefined> {
  if (!env.DOCKER_TLS_VERIFY) return undefined;
  return readTls(env.DOCKER_CERT_PATH ?? env.DOCKER_CONFIG ?? join(home, '.docker'));
}

async function readTls(folder: string): Promise<Tls> {
  const part = (name: string): Promise<string | undefined> =>
    readFile(join(folder, `${name}.pem`), 'utf8').catch(() => undefined);
  const [ca, cert, key] = await Promise.all([part('ca'), part('cert'), part('key')]);
  return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
}

const DockerConfig = z.object({ currentContext: z.string().optional() });
const ContextMeta = z.object({ Endpoints: z.object({ docker: z.object({ Host: z.string() }) }) });

async function contextCandidate(at: EngineSurroundings): Promise<EngineCandidate | undefined> {
  const folder = at.env.DOCKER_CONFIG ?? join(at.home, '.docker');
  const chosen = at.env.DOCKER_CONTEXT;
  const name = chosen ?? (await readJson(join(folder, 'config.json'), DockerConfig))?.currentContext;
  if (name === undefined || name === '' || name === 'default') return undefined;
  const id = createHash('sha256').update(name).digest('hex');
  const meta = await readJson(join(folder, 'contexts/meta', id, 'meta.json'), ContextMeta);
  if (meta === undefined) {
    if (chosen === undefined) return undefined;
    throw new TradewrightError(
      'CONFIG_INVALID',
      `DOCKER_CONTEXT=${name} names a context that does not exist (see: docker context ls)`,
    );
  }
  const endpoint = meta.Endpoints.docker.Host;
  const tls = await readTls(join(folder, 'contexts/tls', id, 'docker'));
  const source = chosen === undefined ? `docker context "${name}"` : 'DOCKER_CONTEXT';
  const address = await parseEndpoint(endpoint, source, Object.keys(tls).length > 0 ? tls : undefined);
  return { address, endpoint, foundBy: source, exclusive: chosen !== undefined };
}

async function readJson<T>(path: string, schema: z.ZodType<T>): Promise<T | undefined> {
  try {
    return schema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return undefined;
  }
}
