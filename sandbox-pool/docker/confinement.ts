import { access, readFile, readlink } from 'node:fs/promises';
import { maskedPaths, readonlyPaths, type ContainerLimits } from './hardening.ts';
import { contentOf, type ControllerFolder, controllerFolders } from './host-facts.ts';

/** What must be in force for one container. */
export interface Expected {
  readonly limits: ContainerLimits;
  readonly uid: number;
  readonly openFiles: number;
  readonly cpuSeconds: number;
  readonly tmpfsInodes: number;
}

/** Each of them apart from this process's own. */
const privateNamespaces = ['net', 'ipc', 'pid', 'mnt', 'uts'] as const;

/**
 * What the kernel of this host says is not as it must be for a container's process; empty when all of it is. Each fault names its
 * part. null when the process has gone.
 */
export async function confinementFaults(pid: number, expected: Expected): Promise<string[] | null> {
  const status = await contentOf(`/proc/${pid}/status`);
  if (status === null) return null;
  const mounts = (await contentOf(`/proc/${pid}/mountinfo`)) ?? '';
  const faults = [
    ...statusFaults(status, expected),
    ...(await namespaceFaults(pid)),
    ...(await networkFaults(pid)),
    ...mountFaults(mounts, expected),
    ...(await coveredFaults(mounts)),
    ...rlimitFaults((await contentOf(`/proc/${pid}/limits`)) ?? '', expected),
    ...(await cgroupFaults(pid, expected.limits)),
  ];
  // Gone half way: what could not be read is no fault of the engine.
  return (await contentOf(`/proc/${pid}/status`)) === null ? null : faults;
}

/** How many filters are on the process; null where the kernel does not say. */
export async function seccompFilters(pid: number): Promise<number | null> {
  const count = field((await contentOf(`/proc/${pid}/status`)) ?? '', 'Seccomp_filters');
  return /^\d+$/.test(count) ? Number(count) : null;
}

function statusFaults(status: string, { uid }: Expected): string[] {
  const capabilities = ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'];
  const ids = `${uid} ${uid} ${uid} ${uid}`;
  return [
    ...faultIf(field(status, 'Seccomp') !== '2', 'seccomp: no filter on the process'),
    ...faultIf(field(status, 'NoNewPrivs') !== '1', 'no-new-privileges: not set'),
    ...faultIf(
      capabilities.some((name) => !/^0+$/.test(field(status, name))),
      'capabilities: some are left',
    ),
    ...faultIf(
      [field(status, 'Uid'), field(status, 'Gid')].some((said) => said.replace(/\s+/g, ' ') !== ids) &&
        !isRemapped(status, uid),
      `user: runs as ${field(status, 'Uid').replace(/\s+/g, '/')} and not as ${uid}`,
    ),
  ];
}

/** A rootless engine, or one with user namespaces, shows other numbers on the host; root must be none of them. */
function isRemapped(status: string, uid: number): boolean {
  const uids = field(status, 'Uid').split(/\s+/).map(Number);
  return uids.every((seen) => seen === uids[0] && seen !== 0 && seen !== uid && seen > uid);
}

async function namespaceFaults(pid: number): Promise<string[]> {
  const linkOf = (of: string, name: string): Promise<string | null> =>
    readlink(`/proc/${of}/ns/${name}`).catch(() => null);
  const faults = await Promise.all(
    privateNamespaces.map(async (name) => {
      const [its, ours] = await Promise.all([linkOf(String(pid), name), linkOf('self', name)]);
      return faultIf(its !== null && its === ours, `${name} namespace: shared with the host`);
    }),
  );
  return faults.flat();
}

/** Nothing but a loopback, and that one down. */
async function networkFaults(pid: number): Promise<string[]> {
  const devices = await contentOf(`/proc/${pid}/net/dev`);
  if (devices === null) return [];
  const names = devices
    .split('\n')
    .slice(2)
    .map((line) => line.split(':')[0]?.trim() ?? '')
    .filter((name) => name !== '' && name !== 'lo');
  const sends = names.filter(
    (name) => !/^(tunl|sit|ip6tnl|gre|gretap|erspan|ip_vti|ip6_vti|ip6gre)\d*$/.test(name),
  );
  return faultIf(sends.length > 0, `network: it has ${sends.join(', ')}`);
}

interface Mount {
  readonly options: readonly string[];
  readonly data: readonly string[];
}

/** The mount that is seen at a place: the last one there. */
function mountAt(mounts: string, place: string): Mount | undefined {
  for (const line of mounts.split('\n').reverse()) {
    const [before = '', after = ''] = line.split(' - ');
    const [, , , , mountPoint, options = ''] = before.split(' ');
    if (mountPoint === place)
      return { options: options.split(','), data: (after.split(' ')[2] ?? '').split(',') };
  }
  return undefined;
}

/** Of what this kernel offers: something else is mounted over each masked path, and nothing can be written to in the others. */
async function coveredFaults(mounts: string): Promise<string[]> {
  const offered = async (paths: readonly string[]): Promise<string[]> => {
    const there = await Promise.all(
      paths.map((path) =>
        access(path).then(
          () => true,
          () => false,
        ),
      ),
    );
    return paths.filter((_, index) => there[index] === true);
  };
  const [masked, readonly] = await Promise.all([offered(maskedPaths), offered(readonlyPaths)]);
  const open = masked.filter((path) => mountAt(mounts, path) === undefined);
  const writable = readonly.filter((path) => mountAt(mounts, path)?.options.includes('ro') !== true);
  return [
    ...faultIf(open.length > 0, `masked paths: ${open.join(', ')} can be read`),
    ...faultIf(writable.length > 0, `read-only paths: ${writable.join(', ')} are not`),
  ];
}

function mountFaults(mounts: string, { limits, tmpfsInodes }: Expected): string[] {
  const tmp = mountAt(mounts, '/tmp');
  const missing = ['noexec', 'nosuid', 'nodev'].filter((option) => tmp?.options.includes(option) !== true);
  const sizeKiB = Math.ceil(limits.tmpfsBytes / 4_096) * 4;
  return [
    ...faultIf(mountAt(mounts, '/')?.options.includes('ro') !== true, 'root file system: writable'),
    ...faultIf(tmp === undefined, '/tmp: no file system of its own'),
    ...faultIf(tmp !== undefined && missing.length > 0, `/tmp: not ${missing.join(', ')}`),
    ...faultIf(tmp !== undefined && !tmp.data.includes(`size=${sizeKiB}k`), '/tmp: no limit of bytes'),
    ...faultIf(
      tmp !== undefined &&
        !tmp.data.includes(`nr_inodes=${tmpfsInodes}`) &&
        !tmp.data.includes('nr_inodes=1k'),
      '/tmp: no limit of inodes',
    ),
  ];
}

function rlimitFaults(limits: string, { openFiles, cpuSeconds }: Expected): string[] {
  const hard = (name: string): string =>
    limits
      .split('\n')
      .find((line) => line.startsWith(name))
      ?.slice(name.length)
      .trim()
      .split(/\s+/)[1] ?? '';
  return [
    ...faultIf(hard('Max open files') !== String(openFiles), 'files: no limit'),
    ...faultIf(hard('Max cpu time') !== String(cpuSeconds), 'processor time: no last limit'),
    ...faultIf(hard('Max core file size') !== '0', 'core dumps: not off'),
  ];
}

async function cgroupFaults(pid: number, limits: ContainerLimits): Promise<string[]> {
  const { memory, pids, cpu } = await controllerFolders(pid);
  const read = async (at: ControllerFolder | null, one: string, two: string): Promise<string | null> =>
    at === null ? null : ((await contentOf(`${at.folder}/${at.version === 1 ? one : two}`))?.trim() ?? null);
  const within = (said: string | null, most: number): boolean =>
    said === null || (/^\d+$/.test(said) && Number(said) <= most);
  const memoryMax = await read(memory, 'memory.limit_in_bytes', 'memory.max');
  // Version 1 counts memory and swap together, version 2 swap alone.
  const swap = await read(memory, 'memory.memsw.limit_in_bytes', 'memory.swap.max');
  const mostSwap = memory?.version === 1 ? limits.memoryBytes : 0;
  const quota = await quotaOf(cpu);
  return [
    ...faultIf(!within(memoryMax, limits.memoryBytes), `memory: the limit is ${memoryMax ?? 'none'}`),
    ...faultIf(
      swap === null ? await hasSwap() : !within(swap, mostSwap),
      'swap: the engine or its kernel does not limit it',
    ),
    ...faultIf(!within(await read(pids, 'pids.max', 'pids.max'), limits.pids), 'processes: no limit'),
    ...faultIf(quota !== null && quota > limits.cpus * 1.01, 'processor: no limit'),
  ];
}

/** Processors' worth of time; null where it cannot be read, infinity for no limit. */
async function quotaOf(cpu: ControllerFolder | null): Promise<number | null> {
  if (cpu === null) return null;
  if (cpu.version === 2) {
    const [quota, period] = ((await contentOf(`${cpu.folder}/cpu.max`)) ?? '').trim().split(' ');
    if (quota === undefined || quota === '') return null;
    return quota === 'max' ? Infinity : Number(quota) / Number(period);
  }
  const [quota, period] = await Promise.all([
    contentOf(`${cpu.folder}/cpu.cfs_quota_us`),
    contentOf(`${cpu.folder}/cpu.cfs_period_us`),
  ]);
  if (quota === null || period === null) return null;
  return Number(quota) <= 0 ? Infinity : Number(quota) / Number(period);
}

async function hasSwap(): Promise<boolean> {
  const swaps = await readFile('/proc/swaps', 'utf8').catch(() => '');
  return swaps.trim().split('\n').length > 1;
}

const field = (status: string, name: string): string =>
  new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1]?.trim() ?? '';

const faultIf = (is: boolean, says: string): string[] => (is ? [says] : []);
