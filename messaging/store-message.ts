import { createHash } from 'node:crypto';
import { errors, headers as natsHeaders } from '@nats-io/transport-node';
import { TradewrightError } from '../contracts/errors.ts';
import { delay } from '../contracts/ports/clock.ts';
import type { Stored } from '../contracts/ports/messaging.ts';
import type { NatsLink } from './connection.ts';
import { isTransient, unavailable } from './nats-errors.ts';

export interface PublishTimes {
  /** How long one attempt waits for the server's confirmation. */
  readonly attemptMs: number;
  /** After this much in all the caller is told NATS_UNAVAILABLE; the message may still be stored, under the same id. */
  readonly deadlineMs: number;
}
export const publishTimes: PublishTimes = { attemptMs: 2_000, deadlineMs: 10_000 };

const PAUSE_MS = 100;

export interface StoreRequest {
  readonly subject: string;
  readonly bytes: Uint8Array | string;
  /** `Nats-Msg-Id`: what makes a repeated send harmless. */
  readonly msgId?: string | undefined;
  /** The subject's last message must be this one; 0: there must be none. */
  readonly afterSubjectSeq?: number | undefined;
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly times?: PublishTimes;
}

/**
 * Publishes until the server says that it is stored, sending again under the same id when no answer came.
 * @throws NATS_UNAVAILABLE, INPUT_TOO_LARGE; a refusal of JetStream is thrown as it came
 */
export async function storeMessage(link: NatsLink, request: StoreRequest): Promise<Stored> {
  const { attemptMs, deadlineMs } = request.times ?? publishTimes;
  const deadline = link.clock.now() + deadlineMs;
  const headers = headersOf(request);
  let last: unknown;
  for (;;) {
    const leftMs = deadline - link.clock.now();
    if (leftMs <= 0)
      throw unavailable(`NATS did not confirm ${request.subject} within ${deadlineMs} ms`, last);
    // Nothing is sent while the connection is away: the client would pile it up in memory.
    if (!link.connected()) await link.ready(leftMs);
    try {
      const timeoutMs = Math.max(1, Math.min(attemptMs, leftMs));
      const { streamSeq, duplicate } = await link.publisher.publish(
        request.subject,
        request.bytes,
        headers,
        timeoutMs,
      );
      return { kind: duplicate ? 'duplicate' : 'stored', streamSeq };
    } catch (error) {
      const failure = publishFailure(error, request.subject);
      if (!isTransient(error)) throw failure;
      last = error;
      link.log.debug({ subject: request.subject }, 'no confirmation from NATS; sending again');
      await delay(link.clock, Math.min(PAUSE_MS, Math.max(0, deadline - link.clock.now())));
    }
  }
}

/** What a failed publish is to its caller; a refusal of JetStream stays as it came. */
export function publishFailure(error: unknown, subject: string): unknown {
  if (error instanceof errors.InvalidArgumentError) {
    const detail = `${subject}: the server takes no message this large`;
    return new TradewrightError('INPUT_TOO_LARGE', detail, { cause: error });
  }
  if (error instanceof errors.ClosedConnectionError || error instanceof errors.DrainingConnectionError)
    return unavailable('the connection to NATS is closed', error);
  if (isTransient(error)) return unavailable(`NATS did not confirm ${subject}`, error);
  return error;
}

function headersOf({ headers: given, msgId, afterSubjectSeq }: StoreRequest) {
  const headers = natsHeaders();
  for (const [name, value] of Object.entries(given ?? {})) if (value !== undefined) headers.set(name, value);
  if (msgId !== undefined) headers.set('Nats-Msg-Id', msgId);
  if (afterSubjectSeq !== undefined)
    headers.set('Nats-Expected-Last-Subject-Sequence', String(afterSubjectSeq));
  return headers;
}

/** A message id of fixed length and safe characters from any text. */
export const messageId = (...parts: readonly string[]): string => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:`).update(part);
  return hash.digest('base64url');
};
