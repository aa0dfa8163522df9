import { spawn } from 'node:child_process';
import { mkdir, open, readFile, rm, writeFile, lstat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { TradewrightError } from '../../contracts/errors.ts';
import { identifyProcess, isAlive, type ProcessIdentity } from '../../messaging/embedded/process-identity.ts';
import {
  type EngineSurroundings,
  type LocatedEngine,
  locateEngine,
} from '../../sandbox-pool/docker/engine-locator.ts';
import { type OwnEnginePaths, ownEnginePaths } from '../../sandbox-pool/docker/own-engine.ts';

const readyWithinMs = 60_000;
const stopWithinMs = 30_000;

const State = z.object({ pid: z.int().positive(), startedAt: z.string() });

/** The dockerd that set-up started for this cache folder, when it still lives. */
export async function runningOwnEngine(paths: OwnEnginePaths): Promise<ProcessIdentity | undefined> {
  try {
    const state = State.parse(JSON.parse(await readFile(paths.stateFile, 'utf8')));
    return (await isAlive(state)) ? state : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Starts a dockerd apart from the system's: own data, sockets and pid file, no bridge and no firewall rules, since
 * sandboxes have no network. It outlives this process. The caller holds the set-up lock.
 */
export async function startOwnEngine(
  dockerd: string,
  at: EngineSurroundings,
  path: string | undefined,
  signal: AbortSignal,
): Promise<LocatedEngine> {
  const paths = ownEnginePaths(at.cacheDir);
  let process_ = await runningOwnEngine(paths);
  if (process_ === undefined) {
    process_ = await spawnEngine(dockerd, paths, path);
    await writeFile(paths.stateFile, JSON.stringify(process_), { mode: 0o600 });
  }
  const deadline = performance.now() + readyWithinMs;
  for (;;) {
    const found = await locateEngine(at, { signal }).catch(() => undefined);
    if (found !== undefined) return found;
    if (!(await isAlive(process_))) throw await failed(paths, 'the dockerd that set-up started has ended');
    if (performance.now() > deadline)
      throw await failed(paths, `dockerd was not ready within ${readyWithinMs / 1000} s`);
    await sleep(150, undefined, { signal });
  }
}

/** Whoever owns the folder of the socket can put another engine behind it: it must be ours alone. */
async function privateFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  const found = await lstat(path);
  if (!found.isDirectory() || found.uid !== process.getuid?.() || (found.mode & 0o022) !== 0) {
    throw new Error(
      `${path} is not a folder of this user alone: remove it, or set TRADEWRIGHT_CACHE_DIR to a shorter path`,
    );
  }
}

async function spawnEngine(
  dockerd: string,
  paths: OwnEnginePaths,
  path: string | undefined,
): Promise<ProcessIdentity> {
  await mkdir(paths.folder, { recursive: true, mode: 0o700 });
  await privateFolder(dirname(paths.socket));
  // Left by an engine that was killed: its pid may belong to another program by now, and dockerd would refuse to start.
  await Promise.all([paths.pidFile, paths.socket].map((file) => rm(file, { force: true })));
  const log = await open(paths.log, 'w', 0o600);
  try {
    const flags = ['--iptables=false', '--ip6tables=false', '--bridge=none', '--log-level=warn'];
    const places = ['--data-root', paths.data, '--exec-root', paths.exec, '--pidfile', paths.pidFile];
    const child = spawn(dockerd, [...flags, ...places, '--host', `unix://${paths.socket}`], {
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
      cwd: '/',
      env: { PATH: path, HOME: process.env['HOME'] },
    });
    const pid = await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('spawn', () => resolve(child.pid ?? 0));
    });
    child.unref();
    return (await identifyProcess(pid)) ?? { pid, startedAt: 'ended' };
  } finally {
    await log.close();
  }
}

async function failed(paths: OwnEnginePaths, what: string): Promise<TradewrightError> {
  const log = await readFile(paths.log, 'utf8').catch(() => '');
  const tail = log.trim().split('\n').slice(-12).join('\n');
  return new TradewrightError('ENGINE_MISSING', `${what}; the end of ${paths.log}:\n${tail}`);
}

/** Stops only an engine that set-up started; `false` when there is none. Its images stay for the next start. */
export async function stopOwnEngine(cacheDir: string, signal: AbortSignal): Promise<boolean> {
  const paths = ownEnginePaths(cacheDir);
  const engine = await runningOwnEngine(paths);
  if (engine === undefined) return false;
  process.kill(engine.pid, 'SIGTERM');
  const deadline = performance.now() + stopWithinMs;
  while (await isAlive(engine)) {
    if (performance.now() > deadline) process.kill(engine.pid, 'SIGKILL');
    await sleep(100, undefined, { signal });
  }
  await Promise.all([paths.stateFile, paths.pidFile, paths.socket].map((file) => rm(file, { force: true })));
  return true;
}
