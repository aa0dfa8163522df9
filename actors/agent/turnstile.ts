import { TradewrightError } from '../../contracts/errors.ts';
import type { Clock } from '../../contracts/ports/clock.ts';
import { abortReason } from './abort-reason.ts';

export interface TurnstileOptions {
  readonly clock: Clock;
  /** Calls under way at once. */
  readonly width: number;
  /** Calls that may wait; one more is refused. */
  readonly maxWaiting: number;
  /** Calls started within any window of `windowMs`. */
  readonly limit: number;
  readonly windowMs: number;
  /** How long one has to wait to count as much as one of 25 more priority, the distance of two lanes: nobody waits for ever. */
  readonly agingMs?: number;
}

/** The one door that every call of the model goes through: so many at once, so many a window, the most urgent first. */
export interface Turnstile {
  /**
   * Resolves with the function that gives the place back. Who comes too early waits; fails with QUEUE_FULL when too many do,
   * and with the signal's reason.
   */
  enter(options: { readonly signal: AbortSignal; readonly priority: number }): Promise<() => void>;
  /** Nobody goes through for `ms`: the endpoint asked for a pause. */
  pause(ms: number): void;
  readonly inside: number;
  readonly waiting: number;
  /** Calls started within the present window. */
  recent(): number;
}

interface Waiter {
  readonly priority: number;
  readonly since: number;
  readonly admit: () => void;
}

const LANE_DISTANCE = 25;
const AGING_MS = 30_000;

export function createTurnstile(options: TurnstileOptions): Turnstile {
  const { clock, width, maxWaiting, limit, windowMs, agingMs = AGING_MS } = options;
  /** When the last `limit` starts were, oldest first. */
  const starts: number[] = [];
  const queue = new Set<Waiter>();
  let inside = 0;
  let pausedUntil = 0;
  let disarm: (() => void) | undefined;

  function waitMs(): number {
    const now = clock.now();
    while (starts.length > 0 && now - (starts[0] ?? 0) >= windowMs) starts.shift();
    const oldest = starts.length < limit ? undefined : starts[starts.length - limit];
    const untilFree = oldest === undefined ? 0 : oldest + windowMs - now;
    // A clock that jumped back must not make anybody wait longer than one window.
    return Math.max(Math.min(untilFree, windowMs), pausedUntil - now, 0);
  }

  /** Lets in whom it can, and comes back when the window or the pause is over. */
  function turn(): void {
    disarm?.();
    disarm = undefined;
    while (inside < width) {
      const next = mostUrgent();
      if (next === undefined) return;
      const ms = waitMs();
      if (ms > 0) {
        disarm = clock.schedule(ms, turn);
        return;
      }
      queue.delete(next);
      inside += 1;
      starts.push(clock.now());
      if (starts.length > limit) starts.shift();
      next.admit();
    }
  }

  function mostUrgent(): Waiter | undefined {
    const now = clock.now();
    const weight = ({ priority, since }: Waiter): number =>
      priority + (Math.max(now - since, 0) / agingMs) * LANE_DISTANCE;
    let best: Waiter | undefined;
    for (const waiter of queue) if (best === undefined || weight(waiter) > weight(best)) best = waiter;
    return best;
  }

  function leave(): () => void {
    let left = false;
    return () => {
      if (left) return;
      left = true;
      inside -= 1;
      turn();
    };
  }

  return {
    enter({ signal, priority }) {
      if (signal.aborted) return Promise.reject(abortReason(signal));
      if (queue.size >= maxWaiting) {
        return Promise.reject(new TradewrightError('QUEUE_FULL', `${maxWaiting} model calls wait already`));
      }
      return new Promise((resolve, reject) => {
        const giveUp = (): void => {
          queue.delete(waiter);
          if (queue.size === 0) turn();
          reject(abortReason(signal));
        };
        const waiter: Waiter = {
          priority,
          since: clock.now(),
          admit: () => {
            signal.removeEventListener('abort', giveUp);
            resolve(leave());
          },
        };
        queue.add(waiter);
        signal.addEventListener('abort', giveUp, { once: true });
        turn();
      });
    },
    pause(ms) {
      pausedUntil = Math.max(pausedUntil, clock.now() + ms);
      turn();
    },
    get inside() {
      return inside;
    },
    get waiting() {
      return queue.size;
    },
    recent: () => {
      waitMs();
      return starts.length;
    },
  };
}
