import { TradewrightError } from '../contracts/errors.ts';
import type { SignalOutbox } from '../contracts/ports/messaging.ts';
import { SignalOut } from '../contracts/signal.ts';
import { streams, subjects } from '../contracts/subjects.ts';
import { canonicalJson } from './canonical-json.ts';
import type { NatsLink } from './connection.ts';
import { apiErrorCode, apiErrors, isFull, isTransient, unavailable } from './nats-errors.ts';
import { parseOutsideJson } from './outside-json.ts';
import { SIGNAL_LIMIT_BYTES } from './parse-signal.ts';
import { tell } from './tell.ts';
import { publishTimes, storeMessage, type PublishTimes } from './store-message.ts';

export function signalOutbox(link: NatsLink, times: PublishTimes = publishTimes): SignalOutbox {
  const outbox: SignalOutbox = {
    async publish(draft) {
      const signal = SignalOut.parse(draft);
      const subject = subjects.signalOutbox(signal.symbol, signal.strategyId, signal.signalId);
      try {
        // No message id: the subject itself refuses the second one, beyond any dedup window.
        const { streamSeq } = await storeMessage(link, {
          subject,
          bytes: JSON.stringify(signal),
          headers: { traceparent: signal.traceparent },
          times,
        });
        return { kind: 'stored', streamSeq };
      } catch (error) {
        if (!isFull(error)) throw error;
        return settleRefusal(await lastStored(link, subject), signal, error);
      }
    },
    async stored(signal) {
      const subject = subjects.signalOutbox(signal.symbol, signal.strategyId, signal.signalId);
      return (await lastStored(link, subject))?.signal;
    },
    reject: (symbolToken, rejected, replyTo) =>
      tell(link, rejected, { subject: subjects.signalRejected(symbolToken), replyTo }),
    answer: (answer, replyTo) => tell(link, answer, { replyTo }),
  };
  return outbox;
}

interface StoredSignal {
  readonly signal: SignalOut;
  readonly streamSeq: number;
}

/** A refused publish means "taken" or "full": what is stored under the subject tells which. */
function settleRefusal(
  stored: StoredSignal | undefined,
  signal: SignalOut,
  cause: unknown,
): { kind: 'already'; streamSeq: number } {
  if (stored === undefined) {
    throw new TradewrightError('SIGNAL_STORE_FULL', 'the signal stream takes no more', { cause });
  }
  if (contentOf(stored.signal) === contentOf(signal)) return { kind: 'already', streamSeq: stored.streamSeq };
  throw new TradewrightError('SIGNAL_CONFLICT', `another content is stored under ${signal.signalId}`, {
    details: { signalId: signal.signalId, streamSeq: stored.streamSeq },
  });
}

/** The trace context tells which run sent it, not what it says. */
const contentOf = (signal: SignalOut): string => canonicalJson({ ...signal, traceparent: undefined });

async function lastStored(link: NatsLink, subject: string): Promise<StoredSignal | undefined> {
  try {
    const message = await link.jsm.streams.getMessage(streams.signals, { last_by_subj: subject });
    if (message === null) return undefined;
    return { signal: parseStored(message.data, subject), streamSeq: message.seq };
  } catch (error) {
    if (apiErrorCode(error) === apiErrors.messageNotFound) return undefined;
    if (isTransient(error)) throw unavailable('the stored signal cannot be read', error);
    throw error;
  }
}

function parseStored(bytes: Uint8Array, subject: string): SignalOut {
  try {
    return SignalOut.parse(parseOutsideJson(bytes, SIGNAL_LIMIT_BYTES));
  } catch (error) {
    throw new TradewrightError('SIGNAL_CONFLICT', `what is stored on ${subject} is no signal of ours`, {
      cause: error,
    });
  }
}
