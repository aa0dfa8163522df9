import { readFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { runCommand } from './run-command.ts';

export interface AptSource {
  readonly uri: string;
  readonly release: string;
  readonly component: string;
}

export function hasApt(): boolean {
  return process.platform === 'linux' && existsSync('/usr/bin/apt-get');
}

export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** `bookworm`, `noble`, … */
export async function distribution(): Promise<{ id: string; codename: string }> {
  const text = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const field = (name: string): string => new RegExp(`^${name}="?([^"\n]*)"?$`, 'm').exec(text)?.[1] ?? '';
  return { id: field('ID'), codename: field('VERSION_CODENAME') };
}

/** Where this machine takes its own packages from, as its administrator set it up; works before any list has been read. */
export async function aptSources(signal: AbortSignal): Promise<AptSource[]> {
  return parseAptUris(await runCommand('apt-get', ['update', '--print-uris'], { timeoutMs: 30_000, signal }));
}

/** Reads `'<uri>dists/<release>/<component>/binary-<arch>/Packages.xz' …` lines, and the release files where no more is known. */
export function parseAptUris(text: string): AptSource[] {
  const all = text.split('\n').flatMap((line): AptSource[] => {
    const [, uri, rest = ''] = /^'(.+?\/)dists\/([^']+)'/.exec(line) ?? [];
    if (uri === undefined) return [];
    const [, release, component] =
      /^(.+?)\/(?:InRelease|([^/]+)\/binary-[^/]+\/Packages\b.*)$/.exec(rest) ?? [];
    return release === undefined ? [] : [{ uri, release, component: component ?? 'main' }];
  });
  return [...new Map(all.map((source) => [JSON.stringify(source), source])).values()];
}

/** The sources of one release and its updates: another product's repository has no place in our image. */
export function ofRelease(sources: readonly AptSource[], codename: string): AptSource[] {
  return sources.filter(({ release }) => release === codename || release.startsWith(`${codename}-`));
}

/**
 * Installs through the system's package manager, never asking. Needs root. A stop waits until it is done: a package manager
 * that is killed half-way leaves the system broken.
 */
export async function installPackages(
  packages: readonly string[],
  note: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const lockWait = ['-o', 'DPkg::Lock::Timeout=120'];
  // A broken third-party repository must not stop us: whether the packages can be had is what counts.
  const update = { env, timeoutMs: 180_000, signal, onLine: note };
  await runCommand('apt-get', [...lockWait, 'update'], update).catch((error: unknown) => {
    signal.throwIfAborted();
    note(`apt-get update: ${String(error)}`);
  });
  const install = [...lockWait, 'install', '-y', '--no-install-recommends', ...packages];
  await runCommand('apt-get', install, { env, timeoutMs: 300_000, onLine: note });
  signal.throwIfAborted();
}
