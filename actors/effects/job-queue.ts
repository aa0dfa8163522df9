import type { PerformEffect } from './effect-actor.ts';

/** What has been taken from the front of a line stays in memory until it is this much, and half of the line. */
const COMPACT_FROM = 256;

interface Line {
  readonly priority: number;
  jobs: PerformEffect[];
  /** How many at the front have been taken. */
  taken: number;
}

/** Effects that wait: the highest priority first, and of one priority the oldest. */
export class JobQueue {
  /** The most urgent first; there are as many as there are lanes. */
  readonly #lines: Line[] = [];

  add(job: PerformEffect): void {
    this.#line(job.call.priority).jobs.push(job);
  }

  take(): PerformEffect | undefined {
    for (const line of this.#lines) {
      const job = line.jobs[line.taken];
      if (job === undefined) continue;
      line.taken += 1;
      if (line.taken === line.jobs.length || line.taken >= Math.max(COMPACT_FROM, line.jobs.length / 2)) {
        line.jobs = line.jobs.slice(line.taken);
        line.taken = 0;
      }
      return job;
    }
    return undefined;
  }

  get empty(): boolean {
    return this.#lines.every(({ jobs, taken }) => jobs.length === taken);
  }

  all(): readonly PerformEffect[] {
    return this.#lines.flatMap(({ jobs, taken }) => jobs.slice(taken));
  }

  #line(priority: number): Line {
    const known = this.#lines.find((line) => line.priority === priority);
    if (known) return known;
    const line: Line = { priority, jobs: [], taken: 0 };
    this.#lines.push(line);
    this.#lines.sort((a, b) => b.priority - a.priority);
    return line;
  }
}
