import { toFailure } from '../contracts/errors.ts';
import { delay } from '../contracts/ports/clock.ts';
import type { Delivery, SignalInbox } from '../contracts/ports/messaging.ts';
import { streams } from '../contracts/subjects.ts';
import type { NatsLink } from './connection.ts';
import { pullConsumer } from './pull-consumer.ts';

export interface InboxOptions {
  readonly ackWaitMs: number;
  readonly batch: number;
}
export const inboxDefaults: InboxOptions = { ackWaitMs: 30_000, batch: 16 };

const WAIT_MS = 5_000;
const RETRY_DELAY_MS = 1_000;
const PAUSE_MS = 250;

export function signalInbox(link: NatsLink, options: InboxOptions = inboxDefaults): SignalInbox {
  const consumer = pullConsumer(link, {
    stream: streams.signalsIn,
    durable: 'signal-inbox',
    filter: 'signals.in.*',
    ackWaitMs: options.ackWaitMs,
    maxAckPending: options.batch * 4,
  });
  return {
    async consume(handle, signal) {
      while (!signal.aborted) {
        try {
          for (const delivery of await consumer.pull(options.batch, WAIT_MS, signal)) {
            if (signal.aborted) delivery.retry(0);
            else await handleOne(link, delivery, handle);
          }
        } catch (error) {
          if (signal.aborted) return;
          link.log.warn({ error: toFailure(error) }, 'reading incoming signals failed; trying again');
          await delay(link.clock, PAUSE_MS, signal).catch(() => undefined);
        }
      }
    },
  };
}

async function handleOne(
  link: NatsLink,
  delivery: Delivery,
  handle: (delivery: Delivery) => Promise<void>,
): Promise<void> {
  try {
    await handle(delivery);
  } catch (error) {
    link.log.warn(
      { error: toFailure(error), streamSeq: delivery.streamSeq },
      'a signal could not be taken yet',
    );
    delivery.retry(RETRY_DELAY_MS);
  }
}
