import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { tryOwnerLock } from '../../messaging/embedded/owner-lock.ts';

/** Two set-ups at once would start two engines and build everything twice: the second waits for the first. */
export async function withSetupLock<T>(
  cacheDir: string,
  onWait: (pid: number) => void,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  await mkdir(cacheDir, { recursive: true });
  let told = false;
  for (;;) {
    const lock = await tryOwnerLock(join(cacheDir, 'setup.lock'));
    if (lock.kind === 'acquired') {
      try {
        return await work();
      } finally {
        await lock.release();
      }
    }
    if (!told) onWait(lock.by.pid);
    told = true;
    await sleep(250, undefined, { signal });
  }
}
