/** Time as the rest of the system sees it. */
export interface Clock {
  /** Milliseconds since the Unix epoch, UTC. */
  now(): number;
  /** Calls back once after `ms`; the returned function takes it back. */
  schedule(ms: number, callback: () => void): () => void;
}

/** The largest delay a Node timer takes without overflowing to 1 ms. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  schedule(ms, callback) {
    if (ms <= LONGEST_TIMER_MS) {
      const only = setTimeout(callback, Math.max(ms, 0));
      return () => clearTimeout(only);
    }
    let timer: NodeJS.Timeout;
    const arm = (leftMs: number): void => {
      const delayMs = Math.min(Math.max(leftMs, 0), LONGEST_TIMER_MS);
      timer = setTimeout(() => (leftMs > delayMs ? arm(leftMs - delayMs) : callback()), delayMs);
    };
    arm(ms);
    return () => clearTimeout(timer);
  },
};

/** Waits `ms` on the clock; rejects with the signal's reason as soon as it aborts. */
export function delay(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (): void => {
      cancel();
      reject(
        signal?.reason instanceof Error ? signal.reason : new Error('aborted', { cause: signal?.reason }),
      );
    };
    const cancel = clock.schedule(ms, () => {
      signal?.removeEventListener('abort', fail);
      resolve();
    });
    if (signal?.aborted) fail();
    else signal?.addEventListener('abort', fail, { once: true });
  });
}
