import { TradewrightError } from '../contracts/errors.ts';
import { Lane } from '../contracts/lanes.ts';
import type { DeadLetters } from '../contracts/ports/messaging.ts';
import { streams, subjects } from '../contracts/subjects.ts';
import { DeadTask } from '../contracts/task.ts';
import type { NatsLink } from './connection.ts';
import { apiErrorCode, apiErrors, isFull, isTransient, unavailable } from './nats-errors.ts';
import { messageId, publishTimes, storeMessage, type PublishTimes } from './store-message.ts';

/** A dead task with its place in DEAD. */
export interface DeadEntry {
  readonly streamSeq: number;
  readonly lane: Lane;
  readonly type: string;
  readonly dead: DeadTask;
}

/** The dead-letter stream as a person works with it. */
export interface DeadLetterOffice extends DeadLetters {
  /** Entries after `afterSeq`, oldest first, at most `limit`. */
  list(afterSeq: number, limit: number): Promise<readonly DeadEntry[]>;
  get(streamSeq: number): Promise<DeadEntry | undefined>;
  /** Puts the original back where it was and takes the entry away. @throws NOT_FOUND, QUEUE_FULL, NATS_UNAVAILABLE */
  replay(streamSeq: number): Promise<void>;
  /** Takes one entry away, or all; gives how many. */
  purge(streamSeq?: number): Promise<number>;
}

export function deadLetters(link: NatsLink, times: PublishTimes = publishTimes): DeadLetterOffice {
  const office: DeadLetterOffice = {
    async publish(dead, lane, type) {
      const bytes = JSON.stringify(DeadTask.parse(dead));
      // The same death reported twice (its ack got lost in between) is one entry.
      const msgId = messageId('dead', dead.subject, dead.original, String(dead.firstSeenAt));
      try {
        return await storeMessage(link, { subject: subjects.dead(lane, type), bytes, msgId, times });
      } catch (error) {
        if (!isFull(error)) throw error;
        throw new TradewrightError('QUEUE_FULL', 'the dead-letter stream is full', { cause: error });
      }
    },
    async list(afterSeq, limit) {
      const { state } = await answered(link.jsm.streams.info(streams.dead));
      const entries: DeadEntry[] = [];
      for (let seq = Math.max(afterSeq + 1, state.first_seq); seq <= state.last_seq; seq++) {
        if (entries.length >= limit) break;
        const entry = await office.get(seq);
        if (entry !== undefined) entries.push(entry);
      }
      return entries;
    },
    async get(streamSeq) {
      const message = await answered(link.jsm.streams.getMessage(streams.dead, { seq: streamSeq })).catch(
        notFoundIsNull,
      );
      return message === null ? undefined : toEntry(message.subject, message.seq, message.data);
    },
    async replay(streamSeq) {
      const entry = await office.get(streamSeq);
      if (entry === undefined) throw new TradewrightError('NOT_FOUND', `no dead letter ${streamSeq}`);
      try {
        await storeMessage(link, {
          subject: entry.dead.subject,
          bytes: Buffer.from(entry.dead.original, 'base64'),
          // Apart from the first life's id, which the dedup window may still hold; one replay of an entry is one task.
          msgId: messageId('replay', String(streamSeq), String(entry.dead.diedAt)),
          times,
        });
      } catch (error) {
        if (isFull(error))
          throw new TradewrightError('QUEUE_FULL', 'the task queue is full', { cause: error });
        throw error;
      }
      await office.purge(streamSeq);
    },
    async purge(streamSeq) {
      if (streamSeq === undefined) return (await answered(link.jsm.streams.purge(streams.dead))).purged;
      if ((await office.get(streamSeq)) === undefined) return 0;
      return (await answered(link.jsm.streams.deleteMessage(streams.dead, streamSeq))) ? 1 : 0;
    },
  };
  return office;
}

function toEntry(subject: string, streamSeq: number, data: Uint8Array): DeadEntry | undefined {
  const [, lane, type = ''] = subject.split('.');
  const dead = DeadTask.safeParse(readJson(data));
  const inLane = Lane.safeParse(lane);
  if (!dead.success || !inLane.success) return undefined;
  return { streamSeq, lane: inLane.data, type, dead: dead.data };
}

function readJson(data: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(data).toString('utf8'));
  } catch {
    return undefined;
  }
}

async function answered<T>(request: Promise<T>): Promise<T> {
  try {
    return await request;
  } catch (error) {
    if (isTransient(error)) throw unavailable('NATS does not answer about dead letters', error);
    throw error;
  }
}

const missing: readonly number[] = [apiErrors.messageNotFound, apiErrors.sequenceNotFound];
function notFoundIsNull(error: unknown): null {
  if (missing.includes(apiErrorCode(error) ?? 0)) return null;
  throw error;
}
