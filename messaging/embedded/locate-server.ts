import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { TradewrightError } from '../../contracts/errors.ts';

export interface NatsServerBinary {
  readonly binary: string;
  readonly version: string;
  readonly foundBy: 'PATH' | 'cache';
}

/** 2.10 brought multi-filter consumers, consumer metadata and `sync_interval`. */
export const oldestNatsServer = [2, 10] as const;

/** Where set-up puts the server it fetched. */
export function cachedNatsServer(cacheDir: string): string {
  return join(cacheDir, 'nats-server', 'nats-server');
}

/**
 * The server on PATH if it is recent enough, else the one that set-up fetched. Installs nothing.
 * @throws NATS_MISSING with what to do on this system.
 */
export async function locateNatsServer(options: {
  path: string | undefined;
  cacheDir: string;
  signal?: AbortSignal;
}): Promise<NatsServerBinary> {
  const onPath = (options.path ?? '')
    .split(delimiter)
    .filter(Boolean)
    .map((folder) => join(folder, 'nats-server'));
  const candidates = [
    ...onPath.map((binary) => ({ binary, foundBy: 'PATH' as const })),
    { binary: cachedNatsServer(options.cacheDir), foundBy: 'cache' as const },
  ];
  const refused: string[] = [];
  for (const { binary, foundBy } of candidates) {
    if (!(await isExecutable(binary))) continue;
    const version = await natsServerVersion(binary, options.signal);
    if (version !== undefined && isNatsServerRecent(version)) return { binary, version, foundBy };
    refused.push(`${binary} is ${version === undefined ? 'no working nats-server' : `version ${version}`}`);
  }
  const why = refused.length > 0 ? ` (${refused.join('; ')})` : '';
  throw new TradewrightError(
    'NATS_MISSING',
    `nats-server ${oldestNatsServer.join('.')} or newer was not found on PATH nor in ${options.cacheDir}${why}. ${natsInstruction(process.platform)}`,
  );
}

/** What a person can do on this system. */
export function natsInstruction(platform: NodeJS.Platform): string {
  if (platform === 'darwin') return 'Install it: brew install nats-server';
  if (platform === 'win32')
    return 'Install it: winget install NATSAuthors.NATSServer, or scoop install nats-server';
  return 'Run: npm run setup (Debian, Ubuntu). Elsewhere: dnf or pacman or apk with nats-server, or put the binary of a NATS release on PATH';
}

/** `2.10.27` of `nats-server: v2.10.27`; undefined when the program does not run or says something else. */
export async function natsServerVersion(binary: string, signal?: AbortSignal): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)(binary, ['--version'], {
      timeout: 10_000,
      ...(signal && { signal }),
    });
    return /v?(\d+\.\d+\.\d+)/.exec(stdout)?.[1];
  } catch {
    signal?.throwIfAborted();
    return undefined;
  }
}

export function isNatsServerRecent(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > oldestNatsServer[0] || (major === oldestNatsServer[0] && minor >= oldestNatsServer[1]);
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
