import type { Clock } from '../../contracts/ports/clock.ts';

/** A clock that moves when told. */
export class HandClock implements Clock {
  #now = 0;
  /** What timers go by: it does not jump. */
  #passed = 0;
  readonly #waiting = new Set<{ readonly at: number; readonly callback: () => void }>();

  now(): number {
    return this.#now;
  }

  schedule(ms: number, callback: () => void): () => void {
    const timer = { at: this.#passed + ms, callback };
    this.#waiting.add(timer);
    return () => this.#waiting.delete(timer);
  }

  pass(ms: number): void {
    this.#now += ms;
    this.#passed += ms;
    for (const timer of [...this.#waiting].filter(({ at }) => at <= this.#passed)) {
      this.#waiting.delete(timer);
      timer.callback();
    }
  }

  /** Somebody sets the clock: no timer takes notice. */
  jump(ms: number): void {
    this.#now += ms;
  }
}
