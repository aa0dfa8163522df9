import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hasApt, installPackages, isRoot } from '../../scripts/setup/apt.ts';
import { runCommand } from '../../scripts/setup/run-command.ts';

const folder = fileURLToPath(new URL('..', import.meta.url));

/** The peers' packages, only in here; nothing to do when they are those of the lock file. */
export async function installPeers(signal: AbortSignal): Promise<void> {
  const lock = await readFile(join(folder, 'package-lock.json'));
  const wanted = createHash('sha256').update(lock).digest('hex');
  const stamp = join(folder, 'node_modules/.tradewright-lock');
  if ((await readFile(stamp, 'utf8').catch(() => '')) === wanted) return;
  process.stderr.write('… packages of the peers\n');
  await runCommand('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: folder,
    timeoutMs: 300_000,
    signal,
  });
  await writeFile(stamp, wanted);
}

/** A Debian package that brings `program`; false where it cannot be had. */
export async function ensureProgram(
  program: string,
  debianPackage: string,
  signal: AbortSignal,
): Promise<boolean> {
  if (existsSync(program)) return true;
  process.stderr.write(`… ${debianPackage} from the distribution\n`);
  if (hasApt() && isRoot())
    await installPackages([debianPackage], () => undefined, signal).catch(() => undefined);
  const there = existsSync(program);
  if (!there) process.stderr.write(`${debianPackage} cannot be had here: its figures stay empty\n`);
  return there;
}
