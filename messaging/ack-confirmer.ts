import { createInbox, type Msg, type NatsConnection } from '@nats-io/transport-node';
import type { Clock } from '../contracts/ports/clock.ts';
import { unavailable } from './nats-errors.ts';

interface Pending {
  readonly subject: string;
  readonly verdict: string;
  readonly deadline: number;
  readonly resolve: (confirmed: 'confirmed' | 'consumer-gone') => void;
  readonly reject: (error: Error) => void;
  sentAt: number;
}

export interface ConfirmTimes {
  /** An unanswered acknowledgement is sent again after that long. */
  readonly againMs: number;
  readonly deadlineMs: number;
}
const confirmTimes: ConfirmTimes = { againMs: 2_000, deadlineMs: 10_000 };

const LOOK_EVERY_MS = 100;
const NO_RESPONDERS = 503;

/**
 * Acknowledgements that the server confirms, any number at once, over one inbox and with one timer. A confirmation that got lost means the
 * work is done again, so it is worth some patience: the consumer remembers the message across restarts of the server.
 */
export class AckConfirmer {
  readonly #nc: NatsConnection;
  readonly #clock: Clock;
  readonly #connected: () => boolean;
  readonly #times: ConfirmTimes;
  readonly #pending = new Map<string, Pending>();
  #inbox: string | undefined;
  #next = 0;
  #looking: (() => void) | undefined;

  constructor(
    nc: NatsConnection,
    clock: Clock,
    connected: () => boolean,
    times: ConfirmTimes = confirmTimes,
  ) {
    this.#nc = nc;
    this.#clock = clock;
    this.#connected = connected;
    this.#times = times;
  }

  /** `consumer-gone`: nobody keeps track of the message any more. @throws NATS_UNAVAILABLE */
  confirm(subject: string, verdict: string): Promise<'confirmed' | 'consumer-gone'> {
    return new Promise((resolve, reject) => {
      const now = this.#clock.now();
      const token = String((this.#next += 1));
      const deadline = now + this.#times.deadlineMs;
      const pending = { subject, verdict, deadline, resolve, reject, sentAt: 0 };
      this.#pending.set(token, pending);
      this.#send(token, pending, now);
      this.#looking ??= this.#clock.schedule(LOOK_EVERY_MS, () => this.#look());
    });
  }

  /** What was sent over a connection that got lost may not have arrived. */
  resend(): void {
    for (const pending of this.#pending.values()) pending.sentAt = 0;
  }

  #send(token: string, pending: Pending, now: number): void {
    if (!this.#connected() || this.#nc.isClosed() || this.#nc.isDraining()) return;
    const inbox = (this.#inbox ??= this.#listen());
    this.#nc.publish(pending.subject, pending.verdict, { reply: `${inbox}.${token}` });
    pending.sentAt = now;
  }

  #listen(): string {
    const inbox = createInbox();
    this.#nc.subscribe(`${inbox}.*`, {
      callback: (error, message) => {
        if (error === null) this.#answered(message.subject.slice(inbox.length + 1), message);
      },
    });
    return inbox;
  }

  #answered(token: string, message: Msg): void {
    const pending = this.#pending.get(token);
    if (pending === undefined) return;
    this.#pending.delete(token);
    const gone = message.data.length === 0 && message.headers?.code === NO_RESPONDERS;
    pending.resolve(gone ? 'consumer-gone' : 'confirmed');
  }

  #look(): void {
    this.#looking = undefined;
    const now = this.#clock.now();
    const closed = this.#nc.isClosed() || this.#nc.isDraining();
    for (const [token, pending] of this.#pending) {
      if (closed || pending.deadline <= now) {
        this.#pending.delete(token);
        pending.reject(
          unavailable(
            closed ? 'the connection to NATS is closed' : `NATS did not confirm ${pending.verdict}`,
          ),
        );
      } else if (now - pending.sentAt >= this.#times.againMs) this.#send(token, pending, now);
    }
    if (this.#pending.size > 0) this.#looking = this.#clock.schedule(LOOK_EVERY_MS, () => this.#look());
  }
}
