import type { Msg, MsgHdrs } from '@nats-io/transport-node';
import { delay } from '../contracts/ports/clock.ts';
import type { Delivery } from '../contracts/ports/messaging.ts';
import type { NatsLink } from './connection.ts';
import { isMissing, isTransient, unavailable } from './nats-errors.ts';
import { nanosOf } from './stream-config.ts';

/**
 * A message of a pull consumer as a {@link Delivery}; undefined when it is none.
 * @param consumer that it was pulled from, among all
 */
export function toDelivery(link: NatsLink, consumer: string, message: Msg): Delivery | undefined {
  const place = parseAckSubject(message.reply ?? '');
  return place === undefined ? undefined : new NatsDelivery(link, consumer, message, place);
}

/** An object of its own for each message taken: everything that need not be computed is not. */
class NatsDelivery implements Delivery {
  readonly #link: NatsLink;
  readonly #consumer: string;
  readonly #epoch: number;
  readonly #message: Msg;
  readonly #place: Place;
  #headers: Record<string, string> | undefined;
  #ended = false;

  constructor(link: NatsLink, consumer: string, message: Msg, place: Place) {
    this.#link = link;
    this.#consumer = consumer;
    this.#epoch = link.confirmer.epoch;
    this.#message = message;
    this.#place = place;
  }

  get subject(): string {
    return this.#message.subject;
  }
  get bytes(): Uint8Array {
    return this.#message.data;
  }
  get headers(): Readonly<Record<string, string>> {
    return (this.#headers ??= headerRecord(this.#message.headers));
  }
  get deliveryCount(): number {
    return this.#place.deliveryCount;
  }
  get streamSeq(): number {
    return this.#place.streamSeq;
  }
  get storedAt(): number {
    return this.#place.storedAt;
  }
  get behind(): number {
    return this.#place.pending;
  }

  ack(): Promise<void> {
    return this.#confirm('+ACK');
  }
  discard(): Promise<void> {
    return this.#confirm('+TERM');
  }
  retry(delayMs: number): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#say(delayMs > 0 ? `-NAK ${JSON.stringify({ delay: nanosOf(Math.round(delayMs)) })}` : '-NAK');
  }
  working(): void {
    if (!this.#ended) this.#say('+WPI');
  }

  #say(verdict: string): void {
    const { nc, connected } = this.#link;
    if (nc.isClosed() || nc.isDraining() || !connected()) return;
    nc.publish(this.#message.reply ?? '', verdict);
  }

  #confirm(verdict: string): Promise<void> {
    if (this.#ended) return Promise.resolve();
    this.#ended = true;
    const subject = this.#message.reply ?? '';
    return this.#link.confirmer.confirm(this.#consumer, this.#epoch, subject, verdict, () =>
      removeEnded(this.#link, this.#place),
    );
  }
}

const REMOVE_WITHIN_MS = 10_000;
const PAUSE_MS = 100;

/**
 * The consumer was deleted while the work went on (or its server is just starting): nobody is left to take the acknowledgement, so the
 * message that has come to its end leaves the work queue itself. Otherwise the next consumer would have it done again.
 */
async function removeEnded(link: NatsLink, { stream, streamSeq, storedAt }: Place): Promise<void> {
  const deadline = link.clock.now() + REMOVE_WITHIN_MS;
  for (;;) {
    try {
      const message = await link.jsm.streams.getMessage(stream, { seq: streamSeq });
      if (message === null || Math.abs(message.time.getTime() - storedAt) > 1) return;
      await link.jsm.streams.deleteMessage(stream, streamSeq, false);
      return;
    } catch (error) {
      if (isMissing(error)) return;
      if (!isTransient(error) || link.clock.now() > deadline)
        throw unavailable(`message ${streamSeq} of ${stream} could not be ended`, error);
    }
    await delay(link.clock, PAUSE_MS);
  }
}

interface Place {
  readonly stream: string;
  readonly deliveryCount: number;
  readonly streamSeq: number;
  readonly storedAt: number;
  readonly pending: number;
}

/**
 * `$JS.ACK.<stream>.<consumer>.<delivered>.<stream seq>.<consumer seq>.<time>.<pending>`, with `<domain>.<account>` before
 * the stream (and a token at the end) on newer servers.
 */
function parseAckSubject(subject: string): Place | undefined {
  if (!subject.startsWith('$JS.ACK.')) return undefined;
  const tokens = subject.split('.');
  const from = tokens.length >= 11 ? 4 : 2;
  const nanos = tokens[from + 5];
  if (nanos === undefined) return undefined;
  return {
    stream: tokens[from] ?? '',
    deliveryCount: Number(tokens[from + 2]),
    streamSeq: Number(tokens[from + 3]),
    // Nanoseconds: the last six digits are beyond milliseconds.
    storedAt: Number(nanos.slice(0, -6)),
    pending: Number(tokens[from + 6] ?? 0),
  };
}

/** Names in lower case; of a repeated header the first value. */
export function headerRecord(headers: MsgHdrs | undefined): Record<string, string> {
  const record: Record<string, string> = {};
  for (const [name, values] of headers ?? []) record[name.toLowerCase()] ??= values[0] ?? '';
  return record;
}
