import { z } from 'zod';
import { TradewrightError } from '../contracts/errors.ts';
import type { Database, WriteOperation } from './database.ts';
import { keys } from './keys.ts';

const Stored = z.object({
  lastCommit: z.number().int().nonnegative(),
  events: z.number().int().nonnegative(),
});

/** Commit numbers and the number of events: written with each commit, so that they are exact without counting. */
export class Counters {
  #durable = { lastCommit: 0, events: 0 };
  #next = { lastCommit: 0, events: 0 };

  get lastCommit(): number {
    return this.#durable.lastCommit;
  }

  get events(): number {
    return this.#durable.events;
  }

  /** @throws JOURNAL_CORRUPT when the counters do not fit the last commit stored */
  async load(database: Database): Promise<void> {
    const row = await database.level.get(keys.counters);
    const [lastKey] = await database.level.keys({ ...keys.commits, reverse: true, limit: 1 }).all();
    const lastStored = lastKey === undefined ? 0 : keys.commitOf(lastKey);
    const stored = row === undefined ? { lastCommit: 0, events: 0 } : parse(row);
    if (stored?.lastCommit !== lastStored) {
      throw new TradewrightError(
        'JOURNAL_CORRUPT',
        'the commit counter does not fit the last commit stored',
        {
          details: { counter: row, lastStored },
        },
      );
    }
    this.#durable = stored;
    this.#next = { ...stored };
  }

  /** The number of the commit being gathered. */
  next(events: number): number {
    this.#next.events += events;
    return (this.#next.lastCommit += 1);
  }

  seal(): readonly WriteOperation[] {
    if (this.#next.lastCommit === this.#durable.lastCommit) return [];
    return [{ type: 'put', key: keys.counters, value: JSON.stringify(this.#next) }];
  }

  committed(): void {
    this.#durable = { ...this.#next };
  }

  failed(): void {
    this.#next = { ...this.#durable };
  }
}

function parse(row: string): z.infer<typeof Stored> | undefined {
  try {
    return Stored.parse(JSON.parse(row));
  } catch {
    return undefined;
  }
}
