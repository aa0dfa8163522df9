import { headers as natsHeaders } from '@nats-io/transport-node';
import { type JsMsg, type Consumer, type ConsumerMessages, DeliverPolicy } from '@nats-io/jetstream';
import { toFailure, TradewrightError } from '../contracts/errors.ts';
import type { WorkflowId } from '../contracts/ids.ts';
import { delay } from '../contracts/ports/clock.ts';
import type { EventFeed } from '../contracts/ports/messaging.ts';
import { streams, subjects } from '../contracts/subjects.ts';
import { type SealedCommit, WorkflowEventBatch } from '../contracts/workflow-event.ts';
import type { NatsLink } from './connection.ts';
import { apiErrorCode, apiErrors, isTransient, unavailable } from './nats-errors.ts';
import { publishFailure, publishTimes, type PublishTimes } from './store-message.ts';

/** Read ahead of a slow reader, in messages. */
const READ_AHEAD = 64;
const PAUSE_MS = 250;

export function eventFeed(link: NatsLink, times: PublishTimes = publishTimes): EventFeed {
  return {
    append: (commits, afterStreamSeq) => append(link, times, commits, afterStreamSeq),
    follow: (workflowId, signal) => follow(link, workflowId, signal),
    async end() {
      await link.ready(times.deadlineMs);
      try {
        const { state } = await link.jsm.streams.info(streams.events);
        return { commit: await lastCommit(link), streamSeq: state.last_seq };
      } catch (error) {
        if (isTransient(error)) throw unavailable('the end of EVENTS cannot be read', error);
        throw error;
      }
    },
  };
}

/**
 * Each message names the one it must follow, so when the last one is stored, so are all before it: only the last one is answered, and a
 * message that comes late, or a second time, is refused.
 */
async function append(
  link: NatsLink,
  times: PublishTimes,
  commits: readonly SealedCommit[],
  afterStreamSeq: number,
): Promise<void> {
  await link.ready(times.deadlineMs);
  const last = commits.length - 1;
  try {
    for (const [index, { workflowId, json }] of commits.entries()) {
      const subject = subjects.events(workflowId);
      const headers = natsHeaders();
      headers.set('Nats-Expected-Last-Sequence', String(afterStreamSeq + index));
      if (index < last) link.nc.publish(subject, json, { headers });
      else await link.publisher.publish(subject, json, headers, times.attemptMs);
    }
  } catch (error) {
    if (apiErrorCode(error) === apiErrors.wrongLastSequence) {
      const detail = `EVENTS did not end at ${afterStreamSeq}`;
      throw new TradewrightError('EVENTS_OUT_OF_ORDER', detail, { cause: error });
    }
    throw publishFailure(error, 'events');
  }
}

async function lastCommit(link: NatsLink): Promise<number> {
  try {
    const query = { last_by_subj: 'events.*' };
    const message = await link.jsm.streams.getMessage(streams.events, query);
    return message === null ? 0 : (parseBatch(link, message)?.commit ?? Infinity);
  } catch (error) {
    if (apiErrorCode(error) === apiErrors.messageNotFound) return 0;
    throw error;
  }
}

/** Opens an ordered consumer, and another one after the last message given whenever it ends. */
async function* follow(
  link: NatsLink,
  workflowId: WorkflowId,
  signal: AbortSignal,
): AsyncGenerator<WorkflowEventBatch, void, undefined> {
  let lastStreamSeq = 0;
  let lastEventSeq = 0;
  while (!signal.aborted) {
    let consumer: Consumer | undefined;
    let messages: ConsumerMessages | undefined;
    const close = (): void => void messages?.close();
    signal.addEventListener('abort', close, { once: true });
    try {
      consumer = await consumerFrom(link, workflowId, lastStreamSeq + 1);
      messages = await consumer.consume({ max_messages: READ_AHEAD });
      if (signal.aborted) return;
      for await (const message of messages) {
        lastStreamSeq = message.seq;
        const batch = parseBatch(link, message);
        const seq = batch?.events.at(-1)?.seq ?? 0;
        // A batch sent again beyond the dedup window is stored twice; nobody sees it twice.
        if (batch === undefined || seq <= lastEventSeq) continue;
        lastEventSeq = seq;
        yield batch;
        if (signal.aborted) return;
      }
    } catch (error) {
      if (link.nc.isClosed() || link.nc.isDraining())
        throw unavailable('the connection to NATS is closed', error);
      link.log.warn({ workflowId, error: toFailure(error) }, 'following events was interrupted');
    } finally {
      signal.removeEventListener('abort', close);
      await messages?.close();
      // The server would keep it for minutes more.
      await consumer?.delete().catch(() => undefined);
    }
    if (link.nc.isClosed()) return;
    await delay(link.clock, PAUSE_MS, signal).catch(() => undefined);
  }
}

function consumerFrom(link: NatsLink, workflowId: WorkflowId, fromSeq: number): Promise<Consumer> {
  return link.js.consumers.get(streams.events, {
    filter_subjects: subjects.events(workflowId),
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: fromSeq,
  });
}

function parseBatch(link: NatsLink, message: Pick<JsMsg, 'seq' | 'json'>): WorkflowEventBatch | undefined {
  try {
    return WorkflowEventBatch.parse(message.json());
  } catch (error) {
    link.log.error(
      { streamSeq: message.seq, error: toFailure(error) },
      'a message of EVENTS is no event batch',
    );
    return undefined;
  }
}
