import { type Failure, toFailure, TradewrightError } from '../../contracts/errors.ts';
import type { Clock } from '../../contracts/ports/clock.ts';
import { StopWatch } from './stop-watch.ts';

/** What one effect may take: its time-out, and the longest silence where its step asks for signs of life. */
export class Watches {
  readonly #timeout: StopWatch;
  readonly #silence: StopWatch | undefined;
  readonly #overdue: (error: Failure) => void;

  constructor(
    clock: Clock,
    limits: { readonly step: string; readonly timeoutMs: number; readonly heartbeatMs: number | undefined },
    overdue: (error: Failure) => void,
  ) {
    const { step, timeoutMs, heartbeatMs } = limits;
    this.#overdue = overdue;
    this.#timeout = new StopWatch(clock, timeoutMs, () =>
      this.#report('STEP_TIMEOUT', `step ${step} ran longer than ${timeoutMs} ms`),
    );
    if (heartbeatMs !== undefined)
      this.#silence = new StopWatch(clock, heartbeatMs, () =>
        this.#report('STEP_STALLED', `step ${step} gave no sign of life for ${heartbeatMs} ms`),
      );
  }

  start(): void {
    this.#timeout.start();
    this.#silence?.start();
  }

  beat(): void {
    this.#silence?.restart();
  }

  /** No time passes while it waits for something that is not its fault. */
  pausedDuring<T>(wait: Promise<T>): Promise<T> {
    const timed = this.#timeout.pausedDuring(wait);
    return this.#silence ? this.#silence.pausedDuring(timed) : timed;
  }

  stop(): void {
    this.#timeout.stop();
    this.#silence?.stop();
  }
  #report(code: 'STEP_TIMEOUT' | 'STEP_STALLED', message: string): void {
    this.stop();
    this.#overdue(toFailure(new TradewrightError(code, message)));
  }
}
