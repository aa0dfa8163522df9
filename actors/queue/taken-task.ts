import type { Lane } from '../../contracts/lanes.ts';
import type { Delivery, ParsedTask } from '../../contracts/ports/messaging.ts';

/** A message as it came off a lane. */
export interface Pulled {
  readonly lane: Lane;
  readonly delivery: Delivery;
}

/** A message in this worker's hands. */
export interface TakenTask extends Pulled {
  readonly takenAt: number;
}

/** Looked at. */
export interface ReadTask extends TakenTask {
  readonly parsed: ParsedTask;
}
