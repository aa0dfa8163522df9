import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What the kernel of this host says of a container's process; nothing here is the container's word. */

export interface ContainerUsage {
  readonly cpuMs: number | null;
  readonly peakMemoryBytes: number | null;
  /** How often the PID limit refused a new task. */
  readonly pidRefusals: number | null;
}

export const unknownUsage: ContainerUsage = { cpuMs: null, peakMemoryBytes: null, pidRefusals: null };

/** The files that measure one container; null members where this host does not offer them. */
export interface CgroupFiles {
  readonly cpu: { readonly path: string; readonly version: 1 | 2 } | null;
  readonly peakMemory: string | null;
  readonly oomEvents: string | null;
  readonly pidEvents: string | null;
}

/** True when `pid` is, right now and in our PID namespace, a process of this container. */
export async function isProcessOf(containerId: string, pid: number): Promise<boolean> {
  if (pid <= 1) return false;
  return (await contentOf(`/proc/${pid}/cgroup`))?.includes(containerId) ?? false;
}

/** Where a process's control group of one controller is, and whose version. */
export interface ControllerFolder {
  readonly folder: string;
  readonly version: 1 | 2;
}

/** Finds the control groups of a process: version 1, 2 or the hybrid of both; null what this host does not offer. */
export async function controllerFolders(
  pid: number,
): Promise<Readonly<Record<'cpu' | 'cpuacct' | 'memory' | 'pids', ControllerFolder | null>>> {
  const [memberships, mounts] = await Promise.all([
    contentOf(`/proc/${pid}/cgroup`),
    contentOf('/proc/self/mountinfo'),
  ]);
  const folderOf = (controller: string): ControllerFolder | null => {
    if (memberships === null || mounts === null) return null;
    const v1 = groupPath(memberships, (controllers) => controllers.includes(controller));
    if (v1 !== null) return located(mounts, v1, 1, controller);
    const v2 = groupPath(memberships, (controllers) => controllers.length === 0);
    return v2 === null ? null : located(mounts, v2, 2, controller);
  };
  return {
    cpu: folderOf('cpu'),
    cpuacct: folderOf('cpuacct'),
    memory: folderOf('memory'),
    pids: folderOf('pids'),
  };
}

export async function cgroupFilesOf(pid: number): Promise<CgroupFiles> {
  const folders = await controllerFolders(pid);
  const cpu = folders.cpuacct ?? folders.cpu;
  const { memory, pids } = folders;
  return {
    cpu:
      cpu === null
        ? null
        : { path: join(cpu.folder, cpu.version === 1 ? 'cpuacct.usage' : 'cpu.stat'), version: cpu.version },
    peakMemory:
      memory === null
        ? null
        : join(memory.folder, memory.version === 1 ? 'memory.max_usage_in_bytes' : 'memory.peak'),
    oomEvents:
      memory === null
        ? null
        : join(memory.folder, memory.version === 1 ? 'memory.oom_control' : 'memory.events'),
    pidEvents: pids === null ? null : join(pids.folder, 'pids.events'),
  };
}

/** The same without giving way in between: between this look and the signal nothing else may run. */
export function isProcessNow(containerId: string, pid: number): boolean {
  return pid > 1 && (contentNow(`/proc/${pid}/cgroup`)?.includes(containerId) ?? false);
}

/**
 * Whether no thread of the process can run another instruction of its program: the kernel marks each as exiting on its way out, from
 * which there is no return. Giving its memory back takes some milliseconds more.
 */
export function hasEnded(pid: number): boolean {
  if (!isExiting(`/proc/${pid}/stat`)) return false;
  try {
    return readdirSync(`/proc/${pid}/task`).every((thread) => isExiting(`/proc/${pid}/task/${thread}/stat`));
  } catch {
    return true;
  }
}

const exitingFlag = 0x4;

function isExiting(statPath: string): boolean {
  const stat = contentNow(statPath);
  if (stat === null) return true;
  // The name in brackets may hold anything; the kernel's flags come six fields after the state.
  const flags = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[6]);
  return (flags & exitingFlag) !== 0;
}

/** Three looks at the kernel, 50 µs together, where a detour through other threads costs a program that waits a millisecond. */
export function readUsage(files: CgroupFiles): ContainerUsage {
  const cpu = files.cpu === null ? null : contentNow(files.cpu.path);
  const memory = files.peakMemory === null ? null : contentNow(files.peakMemory);
  const pids = files.pidEvents === null ? null : contentNow(files.pidEvents);
  return {
    cpuMs: cpu === null ? null : cpuMsOf(cpu, files.cpu?.version ?? 2),
    peakMemoryBytes: memory === null ? null : wholeNumber(memory),
    pidRefusals: pids === null ? null : wholeNumber(/^max (\d+)/m.exec(pids)?.[1] ?? ''),
  };
}

/** Whether the kernel has killed for want of memory in the group; null when the group has gone or does not tell. */
export async function oomKilled({ oomEvents }: CgroupFiles): Promise<boolean | null> {
  const said = oomEvents === null ? null : await contentOf(oomEvents);
  const count = wholeNumber(/^oom_kill (\d+)/m.exec(said ?? '')?.[1] ?? '');
  return count === null ? null : count > 0;
}

function cpuMsOf(content: string, version: 1 | 2): number | null {
  const counted = wholeNumber(version === 1 ? content : (/^usage_usec (\d+)/m.exec(content)?.[1] ?? ''));
  return counted === null ? null : counted / (version === 1 ? 1e6 : 1e3);
}

function wholeNumber(text: string): number | null {
  const trimmed = text.trim();
  return /^\d+$/.test(trimmed) ? Number(trimmed) : null;
}

function groupPath(memberships: string, matches: (controllers: string[]) => boolean): string | null {
  for (const line of memberships.split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (controllers === undefined || path === undefined) continue;
    if (matches(controllers.split(',').filter((name) => name !== ''))) return path;
  }
  return null;
}

function located(mounts: string, group: string, version: 1 | 2, controller: string): ControllerFolder | null {
  for (const line of mounts.split('\n')) {
    const [before = '', after = ''] = line.split(' - ');
    const [, , , root = '/', mountPoint] = before.split(' ');
    const [type, , options = ''] = after.split(' ');
    if (mountPoint === undefined || type !== (version === 1 ? 'cgroup' : 'cgroup2')) continue;
    if (version === 1 && !options.split(',').includes(controller)) continue;
    const inside = root === '/' ? group : group.startsWith(`${root}/`) ? group.slice(root.length) : null;
    if (inside !== null) return { folder: join(mountPoint, inside), version };
  }
  return null;
}

function contentNow(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

export async function contentOf(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    return null;
  }
}
