import type { Lane } from '../../contracts/lanes.ts';
import type { Delivery, ParsedTask } from '../../contracts/ports/messaging.ts';

/** A message in this worker's hands. */
export interface TakenTask {
  readonly lane: Lane;
  readonly delivery: Delivery;
  readonly takenAt: number;
}

/** Looked at. */
export interface ReadTask extends TakenTask {
  readonly parsed: ParsedTask;
}
