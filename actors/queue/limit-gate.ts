import { toFailure } from '../../contracts/errors.ts';
import { delay, type Clock } from '../../contracts/ports/clock.ts';
import type { Log } from '../../contracts/ports/log.ts';
import type { LimitLedger } from '../../contracts/ports/task-store.ts';
import { claim, held, type TypeLimits, usageOf } from './limit-rules.ts';

export interface LimitGateOptions<T> {
  readonly type: string;
  readonly limits: TypeLimits;
  readonly ledger: LimitLedger;
  /** This worker, among all. */
  readonly holder: string;
  readonly clock: Clock;
  readonly log: Log;
  /** May begin now. */
  readonly admit: (job: T) => void;
}

/** How long a place is kept for a worker that says nothing. */
const LEASE_MS = 5_000;
/** Nobody says when a place becomes free elsewhere. */
const LOOK_MS = 100;
const PAUSE_MS = 500;

/**
 * Lets tasks of one type begin as its limits allow, which hold over all workers: what is taken up stands in a ledger that only changes when
 * nobody else changed it meanwhile.
 */
export class LimitGate<T> {
  readonly #options: LimitGateOptions<T>;
  readonly #waiting: T[] = [];
  readonly #closed = new AbortController();
  #held = 0;
  #told = 0;
  #loop: Promise<void> | undefined;
  #wake: AbortController | undefined;
  #renewed = 0;

  constructor(options: LimitGateOptions<T>) {
    this.#options = options;
  }

  get waiting(): readonly T[] {
    return this.#waiting;
  }

  enter(job: T): void {
    this.#waiting.push(job);
    this.#go();
  }

  /** It is not to begin here any more. */
  leave(job: T): boolean {
    const at = this.#waiting.indexOf(job);
    if (at >= 0) this.#waiting.splice(at, 1);
    return at >= 0;
  }

  /** One that was admitted has ended. */
  release(): void {
    this.#held -= 1;
    this.#go();
    this.#wake?.abort();
  }

  /** Gives back its places; those that wait stay with the caller. */
  async close(): Promise<void> {
    this.#closed.abort();
    await this.#loop;
    if (this.#told === 0) return;
    this.#held = 0;
    await this.#exchange().catch(() => undefined);
  }

  #go(): void {
    if (this.#closed.signal.aborted) return;
    this.#loop ??= this.#work().finally(() => {
      this.#loop = undefined;
      if (this.#pending()) this.#go();
    });
  }

  #pending(): boolean {
    return this.#waiting.length > 0 || (this.#options.limits.concurrency !== undefined && this.#told > 0);
  }

  async #work(): Promise<void> {
    const { clock, log, type } = this.#options;
    while (this.#pending() && !this.#closed.signal.aborted) {
      let pauseMs: number;
      try {
        pauseMs = await this.#exchange();
      } catch (error) {
        log.warn({ type, error: toFailure(error) }, 'the limits of a task type cannot be read');
        pauseMs = PAUSE_MS;
      }
      if (pauseMs <= 0) continue;
      this.#wake = new AbortController();
      const either = AbortSignal.any([this.#closed.signal, this.#wake.signal]);
      await delay(clock, pauseMs, either).catch(() => undefined);
      this.#wake = undefined;
    }
  }

  /** One look at the ledger: renews, gives back, takes; gives how long to wait for the next. */
  async #exchange(): Promise<number> {
    const { type, limits, ledger, holder, clock, admit } = this.#options;
    const now = clock.now();
    const want = this.#closed.signal.aborted ? 0 : this.#waiting.length;
    const owes =
      limits.concurrency !== undefined && (this.#held !== this.#told || now - this.#renewed > LEASE_MS / 3);
    if (want === 0 && !owes) return LEASE_MS / 3;
    const { value, revision } = await ledger.read(type);
    const heldNow = this.#held;
    const before = usageOf(value);
    const settled =
      limits.concurrency === undefined ? before : held(before, limits, holder, heldNow, now, LEASE_MS);
    const taken = claim(settled, limits, holder, want, now, LEASE_MS);
    if (taken.granted > 0 || owes) {
      if (!(await ledger.write(type, taken.usage, revision))) return 0;
      this.#renewed = now;
      this.#told = limits.concurrency === undefined ? 0 : heldNow + taken.granted;
    }
    // Fewer may wait now than when the places were taken: what is left over is given back in the next look.
    for (const job of this.#waiting.splice(0, taken.granted)) {
      this.#held += 1;
      admit(job);
    }
    if (taken.waitMs === undefined) return this.#waiting.length > 0 ? 0 : LEASE_MS / 3;
    return limits.concurrency === undefined ? taken.waitMs : Math.min(taken.waitMs, LOOK_MS);
  }
}
