import type { Clock } from '../../contracts/ports/clock.ts';

/** Calls back once after `limitMs` of running time; while it is paused, no time passes. */
export class StopWatch {
  readonly #clock: Clock;
  readonly #expired: () => void;
  readonly #limitMs: number;
  #leftMs: number;
  #runningSince: number | null = null;
  #pauses = 0;
  #stopped = false;
  #cancel: (() => void) | undefined;

  constructor(clock: Clock, limitMs: number, expired: () => void) {
    this.#clock = clock;
    this.#limitMs = limitMs;
    this.#leftMs = limitMs;
    this.#expired = expired;
  }

  start(): void {
    if (this.#stopped || this.#runningSince !== null || this.#pauses > 0) return;
    this.#runningSince = this.#clock.now();
    this.#cancel = this.#clock.schedule(this.#leftMs, () => {
      this.stop();
      this.#expired();
    });
  }

  /** Gives the whole time again. */
  restart(): void {
    this.#halt();
    this.#leftMs = this.#limitMs;
    this.start();
  }

  async pausedDuring<T>(wait: Promise<T>): Promise<T> {
    this.#pauses += 1;
    this.#halt();
    try {
      return await wait;
    } finally {
      this.#pauses -= 1;
      this.start();
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#halt();
  }

  #halt(): void {
    this.#cancel?.();
    if (this.#runningSince === null) return;
    this.#leftMs = Math.max(0, this.#leftMs - (this.#clock.now() - this.#runningSince));
    this.#runningSince = null;
  }
}
