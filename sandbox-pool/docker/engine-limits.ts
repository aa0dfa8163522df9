import { z } from 'zod';

/** What an engine's `info` says of the limits its kernel can keep; an engine that says nothing of one is judged by its containers. */
export const EngineLimits = z.object({
  MemoryLimit: z.boolean().optional(),
  SwapLimit: z.boolean().optional(),
  PidsLimit: z.boolean().optional(),
  CpuCfsPeriod: z.boolean().optional(),
  CpuCfsQuota: z.boolean().optional(),
});
export type EngineLimits = z.infer<typeof EngineLimits>;

export interface Inability {
  /** As in "cannot limit memory". */
  readonly what: 'memory' | 'swap' | 'processes' | 'processor time';
  readonly fix: string;
}

const delegate =
  'under a rootless engine give it the controller (a systemd drop-in for user@.service with Delegate=cpu cpuset io memory pids)';

/** The limits without which nothing runs here and that this engine cannot keep, each with what to do. */
export function inabilitiesOf(info: EngineLimits): readonly Inability[] {
  const cannot: readonly (readonly [isUnable: boolean, inability: Inability])[] = [
    [
      info.MemoryLimit === false,
      { what: 'memory', fix: `boot the kernel with cgroup_enable=memory; ${delegate}` },
    ],
    [
      info.SwapLimit === false,
      { what: 'swap', fix: 'boot the kernel with swapaccount=1, or use a system with cgroup version 2' },
    ],
    [
      info.PidsLimit === false,
      { what: 'processes', fix: `use a kernel with the pids controller; ${delegate}` },
    ],
    [
      info.CpuCfsQuota === false || info.CpuCfsPeriod === false,
      {
        what: 'processor time',
        fix: `use a kernel with CFS bandwidth control (CONFIG_CFS_BANDWIDTH); ${delegate}`,
      },
    ],
  ];
  return cannot.flatMap(([isUnable, inability]) => (isUnable ? [inability] : []));
}
