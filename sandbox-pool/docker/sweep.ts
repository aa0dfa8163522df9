import { removeContainer } from './container.ts';
import type { Engine } from './engine.ts';
import { isOrphan, poolLabel } from './owner.ts';

/** Removes the containers of pools whose process has ended; never those of another pool that lives. Gives their ids. */
export async function sweepOrphans(engine: Engine): Promise<string[]> {
  const swept: string[] = [];
  for (const { Id, Labels } of await listByLabel(engine, poolLabel)) {
    if (!(await isOrphan(Labels))) continue;
    await removeContainer(engine, Id);
    swept.push(Id);
  }
  return swept;
}

/** Removes whatever is left of one pool; gives how many there were. */
export async function sweepPool(engine: Engine, poolId: string): Promise<number> {
  const left = await listByLabel(engine, `${poolLabel}=${poolId}`);
  await Promise.all(left.map(({ Id }) => removeContainer(engine, Id)));
  return left.length;
}

function listByLabel(
  engine: Engine,
  label: string,
): Promise<{ Id: string; Labels: Record<string, string> }[]> {
  return engine.call('list containers', (abortSignal) =>
    engine.docker.listContainers({ all: true, filters: { label: [label] }, abortSignal }),
  );
}
