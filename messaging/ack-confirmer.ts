import type { NatsConnection } from '@nats-io/transport-node';
import type { Clock } from '../contracts/ports/clock.ts';
import { AnswerInbox, NO_RESPONDERS } from './answer-inbox.ts';
import { unavailable } from './nats-errors.ts';

interface Ack {
  readonly subject: string;
  readonly verdict: string;
  readonly resolve: (confirmed: void | Promise<void>) => void;
  readonly consumerGone: () => Promise<void>;
  readonly reject: (error: Error) => void;
}

/** Acknowledgements of one consumer that are sent together; the last one is answered for all of them. */
interface Batch {
  readonly acks: Ack[];
  readonly deadline: number;
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
 *
 * What comes to its end in the same turn is confirmed by one answer: the server takes the acknowledgements of a consumer in the order in
 * which a connection sends them, so that once it has answered the last one it has taken those before. That holds for the server that gave
 * the messages out: one that was restarted since may have forgotten some of them, and is asked for each.
 */
export class AckConfirmer {
  readonly #nc: NatsConnection;
  readonly #clock: Clock;
  readonly #connected: () => boolean;
  readonly #times: ConfirmTimes;
  readonly #answers: AnswerInbox<Batch>;
  /** By consumer; sent at the end of this turn. */
  readonly #gathering = new Map<string, Batch>();
  #epoch = 0;

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
      answered({ acks }, { data, headers }) {
        const gone = data.length === 0 && headers?.code === NO_RESPONDERS;
        for (const { resolve, consumerGone } of acks) resolve(gone ? consumerGone() : undefined);
      },
      unanswered: (batch, token, now) => this.#unanswered(batch, token, now),
    });
  }

  /** Changes when the connection is lost. */
  get epoch(): number {
    return this.#epoch;
  }

  /**
   * @param consumer of the message, among all
   * @param epoch when the message was taken
   * @param consumerGone what is done where nobody keeps track of the message any more
   * @throws NATS_UNAVAILABLE, and what `consumerGone` throws
   */
  confirm(
    consumer: string,
    epoch: number,
    subject: string,
    verdict: string,
    consumerGone: () => Promise<void>,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      const ack = { subject, verdict, consumerGone, resolve, reject };
      if (epoch === this.#epoch) this.#batchOf(consumer).acks.push(ack);
      else this.#sendNew({ acks: [ack], deadline: this.#clock.now() + this.#times.deadlineMs, sentAt: 0 });
    });
  }

  /** What was sent over a connection that got lost may not have arrived. */
  resend(): void {
    this.#epoch += 1;
    for (const batch of this.#answers.waiting) batch.sentAt = 0;
  }

  #batchOf(consumer: string): Batch {
    const gathering = this.#gathering.get(consumer);
    if (gathering !== undefined) return gathering;
    const batch: Batch = { acks: [], deadline: this.#clock.now() + this.#times.deadlineMs, sentAt: 0 };
    this.#gathering.set(consumer, batch);
    queueMicrotask(() => {
      this.#gathering.delete(consumer);
      this.#sendNew(batch);
    });
    return batch;
  }

  #sendNew(batch: Batch): void {
    const token = this.#answers.token();
    this.#answers.add(token, batch);
    this.#send(token, batch, this.#clock.now());
  }

  #send(token: string, batch: Batch, now: number): void {
    if (!this.#connected() || this.#nc.isClosed() || this.#nc.isDraining()) return;
    const last = batch.acks.length - 1;
    batch.acks.forEach(({ subject, verdict }, at) =>
      this.#nc.publish(subject, verdict, at === last ? { reply: this.#answers.replyTo(token) } : undefined),
    );
    batch.sentAt = now;
  }

  #unanswered(batch: Batch, token: string, now: number): boolean {
    const closed = this.#nc.isClosed() || this.#nc.isDraining();
    if (closed || batch.deadline <= now) {
      for (const { verdict, reject } of batch.acks)
        reject(unavailable(closed ? 'the connection to NATS is closed' : `NATS did not confirm ${verdict}`));
      return true;
    }
    if (now - batch.sentAt < this.#times.againMs) return false;
    if (batch.acks.length === 1) {
      this.#send(token, batch, now);
      return false;
    }
    for (const ack of batch.acks) this.#sendNew({ ...batch, acks: [ack], sentAt: 0 });
    return true;
  }
}
