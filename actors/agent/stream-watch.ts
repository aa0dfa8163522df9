import type { Clock } from '../../contracts/ports/clock.ts';

export type WatchVerdict = 'aborted' | 'stalled' | 'too-large';

/**
 * Stops an HTTP call that makes no progress: `alive()` is called for every byte (keep-alive comments included), `progress()`
 * for every piece of the answer. Silence longer than `idleTimeoutMs`, or keep-alives alone for longer than
 * `quietTimeoutMs`, aborts the call; so does the caller's own signal.
 */
export interface StreamWatch {
  /** Give this one to the HTTP call. */
  readonly signal: AbortSignal;
  alive(): void;
  progress(): void;
  stop(verdict: WatchVerdict): void;
  /** Why the call was stopped; undefined while it runs or when it ended by itself. */
  verdict(): WatchVerdict | undefined;
  /** Takes the timer back and closes what is still open of the call. */
  dispose(): void;
}

export function createStreamWatch(options: {
  clock: Clock;
  idleTimeoutMs: number;
  quietTimeoutMs: number;
  signal: AbortSignal;
}): StreamWatch {
  const { clock, idleTimeoutMs, quietTimeoutMs, signal } = options;
  const controller = new AbortController();
  let verdict: WatchVerdict | undefined;
  let cancelTimer = (): void => undefined;
  let lastByteAt = clock.now();
  let lastProgressAt = lastByteAt;

  const stop = (why: WatchVerdict): void => {
    if (verdict !== undefined) return;
    verdict = why;
    dispose();
  };
  // One timer that looks again when it fires: cheaper than re-arming one for every chunk of the stream.
  const arm = (): void => {
    const dueAt = Math.min(lastByteAt + idleTimeoutMs, lastProgressAt + quietTimeoutMs);
    cancelTimer = clock.schedule(Math.max(dueAt - clock.now(), 1), () => {
      const now = clock.now();
      if (now - lastByteAt >= idleTimeoutMs || now - lastProgressAt >= quietTimeoutMs) stop('stalled');
      else arm();
    });
  };
  const onAbort = (): void => stop('aborted');
  const dispose = (): void => {
    cancelTimer();
    cancelTimer = () => undefined;
    signal.removeEventListener('abort', onAbort);
    controller.abort();
  };

  arm();
  if (signal.aborted) stop('aborted');
  else signal.addEventListener('abort', onAbort, { once: true });

  return {
    signal: controller.signal,
    alive: () => void (lastByteAt = clock.now()),
    progress: () => void (lastProgressAt = lastByteAt = clock.now()),
    stop,
    verdict: () => verdict,
    dispose,
  };
}
