import type { NatsLink } from './connection.ts';
import { apiErrorCode, apiErrors, isTransient, unavailable } from './nats-errors.ts';
import { storeMessage, type PublishTimes } from './store-message.ts';

/** Of a subject that keeps its last message only. */
export interface LastValue {
  readonly json: unknown;
  readonly streamSeq: number;
}

/** @throws NATS_UNAVAILABLE */
export async function lastValue(
  link: NatsLink,
  stream: string,
  subject: string,
): Promise<LastValue | undefined> {
  try {
    const message = await link.jsm.direct.getMessage(stream, { last_by_subj: subject });
    return message === null ? undefined : { json: readJson(message.data), streamSeq: message.seq };
  } catch (error) {
    if (isTransient(error)) throw unavailable(`NATS does not answer about ${subject}`, error);
    return undefined;
  }
}

/** Durable when it resolves. @throws NATS_UNAVAILABLE */
export async function putValue(
  link: NatsLink,
  subject: string,
  value: unknown,
  times: PublishTimes,
): Promise<void> {
  await storeMessage(link, { subject, bytes: JSON.stringify(value), times });
}

/** Only when the subject's last message is still `revision` (0: none); gives the new one, undefined where it is another. */
export async function exchangeValue(
  link: NatsLink,
  subject: string,
  value: unknown,
  revision: number,
  times: PublishTimes,
): Promise<number | undefined> {
  try {
    const bytes = JSON.stringify(value);
    return (await storeMessage(link, { subject, bytes, afterSubjectSeq: revision, times })).streamSeq;
  } catch (error) {
    if (apiErrorCode(error) === apiErrors.wrongLastSequence) return undefined;
    throw error;
  }
}

export function readJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return undefined;
  }
}
