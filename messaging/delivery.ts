import type { Msg } from '@nats-io/transport-node';
import { delay } from '../contracts/ports/clock.ts';
import type { Delivery } from '../contracts/ports/messaging.ts';
import type { NatsLink } from './connection.ts';
import { nanosOf } from './stream-config.ts';
import { unavailable } from './nats-errors.ts';

const CONFIRM_TIMEOUT_MS = 2_000;
const CONFIRM_DEADLINE_MS = 10_000;
const PAUSE_MS = 100;

/** A message of a pull consumer as a {@link Delivery}; undefined when it is none. */
export function toDelivery(link: NatsLink, message: Msg): Delivery | undefined {
  const place = parseAckSubject(message.reply ?? '');
  const ackSubject = message.reply;
  if (place === undefined || ackSubject === undefined) return undefined;
  let ended = false;
  const confirm = async (verdict: string): Promise<void> => {
    if (ended) return;
    ended = true;
    await confirmed(link, ackSubject, verdict);
  };
  const say = (verdict: string): void => {
    if (link.nc.isClosed() || link.nc.isDraining() || !link.connected()) return;
    link.nc.publish(ackSubject, verdict);
  };
  return {
    subject: message.subject,
    bytes: message.data,
    headers: headerRecord(message),
    deliveryCount: place.deliveryCount,
    streamSeq: place.streamSeq,
    storedAt: place.storedAt,
    ack: () => confirm('+ACK'),
    discard: () => confirm('+TERM'),
    retry: (delayMs) => {
      if (ended) return;
      ended = true;
      say(delayMs > 0 ? `-NAK ${JSON.stringify({ delay: nanosOf(Math.round(delayMs)) })}` : '-NAK');
    },
    working: () => {
      if (!ended) say('+WPI');
    },
  };
}

/**
 * An ack that got lost means the work is done again, so it is worth some patience; the consumer remembers the message
 * across restarts of the server.
 */
async function confirmed(link: NatsLink, subject: string, verdict: string): Promise<void> {
  const deadline = link.clock.now() + CONFIRM_DEADLINE_MS;
  let last: unknown;
  for (;;) {
    const leftMs = deadline - link.clock.now();
    if (leftMs <= 0) throw unavailable(`NATS did not confirm ${verdict}`, last);
    await link.ready(leftMs);
    try {
      await link.nc.request(subject, verdict, { timeout: Math.max(1, Math.min(CONFIRM_TIMEOUT_MS, leftMs)) });
      return;
    } catch (error) {
      if (link.nc.isClosed() || link.nc.isDraining())
        throw unavailable('the connection to NATS is closed', error);
      last = error;
      await delay(link.clock, PAUSE_MS);
    }
  }
}

/**
 * `$JS.ACK.<stream>.<consumer>.<delivered>.<stream seq>.<consumer seq>.<time>.<pending>`, with `<domain>.<account>` before
 * the stream (and a token at the end) on newer servers.
 */
function parseAckSubject(
  subject: string,
): { deliveryCount: number; streamSeq: number; storedAt: number } | undefined {
  const tokens = subject.split('.');
  if (tokens[0] !== '$JS' || tokens[1] !== 'ACK') return undefined;
  const from = tokens.length >= 11 ? 6 : 4;
  const [delivered, streamSeq, , nanos] = tokens.slice(from);
  if (delivered === undefined || streamSeq === undefined || nanos === undefined) return undefined;
  return {
    deliveryCount: Number(delivered),
    streamSeq: Number(streamSeq),
    storedAt: Math.floor(Number(nanos) / 1_000_000),
  };
}

/** Names in lower case; of a repeated header the first value. */
function headerRecord(message: Msg): Record<string, string> {
  const record: Record<string, string> = {};
  for (const [name, values] of message.headers ?? []) record[name.toLowerCase()] ??= values[0] ?? '';
  return record;
}
