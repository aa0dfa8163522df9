import { chmod, copyFile, mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { TradewrightError } from '../../contracts/errors.ts';
import type { Surroundings } from '../../app/doctor/surroundings.ts';
import {
  cachedNatsServer,
  isNatsServerRecent,
  locateNatsServer,
  natsServerVersion,
  type NatsServerBinary,
} from '../../messaging/embedded/locate-server.ts';
import { aptSources, distribution, hasApt } from './apt.ts';
import { runCommand } from './run-command.ts';

/** Debian 13: the first release whose nats-server is new enough. */
const debianRelease = 'trixie';
const systemKeyring = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** Finds nats-server, else fetches Debian's package into the cache. The system's packages and sources stay as they are. */
export async function ensureNatsServer(
  at: Surroundings,
  note: (text: string) => void,
  signal: AbortSignal,
): Promise<NatsServerBinary> {
  const look = { path: at.path, cacheDir: at.cacheDir, signal };
  try {
    return await locateNatsServer(look);
  } catch (error) {
    if (!(error instanceof TradewrightError) || error.code !== 'NATS_MISSING' || !hasApt()) throw error;
    await fetchNatsServer(at.cacheDir, error, note, signal);
    return locateNatsServer(look);
  }
}

async function fetchNatsServer(
  cacheDir: string,
  missing: TradewrightError,
  note: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  await mkdir(cacheDir, { recursive: true });
  const folder = await mkdtemp(join(cacheDir, 'fetch-'));
  try {
    const packageFile =
      (await fromOwnRelease(folder, note, signal)) ?? (await fromDebian(folder, missing, note, signal));
    note('unpacking');
    const root = join(folder, 'root');
    await runCommand('dpkg', ['-x', packageFile, root], { timeoutMs: 60_000, signal });
    await keep(
      join(root, 'usr/sbin/nats-server'),
      join(root, 'usr/bin/nats-server'),
      cachedNatsServer(cacheDir),
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function keep(inSbin: string, inBin: string, target: string): Promise<void> {
  const source = existsSync(inSbin) ? inSbin : inBin;
  const version = await natsServerVersion(source);
  if (version === undefined || !isNatsServerRecent(version)) {
    throw new TradewrightError(
      'NATS_MISSING',
      `the fetched nats-server (${version ?? 'it does not run'}) cannot be used on this system`,
    );
  }
  await mkdir(dirname(target), { recursive: true });
  await copyFile(source, `${target}.new`);
  await chmod(`${target}.new`, 0o755);
  await rename(`${target}.new`, target);
}

/** Newer systems have a recent one in their own sources; apt's present lists tell. */
async function fromOwnRelease(
  folder: string,
  note: (text: string) => void,
  signal: AbortSignal,
): Promise<string | undefined> {
  const policy = await runCommand('apt-cache', ['policy', 'nats-server'], {
    timeoutMs: 30_000,
    signal,
  }).catch(() => '');
  const candidate = /Candidate: (?:\d+:)?(\d+\.\d+\.\d+)/.exec(policy)?.[1];
  if (candidate === undefined || !isNatsServerRecent(candidate)) return undefined;
  note(`fetching nats-server ${candidate}`);
  return download('nats-server', [], folder, signal).catch(() => undefined);
}

async function fromDebian(
  folder: string,
  missing: TradewrightError,
  note: (text: string) => void,
  signal: AbortSignal,
): Promise<string> {
  const { id, codename } = await distribution();
  const mirror = (await aptSources(signal)).find(
    ({ release, component }) => release === codename && component === 'main',
  );
  if (id !== 'debian' || mirror === undefined) throw missing;
  // A state of apt's own, so that neither the system's sources nor its lists change; signatures are checked as always.
  const update = async (keyring: string): Promise<string[]> => {
    const settings = await privateApt(
      join(folder, 'apt'),
      `deb [signed-by=${keyring}] ${mirror.uri} ${debianRelease} main\n`,
    );
    await runCommand('apt-get', [...settings, 'update', '--error-on=any'], {
      timeoutMs: 180_000,
      signal,
      onLine: note,
    });
    return settings;
  };
  note(`reading Debian ${debianRelease}'s package list`);
  const settings = await update(systemKeyring).catch(async () => {
    signal.throwIfAborted();
    note('taking the newer archive keys from the debian-archive-keyring package');
    return update(await newerKeyring(folder, signal));
  });
  note('fetching nats-server');
  return download('nats-server', settings, folder, signal);
}

/** The keys come from a package that the system's own, already trusted keys have signed. */
async function newerKeyring(folder: string, signal: AbortSignal): Promise<string> {
  const target = join(folder, 'keyring');
  const packageFile = await download('debian-archive-keyring', [], folder, signal);
  await runCommand('dpkg', ['-x', packageFile, target], { timeoutMs: 60_000, signal });
  return join(target, systemKeyring);
}

async function privateApt(folder: string, sources: string): Promise<string[]> {
  await mkdir(join(folder, 'lists/partial'), { recursive: true });
  await mkdir(join(folder, 'cache/archives/partial'), { recursive: true });
  await mkdir(join(folder, 'preferences.d'), { recursive: true });
  await writeFile(join(folder, 'sources.list'), sources);
  await writeFile(join(folder, 'status'), '');
  const settings = {
    'Dir::Etc::SourceList': join(folder, 'sources.list'),
    'Dir::Etc::SourceParts': '/dev/null',
    'Dir::Etc::Preferences': '/dev/null',
    'Dir::Etc::PreferencesParts': join(folder, 'preferences.d'),
    'Dir::State::Lists': join(folder, 'lists'),
    'Dir::State::Status': join(folder, 'status'),
    'Dir::Cache': join(folder, 'cache'),
    'APT::Sandbox::User': '',
    'Acquire::Languages': 'none',
  };
  return Object.entries(settings).flatMap(([key, value]) => ['-o', `${key}=${value}`]);
}

async function download(
  name: string,
  settings: readonly string[],
  folder: string,
  signal: AbortSignal,
): Promise<string> {
  const target = join(folder, `deb-${name}`);
  await mkdir(target, { recursive: true });
  const args = [...settings, '-o', 'APT::Sandbox::User=', 'download', name];
  await runCommand('apt-get', args, { timeoutMs: 180_000, signal, cwd: target });
  const file = (await readdir(target)).find((entry) => entry.endsWith('.deb'));
  if (file === undefined || (await stat(join(target, file))).size === 0)
    throw new Error(`apt-get download ${name} left no package`);
  return join(target, file);
}
