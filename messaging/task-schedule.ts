import { toFailure, TradewrightError } from '../contracts/errors.ts';
import { delay } from '../contracts/ports/clock.ts';
import type { Delivery } from '../contracts/ports/messaging.ts';
import type { TaskSchedule } from '../contracts/ports/task-store.ts';
import { streams, subjects } from '../contracts/subjects.ts';
import type { NatsLink } from './connection.ts';
import { isFull, isMissing, isTransient, unavailable } from './nats-errors.ts';
import { headerRecord } from './delivery.ts';
import { parseTask, parseTaskSubject } from './parse-task.ts';
import { pullConsumer } from './pull-consumer.ts';
import { messageId, storeMessage, type PublishTimes } from './store-message.ts';
import { travelHeaders } from './task-headers.ts';

/** Beside the message itself, while it waits: until when, and where it goes then. */
const DUE = 'tradewright-due';
const TO = 'tradewright-to';

export const scheduleHeaders = (dueAt: number, to: string): Record<string, string> => ({
  [DUE]: String(Math.ceil(dueAt)),
  [TO]: to,
});

const BATCH = 100;
const WAIT_MS = 5_000;
/** A restart of the server forgets until when a message was put back: it comes again after that long. */
const ACK_WAIT_MS = 2_000;
const PAUSE_MS = 500;

/**
 * Delayed messages in a stream of their own. Each is taken, put back until it is due, then moved to its lane under a message id of its own:
 * moved twice, it is stored once. The server keeps the times; no worker needs to remember anything.
 */
export function taskSchedule(link: NatsLink, times: PublishTimes): TaskSchedule {
  const consumer = pullConsumer(link, {
    stream: streams.schedule,
    durable: 'scheduler',
    filter: 'schedule.*',
    ackWaitMs: ACK_WAIT_MS,
    // Those that wait for their time are all taken and not ended.
    maxAckPending: -1,
  });
  const move = async (delivery: Delivery): Promise<void> => {
    const dueAt = Number(delivery.headers[DUE]);
    const to = delivery.headers[TO] ?? '';
    const leftMs = dueAt - link.clock.now();
    if (leftMs > 0) return delivery.retry(leftMs);
    if (parseTaskSubject(to) === undefined || Number.isNaN(dueAt)) {
      link.log.error({ streamSeq: delivery.streamSeq, to }, 'a delayed message of no known form is dropped');
      return delivery.discard();
    }
    await storeMessage(link, {
      subject: to,
      bytes: delivery.bytes,
      msgId: `due:${delivery.streamSeq}:${delivery.storedAt}`,
      headers: travelHeaders(delivery),
      times,
    });
    await delivery.ack();
  };
  return {
    async defer(delivery, taskId, dueAt, attempts) {
      try {
        await storeMessage(link, {
          subject: subjects.scheduled(taskId),
          bytes: delivery.bytes,
          msgId: messageId(
            'defer',
            String(delivery.streamSeq),
            String(delivery.deliveryCount),
            String(delivery.storedAt),
          ),
          headers: {
            ...travelHeaders(delivery, { attempts }),
            ...scheduleHeaders(dueAt, delivery.subject),
          },
          times,
        });
      } catch (error) {
        if (isFull(error))
          throw new TradewrightError('QUEUE_FULL', 'the schedule of delayed tasks is full', { cause: error });
        throw error;
      }
    },
    async remove(taskId) {
      try {
        const message = await link.jsm.streams.getMessage(streams.schedule, {
          last_by_subj: subjects.scheduled(taskId),
        });
        if (message === null) return undefined;
        if (!(await link.jsm.streams.deleteMessage(streams.schedule, message.seq, false))) return undefined;
        const headers = headerRecord(message.header);
        return parseTask({
          subject: headers[TO] ?? '',
          bytes: message.data,
          headers,
          storedAt: message.time.getTime(),
          streamSeq: message.seq,
        });
      } catch (error) {
        if (isMissing(error)) return undefined;
        if (isTransient(error)) throw unavailable('NATS does not answer about delayed tasks', error);
        throw error;
      }
    },
    async run(signal) {
      while (!signal.aborted) {
        try {
          for (const delivery of await consumer.pull(BATCH, WAIT_MS, signal)) {
            await move(delivery).catch((error: unknown) => {
              link.log.warn({ error: toFailure(error) }, 'a delayed task could not be moved yet');
              delivery.retry(PAUSE_MS);
            });
          }
        } catch (error) {
          if (signal.aborted) return;
          link.log.warn({ error: toFailure(error) }, 'reading delayed tasks failed; trying again');
          await delay(link.clock, PAUSE_MS, signal).catch(() => undefined);
        }
      }
    },
  };
}
