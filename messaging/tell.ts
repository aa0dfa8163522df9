import type { NatsLink } from './connection.ts';
import { unavailable } from './nats-errors.ts';
import { isSafeReplyTo } from './reply-subject.ts';

const SEND_WITHIN_MS = 5_000;

/**
 * Core NATS, to those who listen; the flush proves that the server has it. A `replyTo` that is not safe gets nothing.
 * @throws NATS_UNAVAILABLE
 */
export async function tell(
  link: NatsLink,
  message: unknown,
  to: { readonly subject?: string; readonly replyTo: string | undefined },
): Promise<void> {
  await link.ready(SEND_WITHIN_MS);
  const text = JSON.stringify(message);
  if (to.subject !== undefined) link.nc.publish(to.subject, text);
  if (to.replyTo !== undefined && isSafeReplyTo(to.replyTo)) link.nc.publish(to.replyTo, text);
  else if (to.replyTo !== undefined)
    link.log.warn({ replyTo: to.replyTo }, 'no answer is sent to this subject');
  await flush(link);
}

async function flush(link: NatsLink): Promise<void> {
  let cancel = (): void => undefined;
  const late = new Promise<never>((_resolve, reject) => {
    cancel = link.clock.schedule(SEND_WITHIN_MS, () => reject(unavailable('NATS does not answer')));
  });
  try {
    await Promise.race([link.nc.flush(), late]);
  } finally {
    cancel();
  }
}
