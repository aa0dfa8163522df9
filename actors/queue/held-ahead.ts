import { type Lane, lanes } from '../../contracts/lanes.ts';
import type { ReadTask } from './taken-task.ts';

/** Tasks at hand beside those at work, by lane, in the order in which they came. */
export class HeldAhead {
  readonly #lanes: ReadonlyMap<Lane, ReadTask[]> = new Map(lanes.map((lane) => [lane, []]));
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** The lanes of which something is held. */
  get filled(): ReadonlySet<Lane> {
    return new Set(lanes.filter((lane) => this.#of(lane).length > 0));
  }

  add(job: ReadTask): void {
    this.#of(job.lane).push(job);
    this.#count += 1;
  }

  /** The oldest of the lane. */
  take(lane: Lane): ReadTask | undefined {
    const job = this.#of(lane).shift();
    if (job !== undefined) this.#count -= 1;
    return job;
  }

  empty(lane: Lane): readonly ReadTask[] {
    const jobs = this.#of(lane).splice(0);
    this.#count -= jobs.length;
    return jobs;
  }

  emptyAll(): readonly ReadTask[] {
    return lanes.flatMap((lane) => this.empty(lane));
  }

  #of(lane: Lane): ReadTask[] {
    return this.#lanes.get(lane) ?? [];
  }
}
