import type { WsMessage } from '../../contracts/api.ts';
import { TradewrightError } from '../../contracts/errors.ts';
import type { WorkflowId } from '../../contracts/ids.ts';
import { type Clock, delay } from '../../contracts/ports/clock.ts';
import type { Log } from '../../contracts/ports/log.ts';
import type { EventFeed } from '../../contracts/ports/messaging.ts';

export interface EventPump {
  readonly events: EventFeed;
  readonly workflowId: WorkflowId;
  readonly afterSeq: number;
  /** False once the subscription has ended. */
  readonly send: (text: string) => Promise<boolean>;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}

const firstPauseMs = 100;
const longestPauseMs = 5_000;
/** The feed is a copy that catches up; a gap that is still there after so many readings is one for good. */
const readingsOfAGap = 5;

/**
 * Sends a workflow's events in order, without gaps, each once, until the signal aborts. A feed that breaks off is opened
 * again: it always starts with the first event, so what was sent before is passed over.
 * @throws FEED_GAP when events are missing from the feed for good
 */
export async function pumpEvents(pump: EventPump): Promise<void> {
  const { workflowId, clock, log, signal } = pump;
  let lastSeq = pump.afterSeq;
  let failures = 0;
  while (!signal.aborted) {
    const before = lastSeq;
    let cause: unknown;
    try {
      for await (const seq of sendFrom(pump, lastSeq)) lastSeq = seq;
    } catch (error) {
      cause = error;
    }
    if (signal.aborted) return;
    failures = lastSeq > before ? 1 : failures + 1;
    const gap = cause instanceof TradewrightError && cause.code === 'FEED_GAP' ? cause : undefined;
    if (gap !== undefined && failures >= readingsOfAGap) throw gap;
    log.warn({ workflowId, lastSeq, failures, err: cause }, 'event feed broke off, opening it again');
    const pauseMs = Math.min(firstPauseMs * 2 ** (failures - 1), longestPauseMs);
    await delay(clock, pauseMs, signal).catch(() => undefined);
  }
}

async function* sendFrom(pump: EventPump, afterSeq: number): AsyncGenerator<number> {
  const { events, workflowId, send, signal } = pump;
  let lastSeq = afterSeq;
  for await (const batch of events.follow(workflowId, signal)) {
    for (const event of batch.events) {
      if (event.seq <= lastSeq) continue;
      if (event.seq !== lastSeq + 1) {
        throw new TradewrightError('FEED_GAP', `event ${lastSeq + 1} of ${workflowId} is missing`, {
          details: { workflowId, missingSeq: lastSeq + 1, nextSeq: event.seq },
        });
      }
      const message: WsMessage = { type: 'event', event };
      if (!(await send(JSON.stringify(message)))) return;
      lastSeq = event.seq;
      yield lastSeq;
    }
  }
}
