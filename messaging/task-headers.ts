import type { TaskJourney } from '../contracts/ports/messaging.ts';

/** What a task takes along when its message is stored anew: names as the server delivers them, in lower case. */
export const taskHeaders = {
  /** Attempts that failed so far. */
  attempts: 'tradewright-attempts',
  /** Which message it was at first, and when that was stored. */
  origin: 'tradewright-origin',
  /** How often it has come back from the dead letters. */
  replays: 'tradewright-replays',
  /** Of the message as it was sent: where a task has no key of its own, its key comes from there. */
  messageId: 'tradewright-message-id',
  traceparent: 'traceparent',
} as const;

interface Stored {
  readonly headers: Readonly<Record<string, string>>;
  readonly streamSeq: number;
  readonly storedAt: number;
}

/** What of a message's headers goes on with it, with what has changed. */
export function travelHeaders(
  stored: Stored,
  changed: { readonly attempts?: number; readonly replays?: number } = {},
): Record<string, string | undefined> {
  const { headers } = stored;
  const { attempts, origin, replays } = journeyOf(stored);
  return {
    [taskHeaders.attempts]: String(changed.attempts ?? attempts),
    [taskHeaders.origin]: origin,
    [taskHeaders.replays]: String(changed.replays ?? replays),
    [taskHeaders.messageId]: sentAs(headers),
    [taskHeaders.traceparent]: headers[taskHeaders.traceparent],
  };
}

/** The message id that its sender gave it. */
export const sentAs = (headers: Stored['headers']): string | undefined =>
  headers[taskHeaders.messageId] ?? headers['nats-msg-id'];

/** What a message says of its earlier lives. */
export function journeyOf({ headers, streamSeq, storedAt }: Stored): TaskJourney {
  const origin = /^\d{1,16}@(\d{1,16})$/.exec(headers[taskHeaders.origin] ?? '');
  return {
    attempts: count(headers[taskHeaders.attempts]),
    replays: count(headers[taskHeaders.replays]),
    origin: origin?.[0] ?? `${streamSeq}@${storedAt}`,
    firstStoredAt: origin === null ? storedAt : Math.min(Number(origin[1]), storedAt),
  };
}

function count(text: string | undefined): number {
  return text !== undefined && /^\d{1,6}$/.test(text) ? Number(text) : 0;
}
