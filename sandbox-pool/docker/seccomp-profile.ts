import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { TradewrightError } from '../../contracts/errors.ts';

/** The allow-list this project ships; seccomp/README.md says why each call is there. */
export const defaultSeccompProfilePath = fileURLToPath(new URL('../../seccomp/python.json', import.meta.url));

export interface SeccompProfile {
  /** As it is sent to the engine. */
  readonly json: string;
  /** The same allow-list with nothing that kills: a proof has to live through its attempts. */
  readonly refusingJson: string;
  /** Of the file's bytes, hex. */
  readonly sha256: string;
  /** How many distinct calls are allowed, with or without a condition on their arguments. */
  readonly allowedCalls: number;
}

/** `kill` turns a call that is never legitimate into a verdict; `refuse` answers it with EPERM. */
export type SeccompAction = 'refuse' | 'kill';

const neverLegitimatePath = fileURLToPath(new URL('../../seccomp/never-legitimate.json', import.meta.url));
const NeverLegitimate = z.object({ names: z.array(z.string()).min(1) });

const mostAllowedCalls = 110;

const Profile = z.object({
  defaultAction: z.literal('SCMP_ACT_ERRNO'),
  archMap: z
    .array(z.object({ architecture: z.string(), subArchitectures: z.array(z.string()).max(0) }))
    .min(1),
  syscalls: z.array(
    z.object({
      names: z.array(z.string()).min(1),
      action: z.enum(['SCMP_ACT_ALLOW', 'SCMP_ACT_ERRNO']),
      errnoRet: z.int().optional(),
      args: z.array(z.unknown()).optional(),
      comment: z.string().optional(),
    }),
  ),
});

/**
 * Reads and checks the profile. It must be an allow-list that refuses by default; anything else is treated like no profile.
 * @throws SECCOMP_MISSING when it cannot be read, does not parse or allows too much.
 */
export async function loadSeccompProfile(
  path: string,
  action: SeccompAction = 'refuse',
): Promise<SeccompProfile> {
  let bytes: Buffer;
  let deadly: readonly string[] = [];
  let profile: z.infer<typeof Profile>;
  try {
    bytes = await readFile(path);
    profile = Profile.parse(JSON.parse(bytes.toString('utf8')));
    if (action === 'kill')
      deadly = NeverLegitimate.parse(JSON.parse(await readFile(neverLegitimatePath, 'utf8'))).names;
  } catch (cause) {
    throw new TradewrightError(
      'SECCOMP_MISSING',
      `the seccomp profile ${path} cannot be used: ${reasonOf(cause)}`,
      { cause },
    );
  }
  const allowed = new Set(
    profile.syscalls.flatMap((rule) => (rule.action === 'SCMP_ACT_ALLOW' ? rule.names : [])),
  );
  if (allowed.size === 0 || allowed.size > mostAllowedCalls) {
    throw new TradewrightError(
      'SECCOMP_MISSING',
      `the seccomp profile ${path} allows ${allowed.size} calls; between 1 and ${mostAllowedCalls} are accepted`,
    );
  }
  return {
    json: JSON.stringify({
      ...profile,
      syscalls: [
        ...profile.syscalls,
        ...(deadly.length === 0 ? [] : [{ names: deadly, action: 'SCMP_ACT_KILL_PROCESS' }]),
      ],
    }),
    refusingJson: JSON.stringify(profile),
    sha256: createHash('sha256').update(bytes).digest('hex'),
    allowedCalls: allowed.size,
  };
}

function reasonOf(thrown: unknown): string {
  return thrown instanceof z.ZodError
    ? z.prettifyError(thrown)
    : thrown instanceof Error
      ? thrown.message
      : String(thrown);
}
