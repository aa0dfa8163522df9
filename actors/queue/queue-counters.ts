import { type Lane, lanes } from '../../contracts/lanes.ts';
import type { DeliveryEnd } from './task-run.ts';

/** What this worker did, per lane, since it started. */
export interface LaneCounters {
  /** Stored through this worker. */
  readonly added: number;
  readonly completed: number;
  /** Attempts that failed and are tried again. */
  readonly failed: number;
  /** Ended in DEAD. */
  readonly dead: number;
  /** Taken over from a worker that did not bring them to an end. */
  readonly recovered: number;
  readonly cancelled: number;
  /** Another message had their key. */
  readonly duplicates: number;
}
export type QueueCounters = Readonly<Record<Lane, LaneCounters>>;

type MutableCounters = Record<Lane, { -readonly [Name in keyof LaneCounters]: number }>;

const fieldOf: Partial<Record<DeliveryEnd, keyof LaneCounters>> = {
  completed: 'completed',
  retried: 'failed',
  dead: 'dead',
  cancelled: 'cancelled',
  duplicate: 'duplicates',
};

/** Counts, one owner. */
export class QueueCounts {
  readonly #counts = Object.fromEntries(
    lanes.map((lane) => [
      lane,
      { added: 0, completed: 0, failed: 0, dead: 0, recovered: 0, cancelled: 0, duplicates: 0 },
    ]),
  ) as MutableCounters;

  count(lane: Lane, field: keyof LaneCounters, by = 1): void {
    this.#counts[lane][field] += by;
  }

  ended(lane: Lane, end: DeliveryEnd): void {
    const field = fieldOf[end];
    if (field !== undefined) this.count(lane, field);
  }

  now(): QueueCounters {
    return structuredClone(this.#counts);
  }
}
