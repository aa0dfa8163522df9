import type { Lane } from '../../contracts/lanes.ts';
import type { Delivery, LaneSource } from '../../contracts/ports/messaging.ts';
import type { Pulled } from './taken-task.ts';

type Outcome = { readonly pulled: readonly Pulled[] } | { readonly failed: Error };

/**
 * Waits on empty lanes, one a lane. They stay open from one round to the next: with little to do, a task costs one request, and it finds
 * somebody waiting.
 */
export class IdleWaits {
  readonly #source: LaneSource;
  readonly #waitMs: number;
  readonly #surplus: (pulled: readonly Pulled[]) => void;
  readonly #open = new Map<Lane, AbortController>();
  #hear: ((outcome: Outcome) => void) | undefined;

  /** @param surplus takes what comes when nobody asks for the first task, or after it */
  constructor(source: LaneSource, waitMs: number, surplus: (pulled: readonly Pulled[]) => void) {
    this.#source = source;
    this.#waitMs = waitMs;
    this.#surplus = surplus;
  }

  /** The first task of any of these lanes; none once one of the waits is over or the signal aborts. @throws what a wait failed with */
  first(lanes: readonly Lane[], signal: AbortSignal): Promise<readonly Pulled[]> {
    return new Promise((resolve, reject) => {
      const abort = (): void => this.#hear?.({ pulled: [] });
      this.#hear = (outcome) => {
        this.#hear = undefined;
        signal.removeEventListener('abort', abort);
        if ('failed' in outcome) reject(outcome.failed);
        else resolve(outcome.pulled);
      };
      if (signal.aborted) return abort();
      signal.addEventListener('abort', abort, { once: true });
      for (const lane of lanes) if (!this.#open.has(lane)) void this.#wait(lane);
    });
  }

  /** Nobody has room for a task of these lanes. What is on its way already is surplus. */
  close(lanes: Iterable<Lane> = [...this.#open.keys()]): void {
    for (const lane of lanes) {
      this.#open.get(lane)?.abort();
      this.#open.delete(lane);
    }
  }

  async #wait(lane: Lane): Promise<void> {
    const aborter = new AbortController();
    this.#open.set(lane, aborter);
    const over = (): void => {
      if (this.#open.get(lane) === aborter) this.#open.delete(lane);
    };
    const pulledOf = (deliveries: readonly Delivery[]): readonly Pulled[] =>
      deliveries.map((delivery) => ({ lane, delivery }));
    try {
      const deliveries = await this.#source.pull(lane, 1, this.#waitMs, aborter.signal, (delivery) =>
        this.#surplus(pulledOf([delivery])),
      );
      over();
      if (this.#hear !== undefined) this.#hear({ pulled: pulledOf(deliveries) });
      else if (deliveries.length > 0) this.#surplus(pulledOf(deliveries));
    } catch (error) {
      over();
      this.#hear?.({
        failed: error instanceof Error ? error : new Error('a wait failed', { cause: error }),
      });
    }
  }
}
