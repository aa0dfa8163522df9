import { createInbox, errors, type Msg, type MsgHdrs, type NatsConnection } from '@nats-io/transport-node';
import { JetStreamApiError } from '@nats-io/jetstream';
import { z } from 'zod';
import type { Clock } from '../contracts/ports/clock.ts';

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
const NO_RESPONDERS = 503;

/**
 * Publishes that JetStream answers, any number at once, in the order of the calls. The client's own request makes a timer, a listener and
 * an error object with its stack for each; here they share one inbox and one timer.
 */
export class AckedPublisher {
  readonly #nc: NatsConnection;
  readonly #clock: Clock;
  readonly #pending = new Map<string, Pending>();
  #inbox: string | undefined;
  #next = 0;
  #looking: (() => void) | undefined;

  constructor(nc: NatsConnection, clock: Clock) {
    this.#nc = nc;
    this.#clock = clock;
  }

  /**
   * @throws JetStreamApiError the stream refused it; TimeoutError; NoRespondersError no stream takes the subject; what the client throws
   * for a message that is too large or a connection that is closed
   */
  publish(subject: string, bytes: Uint8Array | string, headers: MsgHdrs, timeoutMs: number): Promise<PubAck> {
    return new Promise((resolve, reject) => {
      const inbox = (this.#inbox ??= this.#listen());
      const token = String((this.#next += 1));
      this.#nc.publish(subject, bytes, { reply: `${inbox}.${token}`, headers });
      this.#pending.set(token, { subject, deadline: this.#clock.now() + timeoutMs, resolve, reject });
      this.#looking ??= this.#clock.schedule(LOOK_EVERY_MS, () => this.#look());
    });
  }

  /** The connection was lost: nobody will answer what was sent over it. It may have been stored all the same. */
  abandon(): void {
    const abandoned = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject } of abandoned) reject(new errors.TimeoutError());
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
    try {
      if (message.headers?.code === NO_RESPONDERS) throw new errors.NoRespondersError(pending.subject);
      const { seq, duplicate = false, error } = Answer.parse(message.json());
      if (error !== undefined) throw new JetStreamApiError(error);
      if (seq === undefined) throw new Error(`${pending.subject}: the answer to a publish has no sequence`);
      pending.resolve({ streamSeq: seq, duplicate });
    } catch (error) {
      pending.reject(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #look(): void {
    this.#looking = undefined;
    const now = this.#clock.now();
    for (const [token, { deadline, reject }] of this.#pending) {
      if (deadline > now) continue;
      this.#pending.delete(token);
      reject(new errors.TimeoutError());
    }
    if (this.#pending.size > 0) this.#looking = this.#clock.schedule(LOOK_EVERY_MS, () => this.#look());
  }
}
