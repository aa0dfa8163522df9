import { TradewrightError } from '../contracts/errors.ts';
import type { Clock } from '../contracts/ports/clock.ts';
import type { EngineAddress } from './docker/engine-address.ts';
import { Engine } from './docker/engine.ts';
import { runnerCommand } from './docker/hardening.ts';
import { ownerLabels } from './docker/owner.ts';
import { proveSeccomp, type SeccompProof } from './docker/seccomp-proof.ts';
import { defaultSeccompProfilePath, loadSeccompProfile } from './docker/seccomp-profile.ts';
import { containerLimits, defaultLimits } from './pool/limits.ts';

export interface SandboxProof extends SeccompProof {
  readonly engine: string;
  readonly version: string;
  /** Of the profile's file, hex. */
  readonly sha256: string;
}

/**
 * Proves on an engine, without a pool, that the profile bites: one hardened container tries what must be refused.
 * @throws SECCOMP_MISSING, ENGINE_MISSING, IMAGE_MISSING, SANDBOX_INTERNAL
 */
export async function proveSandbox(options: {
  readonly engine: EngineAddress;
  readonly image: string;
  readonly clock: Clock;
  readonly seccompProfile?: string;
}): Promise<SandboxProof> {
  const { clock, image } = options;
  const profile = await loadSeccompProfile(options.seccompProfile ?? defaultSeccompProfilePath);
  const engine = new Engine(options.engine, clock);
  try {
    const { name, version, seccomp } = await engine.facts();
    if (!seccomp) throw new TradewrightError('SECCOMP_MISSING', `${name} ${version} runs without seccomp`);
    const proof = await proveSeccomp(engine, clock, {
      image,
      command: runnerCommand,
      seccompJson: profile.json,
      limits: containerLimits(defaultLimits),
      labels: await ownerLabels('proof'),
    });
    return { engine: name, version, sha256: profile.sha256, ...proof };
  } finally {
    engine.close();
  }
}
