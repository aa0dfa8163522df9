import { z } from 'zod';
import { TradewrightError } from '../../contracts/errors.ts';
import type { SandboxLimits } from '../../contracts/ports/sandbox.ts';
import type { ContainerLimits } from '../docker/hardening.ts';

const MiB = 1024 * 1024;

export const defaultLimits: SandboxLimits = {
  timeoutMs: 30_000,
  memoryBytes: 256 * MiB,
  cpus: 1,
  pids: 64,
  tmpfsBytes: 64 * MiB,
  outputBytes: MiB,
};

/** The widest and the narrowest that anybody may ask for. */
const Limits = z.object({
  timeoutMs: z.number().min(1).max(3_600_000),
  memoryBytes: z
    .int()
    .min(96 * MiB)
    .max(8_192 * MiB),
  cpus: z.number().min(0.05).max(64),
  pids: z.int().min(4).max(1_024),
  tmpfsBytes: z
    .int()
    .min(64 * 1024)
    .max(1_024 * MiB),
  outputBytes: z
    .int()
    .min(0)
    .max(64 * MiB),
});

/** A program that writes more than this many times what is kept is killed. */
export const outputFloodFactor = 16;

export const longestCodeBytes = 512 * 1024;

/** @throws INPUT_INVALID naming the limit that is out of bounds. */
export function limitsFrom(base: SandboxLimits, asked: Partial<SandboxLimits> = {}): SandboxLimits {
  // Nothing asked, nothing to check: the schema costs more than a program waits for.
  if (Object.values(asked).every((value) => value === undefined)) return base;
  const parsed = Limits.safeParse({ ...base, ...asked });
  if (!parsed.success) {
    throw new TradewrightError('INPUT_INVALID', `sandbox limits: ${z.prettifyError(parsed.error)}`);
  }
  return parsed.data;
}

export function containerLimits({ memoryBytes, cpus, pids, tmpfsBytes }: SandboxLimits): ContainerLimits {
  return { memoryBytes, cpus, pids, tmpfsBytes };
}

/** Whether a container made for `a` serves a program with the limits `b`. */
export function sameContainerLimits(a: ContainerLimits, b: ContainerLimits): boolean {
  return (
    a.memoryBytes === b.memoryBytes && a.cpus === b.cpus && a.pids === b.pids && a.tmpfsBytes === b.tmpfsBytes
  );
}
