import { link, mkdir, readFile, rmdir, stat, unlink, utimes, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { identifySelf, isAlive, type ProcessIdentity } from './process-identity.ts';

const Owner = z.object({ pid: z.int().positive(), startedAt: z.string().min(1) });

export type OwnerLock =
  | { readonly kind: 'acquired'; readonly release: () => Promise<void> }
  | { readonly kind: 'held'; readonly by: ProcessIdentity };

const abandonedAfterMs = 5_000;
let serial = 0;

/** Takes the lock file for this process. A lock whose process is gone is taken over; a second try in one process finds it held. */
export async function tryOwnerLock(path: string): Promise<OwnerLock> {
  const self = await identifySelf();
  const mine = JSON.stringify(self);
  const draft = `${path}.${self.pid}.${(serial += 1)}`;
  await writeFile(draft, mine);
  try {
    for (;;) {
      // A hard link appears whole or not at all, and fails when the name is taken.
      if (await linked(draft, path)) return { kind: 'acquired', release: () => releaseIfMine(path, mine) };
      const text = await read(path);
      if (text === undefined) continue;
      const owner = parseOwner(text);
      if (owner !== undefined && (await isAlive(owner))) return { kind: 'held', by: owner };
      await removeStale(path, text, draft);
    }
  } finally {
    await unlink(draft).catch(() => undefined);
  }
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/**
 * One breaker at a time, and it looks again once it is alone: only a breaker removes a dead owner's lock, so what it then
 * sees cannot have become a live one in between.
 */
async function removeStale(path: string, staleText: string, draft: string): Promise<void> {
  const guard = `${path}.breaking`;
  try {
    await mkdir(guard);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    await removeAbandonedGuard(guard, draft);
    return;
  }
  try {
    if ((await read(path)) === staleText) await unlink(path);
  } finally {
    await rmdir(guard);
  }
}

/** A breaker works for a moment; a guard this old was left by one that was killed. The file system's clock judges both. */
async function removeAbandonedGuard(guard: string, draft: string): Promise<void> {
  await utimes(draft, new Date(), new Date());
  const [guarded, now] = await Promise.all([guard, draft].map((file) => stat(file).catch(() => undefined)));
  if (guarded && now && now.mtimeMs - guarded.mtimeMs > abandonedAfterMs)
    await rmdir(guard).catch(() => undefined);
}

async function releaseIfMine(path: string, mine: string): Promise<void> {
  if ((await read(path)) === mine) await unlink(path).catch(() => undefined);
}

async function read(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined);
}

function parseOwner(text: string): ProcessIdentity | undefined {
  try {
    return Owner.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
