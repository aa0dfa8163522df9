import { readdir, readFile } from 'node:fs/promises';

interface Process {
  readonly pid: number;
  readonly parent: number;
}

/** Memory of processes and all their descendants, bytes: proportional set size, so that what they share counts once. */
export async function memoryOf(roots: readonly number[]): Promise<number> {
  const all = await processes();
  const found = new Set(roots);
  for (let grown = true; grown;) {
    grown = false;
    for (const { pid, parent } of all) {
      if (!found.has(parent) || found.has(pid)) continue;
      found.add(pid);
      grown = true;
    }
  }
  const sizes = await Promise.all([...found].map(proportional));
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function processes(): Promise<readonly Process[]> {
  const names = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const read = names.map(async (name): Promise<Process[]> => {
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '');
    const [, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return parent === undefined ? [] : [{ pid: Number(name), parent: Number(parent) }];
  });
  return (await Promise.all(read)).flat();
}

async function proportional(pid: number): Promise<number> {
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');
  return Number(/^Pss:\s+(\d+) kB$/m.exec(rollup)?.[1] ?? 0) * 1024;
}
