import { type ErrorCode, toFailure, TradewrightError } from '../../contracts/errors.ts';
import type { Log } from '../../contracts/ports/log.ts';
import type { Envelope } from './ref.ts';

export type DeadLetterCode = Extract<ErrorCode, 'ACTOR_STOPPED' | 'MAILBOX_FULL'>;

/** A flood must not become a flood of log lines: the first ones and then every thousandth. */
const LOGGED_IN_FULL = 20;
const LOGGED_EVERY = 1_000;

/** A message that found nobody. */
export interface DeadLetter {
  /** The actor it was sent to. */
  readonly path: string;
  readonly code: DeadLetterCode;
  readonly message: unknown;
}

/** Counts, logs and shows what could not be delivered; askers are told why. */
export class DeadLetters {
  readonly #log: Log;
  readonly #listeners = new Set<(letter: DeadLetter) => void>();
  #count = 0;

  constructor(log: Log) {
    this.#log = log;
  }

  get count(): number {
    return this.#count;
  }

  listen(listener: (letter: DeadLetter) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  take(path: string, envelope: Envelope, code: DeadLetterCode, cause?: Error): void {
    this.#count += 1;
    if (this.#count <= LOGGED_IN_FULL || this.#count % LOGGED_EVERY === 0) {
      this.#log.warn(
        { actor: path, code, type: typeOf(envelope.message), count: this.#count },
        'dead letter',
      );
    }
    const says = code === 'MAILBOX_FULL' ? 'has too many messages waiting' : 'has stopped';
    envelope.reply?.fail(cause ?? new TradewrightError(code, `${path} ${says}`));
    for (const listener of this.#listeners) {
      try {
        listener({ path, code, message: envelope.message });
      } catch (error) {
        this.#log.error({ failure: toFailure(error) }, 'a listener to dead letters threw');
      }
    }
  }
}

function typeOf(message: unknown): unknown {
  if (typeof message !== 'object' || message === null) return typeof message;
  return 'type' in message ? message.type : 'kind' in message ? message.kind : message.constructor?.name;
}
