import { link, readFile, rename, unlink, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { identifySelf, isAlive, type ProcessIdentity } from './process-identity.ts';

const Owner = z.object({ pid: z.int().positive(), startedAt: z.string().min(1) });

export type OwnerLock =
  | { readonly kind: 'acquired'; readonly release: () => Promise<void> }
  | { readonly kind: 'held'; readonly by: ProcessIdentity };

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
      await removeStale(path, text, `${draft}.stale`);
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

/** Moved aside before it is deleted: if another process took the lock over in between, its lock is put back. */
async function removeStale(path: string, staleText: string, aside: string): Promise<void> {
  try {
    await rename(path, aside);
  } catch {
    return;
  }
  if ((await read(aside)) !== staleText) await linked(aside, path).catch(() => false);
  await unlink(aside).catch(() => undefined);
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
