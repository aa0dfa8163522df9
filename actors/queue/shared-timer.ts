import type { Clock } from '../../contracts/ports/clock.ts';

interface Entry {
  readonly at: number;
  readonly callback: () => void;
}

/** A clock whose appointments share one timer: most are called off long before they are due. */
export class SharedTimer implements Clock {
  readonly #clock: Clock;
  readonly #entries = new Set<Entry>();
  #armed: { readonly at: number; readonly cancel: () => void } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  schedule(ms: number, callback: () => void): () => void {
    const now = this.#clock.now();
    const entry = { at: now + ms, callback };
    this.#entries.add(entry);
    if (this.#armed === undefined || entry.at < this.#armed.at) this.#arm(entry.at, now);
    return () => {
      if (this.#entries.delete(entry) && this.#entries.size === 0) this.#disarm();
    };
  }

  #arm(at: number, now: number): void {
    this.#disarm();
    this.#armed = { at, cancel: this.#clock.schedule(Math.max(0, at - now), () => this.#fire(at)) };
  }

  #disarm(): void {
    this.#armed?.cancel();
    this.#armed = undefined;
  }

  #fire(armedAt: number): void {
    this.#armed = undefined;
    // A timer may come a little before the clock says so.
    const now = Math.max(this.#clock.now(), armedAt);
    const due = [...this.#entries].filter(({ at }) => at <= now);
    for (const entry of due) this.#entries.delete(entry);
    let next = Infinity;
    for (const { at } of this.#entries) next = Math.min(next, at);
    if (next !== Infinity) this.#arm(next, now);
    for (const { callback } of due) callback();
  }
}
