import type { Envelope } from './ref.ts';
import type { Overflow } from './spec.ts';

const DEFAULT_LIMIT = 10_000;

/** Bounds what waits for an actor. The messages themselves wait in nact, which gives none back: one dropped there is passed over. */
export class Mailbox {
  readonly #limit: number;
  /** In their order, where the oldest may have to go. */
  readonly #order: Envelope[] | undefined;
  #dropped: Set<Envelope> | undefined;
  #waiting = 0;

  constructor(options: {
    readonly mailboxLimit?: number | undefined;
    readonly overflow?: Overflow | undefined;
  }) {
    this.#limit = options.mailboxLimit ?? DEFAULT_LIMIT;
    if (options.overflow === 'drop-oldest') this.#order = [];
  }

  get empty(): boolean {
    return this.#waiting === 0;
  }

  /** Gives what becomes a dead letter: this one, or an older one. */
  add(envelope: Envelope): Envelope | undefined {
    if (this.#waiting < this.#limit) {
      this.#waiting += 1;
      this.#order?.push(envelope);
      return undefined;
    }
    const oldest = this.#order?.shift();
    if (oldest === undefined) return envelope;
    (this.#dropped ??= new Set()).add(oldest);
    this.#order?.push(envelope);
    return oldest;
  }

  /** It waits no longer; false when it was dropped meanwhile. */
  take(envelope: Envelope): boolean {
    if (this.#dropped?.delete(envelope)) return false;
    this.#waiting -= 1;
    this.#order?.shift();
    return true;
  }

  clear(): void {
    this.#waiting = 0;
    this.#dropped = undefined;
    if (this.#order) this.#order.length = 0;
  }
}
