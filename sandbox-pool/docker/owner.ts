import { execFile } from 'node:child_process';
import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { promisify } from 'node:util';

const label = {
  pool: 'tradewright.pool',
  machine: 'tradewright.owner.machine',
  pid: 'tradewright.owner.pid',
  started: 'tradewright.owner.started',
} as const;

export const poolLabel = label.pool;
export const ownerPidLabel = label.pid;

/** Labels that let a later process tell whether the one that made a container still lives. */
export async function ownerLabels(poolId: string): Promise<Record<string, string>> {
  return {
    [label.pool]: poolId,
    [label.machine]: await machine(),
    [label.pid]: String(process.pid),
    [label.started]: (await startOf(process.pid)) ?? 'unknown',
  };
}

/** True only for a container of a process of this machine that has ended; in doubt false: it may be another live pool's. */
export async function isOrphan(labels: Readonly<Record<string, string>>): Promise<boolean> {
  const { [label.machine]: owner, [label.pid]: pid, [label.started]: started } = labels;
  if (owner === undefined || pid === undefined || started === undefined || !/^\d+$/.test(pid)) return false;
  if (owner !== (await machine())) return false;
  return (await startOf(Number(pid))) !== started;
}

/** The machine and the PID namespace: the same number elsewhere is another process. */
async function machine(): Promise<string> {
  const namespace = await readlink('/proc/self/ns/pid').catch(() => 'pid');
  return `${hostname()} ${namespace}`;
}

/** When a process began, in a form that a reused PID or a reboot does not repeat; null when there is none. */
async function startOf(pid: number): Promise<string | null> {
  try {
    const [stat, boot] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
    ]);
    // The name in brackets may hold blanks and brackets; the 22nd field is the 20th after it. Z: dead, only not yet reaped.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? null : `${boot.trim()} ${fields[19] ?? ''}`;
  } catch {
    return process.platform === 'linux' ? null : startByPs(pid);
  }
}

async function startByPs(pid: number): Promise<string | null> {
  try {
    const { stdout } = await promisify(execFile)('ps', ['-p', String(pid), '-o', 'lstart=']);
    return stdout.trim() === '' ? null : stdout.trim();
  } catch {
    return null;
  }
}
