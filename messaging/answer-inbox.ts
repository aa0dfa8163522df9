import { createInbox, type Msg, type NatsConnection } from '@nats-io/transport-node';
import type { Clock } from '../contracts/ports/clock.ts';

/** The status of an answer that says that nobody listens on a subject. */
export const NO_RESPONDERS = 503;

export interface AnswerInboxOptions<P> {
  readonly nc: NatsConnection;
  readonly clock: Clock;
  /** Between two looks at what got no answer yet, milliseconds. */
  readonly lookEveryMs: number;
  /** It waits no longer. */
  readonly answered: (pending: P, message: Msg) => void;
  /** It got no answer so far; true when it waits no longer. */
  readonly unanswered: (pending: P, token: string, now: number) => boolean;
}

/**
 * What waits for an answer, any number at once, over one inbox and with one timer. The client's own request makes a timer, a listener and
 * an error object with its stack for each.
 */
export class AnswerInbox<P> {
  readonly #options: AnswerInboxOptions<P>;
  readonly #pending = new Map<string, P>();
  #inbox: string | undefined;
  #next = 0;
  #looking: (() => void) | undefined;

  constructor(options: AnswerInboxOptions<P>) {
    this.#options = options;
  }

  /** Gives the token of the next one to wait. */
  token(): string {
    return String((this.#next += 1));
  }

  /** The subject on which it is answered. */
  replyTo(token: string): string {
    this.#inbox ??= this.#listen();
    return `${this.#inbox}.${token}`;
  }

  add(token: string, pending: P): void {
    this.#pending.set(token, pending);
    this.#lookLater();
  }

  get waiting(): Iterable<P> {
    return this.#pending.values();
  }

  /** None of them waits any longer. */
  takeAll(): readonly P[] {
    const all = [...this.#pending.values()];
    this.#pending.clear();
    return all;
  }

  #listen(): string {
    const inbox = createInbox();
    this.#options.nc.subscribe(`${inbox}.*`, {
      callback: (error, message) => {
        if (error !== null) return;
        const token = message.subject.slice(inbox.length + 1);
        const pending = this.#pending.get(token);
        if (pending === undefined) return;
        this.#pending.delete(token);
        this.#options.answered(pending, message);
      },
    });
    return inbox;
  }

  #lookLater(): void {
    const { clock, lookEveryMs } = this.#options;
    this.#looking ??= clock.schedule(lookEveryMs, () => this.#look());
  }

  #look(): void {
    this.#looking = undefined;
    const now = this.#options.clock.now();
    for (const [token, pending] of this.#pending)
      if (this.#options.unanswered(pending, token, now)) this.#pending.delete(token);
    if (this.#pending.size > 0) this.#lookLater();
  }
}
