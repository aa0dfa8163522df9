import { errors, type Msg, type MsgHdrs, type NatsConnection } from '@nats-io/transport-node';
import { JetStreamApiError } from '@nats-io/jetstream';
import { z } from 'zod';
import type { Clock } from '../contracts/ports/clock.ts';
import { AnswerInbox, NO_RESPONDERS } from './answer-inbox.ts';

/** JetStream's answer to a publish. */
export interface PubAck {
  readonly streamSeq: number;
  readonly duplicate: boolean;
}

const Answer = z.object({
  seq: z.int().nonnegative().optional(),
  duplicate: z.boolean().optional(),
  error: z.object({ code: z.int(), err_code: z.int(), description: z.string() }).optional(),
});

interface Pending {
  readonly subject: string;
  readonly deadline: number;
  readonly resolve: (ack: PubAck) => void;
  readonly reject: (error: Error) => void;
}

/** Between two looks for publishes that got no answer, milliseconds. */
const LOOK_EVERY_MS = 50;

/** Publishes that JetStream answers, any number at once, in the order of the calls. */
export class AckedPublisher {
  readonly #nc: NatsConnection;
  readonly #clock: Clock;
  readonly #answers: AnswerInbox<Pending>;

  constructor(nc: NatsConnection, clock: Clock) {
    this.#nc = nc;
    this.#clock = clock;
    this.#answers = new AnswerInbox({
      nc,
      clock,
      lookEveryMs: LOOK_EVERY_MS,
      answered,
      unanswered({ deadline, reject }, _, now) {
        if (deadline > now) return false;
        reject(new errors.TimeoutError());
        return true;
      },
    });
  }

  /**
   * @throws JetStreamApiError the stream refused it; TimeoutError; NoRespondersError no stream takes the subject; what the client throws
   * for a message that is too large or a connection that is closed
   */
  publish(subject: string, bytes: Uint8Array | string, headers: MsgHdrs, timeoutMs: number): Promise<PubAck> {
    return new Promise((resolve, reject) => {
      const token = this.#answers.token();
      this.#nc.publish(subject, bytes, { reply: this.#answers.replyTo(token), headers });
      this.#answers.add(token, { subject, deadline: this.#clock.now() + timeoutMs, resolve, reject });
    });
  }

  /** The connection was lost: nobody will answer what was sent over it. It may have been stored all the same. */
  abandon(): void {
    for (const { reject } of this.#answers.takeAll()) reject(new errors.TimeoutError());
  }
}

function answered({ subject, resolve, reject }: Pending, message: Msg): void {
  try {
    if (message.headers?.code === NO_RESPONDERS) throw new errors.NoRespondersError(subject);
    const { seq, duplicate = false, error } = Answer.parse(message.json());
    if (error !== undefined) throw new JetStreamApiError(error);
    if (seq === undefined) throw new Error(`${subject}: the answer to a publish has no sequence`);
    resolve({ streamSeq: seq, duplicate });
  } catch (error) {
    reject(error instanceof Error ? error : new Error(String(error)));
  }
}
