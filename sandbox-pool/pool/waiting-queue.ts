import { TradewrightError } from '../../contracts/errors.ts';
import type { Clock } from '../../contracts/ports/clock.ts';

/** One who waits. Granting answers false when he has given up in the meantime. */
export interface Waiting<Grant, Wish> {
  readonly wish: Wish;
  readonly grant: (value: Grant) => boolean;
  readonly refuse: (error: Error) => void;
}

interface Place<Wish, Grant> extends Waiting<Grant, Wish> {
  readonly priority: number;
}

/** Who waits for a container: bounded, the higher priority first, first come first served within one. */
export class WaitingQueue<Wish, Grant> {
  readonly #clock: Clock;
  readonly #longest: number;
  readonly #places: Place<Wish, Grant>[] = [];

  constructor(clock: Clock, longest: number) {
    this.#clock = clock;
    this.#longest = longest;
  }

  get length(): number {
    return this.#places.length;
  }

  /** How many of those who wait satisfy the predicate. */
  count(matches: (wish: Wish) => boolean): number {
    return this.#places.filter(({ wish }) => matches(wish)).length;
  }

  /**
   * Waits for a grant.
   * @throws SANDBOX_POOL_FULL at once when the queue is full, what `late` says after `waitMs`, CANCELLED when the signal aborts.
   */
  wait(
    wish: Wish,
    options: {
      priority: number;
      waitMs: number;
      late: () => TradewrightError;
      signal: AbortSignal | undefined;
    },
  ): Promise<Grant> {
    if (options.signal?.aborted) return Promise.reject(cancelled());
    if (this.#places.length >= this.#longest) {
      return Promise.reject(
        new TradewrightError(
          'SANDBOX_POOL_FULL',
          `${this.#places.length} programs already wait for a container`,
        ),
      );
    }
    return new Promise((resolve, reject) => {
      const leave = (): boolean => {
        cancelTimer();
        options.signal?.removeEventListener('abort', abort);
        const at = this.#places.indexOf(place);
        if (at >= 0) this.#places.splice(at, 1);
        return at >= 0;
      };
      const place: Place<Wish, Grant> = {
        wish,
        priority: options.priority,
        grant: (value) => {
          const waits = leave();
          if (waits) resolve(value);
          return waits;
        },
        refuse: (error) => {
          if (leave()) reject(error);
        },
      };
      const abort = (): void => place.refuse(cancelled());
      const cancelTimer = this.#clock.schedule(options.waitMs, () => place.refuse(options.late()));
      options.signal?.addEventListener('abort', abort, { once: true });
      const behind = this.#places.findIndex((other) => other.priority < place.priority);
      this.#places.splice(behind < 0 ? this.#places.length : behind, 0, place);
    });
  }

  /** The one to serve next among those who satisfy the predicate; it leaves the queue when it is granted or refused. */
  first(matches: (wish: Wish) => boolean): Waiting<Grant, Wish> | undefined {
    return this.#places.find(({ wish }) => matches(wish));
  }

  refuseAll(error: Error): void {
    for (const place of [...this.#places]) place.refuse(error);
  }
}

function cancelled(): TradewrightError {
  return new TradewrightError('CANCELLED', 'the request for a sandbox was cancelled');
}
