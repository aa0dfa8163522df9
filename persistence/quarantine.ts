import { TradewrightError } from '../contracts/errors.ts';
import type { Quarantined } from '../contracts/ports/journal.ts';
import type { Clock } from '../contracts/ports/clock.ts';

const MAX_KEPT = 1_000;

/** Workflows found damaged since the store was opened, by whoever came across them; the first 1,000. */
export class Quarantine {
  readonly #clock: Clock;
  readonly #found = new Map<string, Quarantined>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  list(): readonly Quarantined[] {
    return [...this.#found.values()];
  }

  release(workflowId: string): void {
    this.#found.delete(workflowId);
  }

  /** Passes on what `reading` gives or throws, and notes that the workflow is damaged. */
  async noting<T>(workflowId: string, reading: () => Promise<T>): Promise<T> {
    try {
      return await reading();
    } catch (error) {
      if (error instanceof TradewrightError && error.code === 'JOURNAL_CORRUPT')
        this.#note(workflowId, error);
      throw error;
    }
  }

  #note(workflowId: string, { message, details }: TradewrightError): void {
    if (this.#found.has(workflowId) || this.#found.size >= MAX_KEPT) return;
    const seq = (details as { seq?: unknown } | undefined)?.seq;
    const since = this.#clock.now();
    this.#found.set(workflowId, {
      workflowId,
      ...(typeof seq === 'number' ? { seq } : {}),
      says: message,
      since,
    });
  }
}
