import { toFailure } from '../../contracts/errors.ts';
import { type Clock, delay } from '../../contracts/ports/clock.ts';
import type { Log } from '../../contracts/ports/log.ts';
import type { WarmContainer } from './warm-container.ts';

/** Tries after a failed removal; what still stands then goes at close or at the next start. */
const retryAfterMs = [100, 500, 2_000];

/** Takes containers away and knows which are still going. */
export class Disposal {
  onGone: (warm: WarmContainer) => void = () => undefined;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #going = new Map<WarmContainer, Promise<void>>();

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
  }

  /** Settles when the container has gone or cannot be removed for now; never rejects. */
  take(warm: WarmContainer): Promise<void> {
    const under = this.#going.get(warm);
    if (under !== undefined) return under;
    const going = this.#remove(warm).finally(() => {
      this.#going.delete(warm);
      this.onGone(warm);
    });
    this.#going.set(warm, going);
    return going;
  }

  async settled(): Promise<void> {
    while (this.#going.size > 0) await Promise.all(this.#going.values());
  }

  async #remove(warm: WarmContainer): Promise<void> {
    for (const waitMs of [...retryAfterMs, null]) {
      try {
        return await warm.container.remove();
      } catch (error) {
        if (waitMs === null) {
          this.#log.warn(
            { container: warm.container.id, failure: toFailure(error) },
            'a sandbox container could not be removed',
          );
          return;
        }
        await delay(this.#clock, waitMs);
      }
    }
  }
}
