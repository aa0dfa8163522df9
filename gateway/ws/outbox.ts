import type { Clock } from '../../contracts/ports/clock.ts';
import type { GatewayLimits } from '../limits.ts';

/** The sending half of a socket; `sent` is called once the bytes have left this process. */
export interface Wire {
  send(text: string, sent: () => void): void;
}

export interface OutboxOptions {
  readonly wire: Wire;
  readonly clock: Clock;
  readonly limits: Pick<GatewayLimits, 'liveBufferBytes' | 'socketBufferBytes' | 'slowClientMs'>;
  /** The client does not read: called once. */
  readonly onStall: () => void;
}

/**
 * What waits to be sent to one client, bounded: live text is dropped first, events wait for room, and a client that
 * gives them none for `slowClientMs` is reported as stalled.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  #queuedBytes = 0;
  #droppedLive = 0;
  #stalled = false;
  #waiting: (() => void)[] = [];
  #disarm: (() => void) | undefined;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  get droppedLive(): number {
    return this.#droppedLive;
  }

  /** Answers to the client's own messages. One who asks without reading the answers is stalled as well. */
  answer(text: string): void {
    if (this.#queuedBytes > 2 * this.#options.limits.socketBufferBytes) this.#stall();
    else this.#send(text);
  }

  live(text: string): void {
    if (this.#queuedBytes > this.#options.limits.liveBufferBytes) this.#droppedLive += 1;
    else this.#send(text);
  }

  /** Sends as soon as there is room; says whether it was sent before the signal aborted. */
  async event(text: string, signal: AbortSignal): Promise<boolean> {
    while (!signal.aborted && this.#queuedBytes > this.#options.limits.socketBufferBytes) {
      await this.#room(signal);
    }
    if (signal.aborted) return false;
    this.#send(text);
    return true;
  }

  /** Nothing is sent or reported any more. */
  close(): void {
    this.#stalled = true;
    this.#wake();
  }

  #send(text: string): void {
    if (this.#stalled) return;
    const bytes = Buffer.byteLength(text);
    this.#queuedBytes += bytes;
    this.#options.wire.send(text, () => {
      this.#queuedBytes -= bytes;
      if (this.#queuedBytes <= this.#options.limits.socketBufferBytes) this.#wake();
    });
  }

  #room(signal: AbortSignal): Promise<void> {
    const { clock, limits } = this.#options;
    this.#disarm ??= clock.schedule(limits.slowClientMs, () => this.#stall());
    return new Promise((resolve) => {
      const go = (): void => {
        signal.removeEventListener('abort', go);
        resolve();
      };
      signal.addEventListener('abort', go, { once: true });
      this.#waiting.push(go);
    });
  }

  #wake(): void {
    this.#disarm?.();
    this.#disarm = undefined;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const go of waiting) go();
  }

  #stall(): void {
    if (this.#stalled) return;
    this.#stalled = true;
    this.#options.onStall();
  }
}
