import type { NatsConnection } from '@nats-io/transport-node';
import type { Clock } from '../contracts/ports/clock.ts';
import { AnswerInbox, NO_RESPONDERS } from './answer-inbox.ts';
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

/**
 * Acknowledgements that the server confirms, any number at once. A confirmation that got lost means the
 * work is done again, so it is worth some patience: the consumer remembers the message across restarts of the server.
 */
export class AckConfirmer {
  readonly #nc: NatsConnection;
  readonly #clock: Clock;
  readonly #connected: () => boolean;
  readonly #times: ConfirmTimes;
  readonly #answers: AnswerInbox<Pending>;

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
    this.#answers = new AnswerInbox({
      nc,
      clock,
      lookEveryMs: LOOK_EVERY_MS,
      answered({ resolve }, { data, headers }) {
        resolve(data.length === 0 && headers?.code === NO_RESPONDERS ? 'consumer-gone' : 'confirmed');
      },
      unanswered: (pending, token, now) => this.#unanswered(pending, token, now),
    });
  }

  /** `consumer-gone`: nobody keeps track of the message any more. @throws NATS_UNAVAILABLE */
  confirm(subject: string, verdict: string): Promise<'confirmed' | 'consumer-gone'> {
    return new Promise((resolve, reject) => {
      const now = this.#clock.now();
      const token = this.#answers.token();
      const deadline = now + this.#times.deadlineMs;
      const pending = { subject, verdict, deadline, resolve, reject, sentAt: 0 };
      this.#answers.add(token, pending);
      this.#send(token, pending, now);
    });
  }

  /** What was sent over a connection that got lost may not have arrived. */
  resend(): void {
    for (const pending of this.#answers.waiting) pending.sentAt = 0;
  }

  #send(token: string, pending: Pending, now: number): void {
    if (!this.#connected() || this.#nc.isClosed() || this.#nc.isDraining()) return;
    this.#nc.publish(pending.subject, pending.verdict, { reply: this.#answers.replyTo(token) });
    pending.sentAt = now;
  }

  #unanswered(pending: Pending, token: string, now: number): boolean {
    const closed = this.#nc.isClosed() || this.#nc.isDraining();
    if (closed || pending.deadline <= now) {
      const says = closed ? 'the connection to NATS is closed' : `NATS did not confirm ${pending.verdict}`;
      pending.reject(unavailable(says));
      return true;
    }
    if (now - pending.sentAt >= this.#times.againMs) this.#send(token, pending, now);
    return false;
  }
}
