import { createHash } from 'node:crypto';
import type { Clock } from '../../contracts/ports/clock.ts';
import type { LeaseRequest, SandboxLease, SandboxService } from '../../contracts/ports/sandbox.ts';

interface Held {
  readonly lease: SandboxLease;
  readonly codeSha256: string;
  readonly dispose: () => void;
}

/**
 * Keeps the container of a workflow's program between two steps that run the same program, so that the second need not boot
 * another one. What nobody comes back for is released after `idleMs`.
 */
export class ProgramLeases {
  readonly #pool: SandboxService;
  readonly #clock: Clock;
  readonly #idleMs: number;
  readonly #held = new Map<string, Held>();

  constructor(options: { readonly pool: SandboxService; readonly clock: Clock; readonly idleMs: number }) {
    this.#pool = options.pool;
    this.#clock = options.clock;
    this.#idleMs = options.idleMs;
  }

  /** The container that still holds this very program, or a fresh one. The caller keeps it or releases it. */
  async take(
    owner: string,
    request: LeaseRequest,
  ): Promise<{ readonly lease: SandboxLease; readonly reused: boolean }> {
    const held = this.#held.get(owner);
    if (held) {
      this.#held.delete(owner);
      held.dispose();
      if (held.codeSha256 === sha256(request.code)) return { lease: held.lease, reused: true };
      await held.lease.release();
    }
    // A kept container must not make somebody wait who has none: they would wait for each other.
    if (this.#pool.stats().warm === 0) await this.#releaseOldest();
    return { lease: await this.#pool.lease({ ...request, owner }), reused: false };
  }

  /** Leaves the container to the owner's next step. */
  keep(owner: string, code: string, lease: SandboxLease): void {
    const before = this.#held.get(owner);
    if (before) {
      before.dispose();
      void before.lease.release();
      this.#held.delete(owner);
    }
    const dispose = this.#clock.schedule(this.#idleMs, () => {
      this.#held.delete(owner);
      void lease.release();
    });
    this.#held.set(owner, { lease, codeSha256: sha256(code), dispose });
  }

  async #releaseOldest(): Promise<void> {
    const [oldest] = this.#held;
    if (!oldest) return;
    const [owner, { lease, dispose }] = oldest;
    this.#held.delete(owner);
    dispose();
    await lease.release();
  }

  async releaseAll(): Promise<void> {
    const held = [...this.#held.values()];
    this.#held.clear();
    for (const { dispose } of held) dispose();
    await Promise.all(held.map(({ lease }) => lease.release()));
  }
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
