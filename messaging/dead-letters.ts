import { TradewrightError } from '../contracts/errors.ts';
import { Lane } from '../contracts/lanes.ts';
import type { DeadEntry, DeadFilter, DeadLetterOffice } from '../contracts/ports/task-store.ts';
import { streams, subjects } from '../contracts/subjects.ts';
import { DeadTask, TaskType } from '../contracts/task.ts';
import type { NatsLink } from './connection.ts';
import { readJson } from './last-value.ts';
import { isFull, isMissing, isTransient, unavailable } from './nats-errors.ts';
import { messageId, publishTimes, storeMessage, type PublishTimes } from './store-message.ts';
import { taskHeaders } from './task-headers.ts';

/** How often a dead letter may come back before a person has to insist. */
export const MOST_REPLAYS = 3;

export function deadLetters(link: NatsLink, times: PublishTimes = publishTimes): DeadLetterOffice {
  const office: DeadLetterOffice = {
    async publish(dead, lane, type) {
      const bytes = JSON.stringify(DeadTask.parse(dead));
      // The same death reported twice (its ack got lost in between) is one entry.
      const msgId = messageId(
        'dead',
        dead.subject,
        dead.original,
        String(dead.firstSeenAt),
        String(dead.replays),
      );
      try {
        return await storeMessage(link, { subject: subjects.dead(lane, type), bytes, msgId, times });
      } catch (error) {
        if (!isFull(error)) throw error;
        throw new TradewrightError('QUEUE_FULL', 'the dead-letter stream is full', { cause: error });
      }
    },
    async list(afterSeq, limit, filter = {}) {
      const entries: DeadEntry[] = [];
      let next = afterSeq;
      for await (const entry of walk(afterSeq, filter)) {
        if (entries.length >= limit) return { entries, next };
        entries.push(entry);
        next = entry.streamSeq;
      }
      return { entries, next: undefined };
    },
    async get(streamSeq) {
      const message = await answered(link.jsm.streams.getMessage(streams.dead, { seq: streamSeq })).catch(
        notFoundIsNull,
      );
      return message === null ? undefined : toEntry(message.subject, message.seq, message.data);
    },
    async replay(streamSeq, force = false) {
      const entry = await office.get(streamSeq);
      if (entry === undefined) throw new TradewrightError('NOT_FOUND', `no dead letter ${streamSeq}`);
      if (isCapped(entry, force)) {
        throw new TradewrightError(
          'REPLAY_CAPPED',
          `dead letter ${streamSeq} has come back ${entry.dead.replays} times already`,
          { details: { replays: entry.dead.replays, cap: MOST_REPLAYS } },
        );
      }
      await putBack(entry);
    },
    async replayAll(filter, limit, force = false) {
      const outcome = { replayed: 0, capped: 0, left: 0 };
      // Those that die again meanwhile come after the last one of now.
      const last = (await answered(link.jsm.streams.info(streams.dead))).state.last_seq;
      let full = false;
      for await (const entry of walk(0, filter)) {
        if (entry.streamSeq > last) break;
        if (isCapped(entry, force)) outcome.capped += 1;
        else if (full || outcome.replayed >= limit) outcome.left += 1;
        else {
          full = !(await putBack(entry).then(() => true, fullIsFalse));
          if (full) outcome.left += 1;
          else outcome.replayed += 1;
        }
      }
      return outcome;
    },
    async purge(streamSeq) {
      const gone = answered(link.jsm.streams.deleteMessage(streams.dead, streamSeq));
      return (await gone.catch(notFoundIsNull)) ?? false;
    },
    async purgeAll(filter) {
      if (Object.values(filter).every((wanted) => wanted === undefined))
        return (await answered(link.jsm.streams.purge(streams.dead))).purged;
      let purged = 0;
      for await (const { streamSeq } of walk(0, filter)) if (await office.purge(streamSeq)) purged += 1;
      return purged;
    },
  };
  return office;

  /** Stored under an id of this entry before it is taken away: whatever happens in between, it is one task. */
  async function putBack({ streamSeq, dead }: DeadEntry): Promise<void> {
    const key = dead.task?.dedupKey;
    try {
      await storeMessage(link, {
        subject: dead.subject,
        bytes: Buffer.from(dead.original, 'base64'),
        // Apart from the first life's id, which the dedup window may still hold.
        msgId: messageId('replay', String(streamSeq), String(dead.diedAt)),
        headers: {
          [taskHeaders.replays]: String(dead.replays + 1),
          [taskHeaders.origin]: dead.origin,
          [taskHeaders.messageId]: key?.startsWith('msg:') ? key.slice('msg:'.length) : undefined,
        },
        times,
      });
    } catch (error) {
      if (isFull(error)) throw new TradewrightError('QUEUE_FULL', 'the task queue is full', { cause: error });
      throw error;
    }
    await office.purge(streamSeq);
  }

  async function* walk(afterSeq: number, filter: DeadFilter): AsyncGenerator<DeadEntry> {
    const type = TaskType.safeParse(filter.type).data;
    if (filter.type !== undefined && type === undefined) return;
    const subject = `dead.${filter.lane ?? '*'}.${type ?? '*'}`;
    for (let seq = afterSeq + 1; ;) {
      const message = await nextMessage(subject, seq);
      if (message === null) return;
      seq = message.seq + 1;
      const entry = toEntry(message.subject, message.seq, message.data);
      if (entry !== undefined && fits(entry, filter)) yield entry;
    }
  }

  async function nextMessage(subject: string, seq: number) {
    try {
      return await link.jsm.direct.getMessage(streams.dead, { seq, next_by_subj: subject });
    } catch (error) {
      if (isTransient(error)) throw unavailable('NATS does not answer about dead letters', error);
      return null;
    }
  }
}

const isCapped = ({ dead }: DeadEntry, force: boolean): boolean => !force && dead.replays >= MOST_REPLAYS;

function fits({ dead }: DeadEntry, { code, diedFrom, diedBefore }: DeadFilter): boolean {
  return (
    (code === undefined || dead.cause.code === code) &&
    (diedFrom === undefined || dead.diedAt >= diedFrom) &&
    (diedBefore === undefined || dead.diedAt < diedBefore)
  );
}

function toEntry(subject: string, streamSeq: number, data: Uint8Array): DeadEntry | undefined {
  const [, lane, type = ''] = subject.split('.');
  const dead = DeadTask.safeParse(readJson(data));
  const inLane = Lane.safeParse(lane);
  if (!dead.success || !inLane.success) return undefined;
  return { streamSeq, lane: inLane.data, type, dead: dead.data };
}

async function answered<T>(request: Promise<T>): Promise<T> {
  try {
    return await request;
  } catch (error) {
    if (isTransient(error)) throw unavailable('NATS does not answer about dead letters', error);
    throw error;
  }
}

function notFoundIsNull(error: unknown): null {
  if (isMissing(error)) return null;
  throw error;
}

function fullIsFalse(error: unknown): false {
  if (error instanceof TradewrightError && error.code === 'QUEUE_FULL') return false;
  throw error;
}
