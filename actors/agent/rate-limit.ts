import { delay, type Clock } from '../../contracts/ports/clock.ts';
import { abortReason } from './abort-reason.ts';

/** A sliding window: at most `limit` starts within any `windowMs`. Who comes too early waits; nobody is refused. */
export interface RateLimit {
  /** Resolves when the caller may start, in the order of asking; rejects only when `signal` aborts. */
  take(signal: AbortSignal): Promise<void>;
  /** Nobody starts for `ms`: the endpoint asked for a pause. */
  pause(ms: number): void;
  /** Starts within the present window. */
  recent(): number;
}

export function createRateLimit(options: { clock: Clock; limit: number; windowMs: number }): RateLimit {
  const { clock, limit, windowMs } = options;
  /** When the last `limit` starts were, oldest first. */
  const starts: number[] = [];
  let pausedUntil = 0;
  /** The tail of the queue: each caller waits for the one before it, so the order is kept without a list. */
  let tail: Promise<void> = Promise.resolve();

  const waitMs = (): number => {
    const now = clock.now();
    while (starts.length > 0 && now - (starts[0] ?? 0) >= windowMs) starts.shift();
    const oldest = starts.length < limit ? undefined : starts[starts.length - limit];
    const untilFree = oldest === undefined ? 0 : oldest + windowMs - now;
    // A clock that jumped back must not make anybody wait longer than one window.
    return Math.max(Math.min(untilFree, windowMs), pausedUntil - now, 0);
  };

  return {
    async take(signal) {
      const before = tail;
      let done = (): void => undefined;
      tail = new Promise((resolve) => (done = resolve));
      try {
        await untilAborted(before, signal);
        for (let ms = waitMs(); ms > 0; ms = waitMs()) await delay(clock, ms, signal);
        starts.push(clock.now());
        if (starts.length > limit) starts.shift();
      } catch (thrown) {
        throw signal.aborted ? abortReason(signal) : thrown;
      } finally {
        // A waiter that gave up still stands in the chain until the one before it has gone.
        void before.then(done);
      }
    },
    pause: (ms) => void (pausedUntil = Math.max(pausedUntil, clock.now() + ms)),
    recent: () => {
      waitMs();
      return starts.length;
    },
  };
}

function untilAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(new Error('aborted'));
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    void promise.then(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    });
  });
}
