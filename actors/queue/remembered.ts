import type { Delivery } from '../../contracts/ports/messaging.ts';

/** A bounded set of stored messages; the one remembered longest is forgotten first. */
export class Remembered {
  readonly #keys = new Set<string>();
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(delivery: Delivery): void {
    this.#keys.add(keyOf(delivery));
    for (const oldest of this.#keys) {
      if (this.#keys.size <= this.#limit) break;
      this.#keys.delete(oldest);
    }
  }

  /** Whether it was remembered; it is no more afterwards. */
  take(delivery: Delivery): boolean {
    return this.#keys.delete(keyOf(delivery));
  }
}

// The time as well: a stream that was made anew counts from 1 again.
const keyOf = ({ streamSeq, storedAt }: Delivery): string => `${streamSeq}@${storedAt}`;
