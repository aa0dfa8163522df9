import { TradewrightError } from '../../contracts/errors.ts';
import { abortReason } from './abort-reason.ts';

/** Lets at most `width` callers in at once; the others wait in order. */
export interface Gate {
  /** Resolves with the function that gives the place back; fails with QUEUE_FULL when too many wait already. */
  enter(signal: AbortSignal): Promise<() => void>;
  readonly inside: number;
  readonly waiting: number;
}

export function createGate(options: { width: number; maxWaiting: number }): Gate {
  const { width, maxWaiting } = options;
  let inside = 0;
  const queue: (() => void)[] = [];

  const leave = (): (() => void) => {
    let left = false;
    return () => {
      if (left) return;
      left = true;
      inside -= 1;
      queue.shift()?.();
    };
  };

  return {
    enter(signal) {
      if (signal.aborted) return Promise.reject(abortReason(signal));
      if (inside < width) {
        inside += 1;
        return Promise.resolve(leave());
      }
      if (queue.length >= maxWaiting) {
        const message = `${maxWaiting} model calls wait already`;
        return Promise.reject(new TradewrightError('QUEUE_FULL', message));
      }
      return new Promise((resolve, reject) => {
        const admit = (): void => {
          signal.removeEventListener('abort', giveUp);
          inside += 1;
          resolve(leave());
        };
        const giveUp = (): void => {
          queue.splice(queue.indexOf(admit), 1);
          reject(abortReason(signal));
        };
        queue.push(admit);
        signal.addEventListener('abort', giveUp, { once: true });
      });
    },
    get inside() {
      return inside;
    },
    get waiting() {
      return queue.length;
    },
  };
}
