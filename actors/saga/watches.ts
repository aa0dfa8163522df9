import { type Failure, toFailure, TradewrightError } from '../../contracts/errors.ts';
import type { Clock } from '../../contracts/ports/clock.ts';
import { StopWatch } from './stop-watch.ts';

/** What one effect may take: its time-out, and the longest silence where its step asks for signs of life. */
export class Watches {
  readonly #timeout: StopWatch;
  readonly #silence: StopWatch | undefined;

  constructor(
    clock: Clock,
    step: string,
    { timeoutMs, heartbeatMs }: { readonly timeoutMs: number; readonly heartbeatMs: number | undefined },
    overdue: (error: Failure) => void,
  ) {
    const report = (code: 'STEP_TIMEOUT' | 'STEP_STALLED', message: string) => (): void => {
      this.stop();
      overdue(toFailure(new TradewrightError(code, `step ${step} ${message}`)));
    };
    this.#timeout = new StopWatch(
      clock,
      timeoutMs,
      report('STEP_TIMEOUT', `ran longer than ${timeoutMs} ms`),
    );
    this.#silence =
      heartbeatMs === undefined
        ? undefined
        : new StopWatch(
            clock,
            heartbeatMs,
            report('STEP_STALLED', `gave no sign of life for ${heartbeatMs} ms`),
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
}
