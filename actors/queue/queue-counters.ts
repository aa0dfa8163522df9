import { type Lane, lanes } from '../../contracts/lanes.ts';
import type { DeliveryEnd } from './process-delivery.ts';

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
}
export type QueueCounters = Readonly<Record<Lane, LaneCounters>>;

const zero: LaneCounters = { added: 0, completed: 0, failed: 0, dead: 0, recovered: 0 };

export const noCounts = (): QueueCounters =>
  Object.fromEntries(lanes.map((lane) => [lane, zero])) as Record<Lane, LaneCounters>;

export const counted = (counters: QueueCounters, lane: Lane, field: keyof LaneCounters): QueueCounters => ({
  ...counters,
  [lane]: { ...counters[lane], [field]: counters[lane][field] + 1 },
});

const fieldOf: Partial<Record<DeliveryEnd, keyof LaneCounters>> = {
  completed: 'completed',
  retried: 'failed',
  dead: 'dead',
};

export function countedEnd(counters: QueueCounters, lane: Lane, end: DeliveryEnd): QueueCounters {
  const field = fieldOf[end];
  return field === undefined ? counters : counted(counters, lane, field);
}
