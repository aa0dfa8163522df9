import { type Lane, lanes } from '../../contracts/lanes.ts';
import type { TakenTask } from './taken-task.ts';

/** Tasks at hand beside those at work, by lane, in the order in which they came; read once it is their turn: most of them wait. */
export class HeldAhead {
  readonly #lanes: ReadonlyMap<Lane, TakenTask[]> = new Map(lanes.map((lane) => [lane, []]));
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** The lanes of which something is held. */
  get filled(): ReadonlySet<Lane> {
    return new Set(lanes.filter((lane) => this.#of(lane).length > 0));
  }

  add(job: TakenTask): void {
    this.#of(job.lane).push(job);
    this.#count += 1;
  }

  /** The oldest of the lane. */
  take(lane: Lane, most: number): readonly TakenTask[] {
    const jobs = this.#of(lane).splice(0, most);
    this.#count -= jobs.length;
    return jobs;
  }

  empty(lane: Lane): readonly TakenTask[] {
    return this.take(lane, Infinity);
  }

  emptyAll(): readonly TakenTask[] {
    return lanes.flatMap((lane) => this.empty(lane));
  }

  #of(lane: Lane): TakenTask[] {
    return this.#lanes.get(lane) ?? [];
  }
}
