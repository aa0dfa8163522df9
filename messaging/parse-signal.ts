import { z } from 'zod';
import { toFailure, TradewrightError } from '../contracts/errors.ts';
import { TraceParent } from '../contracts/envelope.ts';
import type { Delivery, ParsedSignal } from '../contracts/ports/messaging.ts';
import { SignalIn } from '../contracts/signal.ts';
import { fromSubjectToken } from '../contracts/symbol.ts';
import { parseOutsideJson } from './outside-json.ts';
import { isSafeReplyTo } from './reply-subject.ts';

export const SIGNAL_LIMIT_BYTES = 64 * 1024;

/** A symbol has 32 characters, each at most three in a token. */
const LONGEST_TOKEN = 96;

type Raw = Pick<Delivery, 'subject' | 'bytes' | 'headers'>;

/** A message of SIGNALS_IN as a signal. The symbol may be left to the subject and the id to `Nats-Msg-Id`. */
export function parseSignalIn(raw: Raw): ParsedSignal {
  const token = raw.subject.split('.')[2] ?? '';
  const ours = token.length <= LONGEST_TOKEN && fromSubjectToken(token) !== undefined;
  // A token that is not ours never comes back in a subject: a long one would end the connection.
  const symbolToken = ours ? token : 'unknown';
  let json: unknown;
  try {
    json = parseOutsideJson(raw.bytes, SIGNAL_LIMIT_BYTES);
    return { kind: 'signal', signal: toSignal(raw, json, token) };
  } catch (error) {
    const hints = Hints.safeParse(json).data ?? {};
    const replyTo = hints.replyTo !== undefined && isSafeReplyTo(hints.replyTo) ? hints.replyTo : undefined;
    const id = hints.id ?? raw.headers['nats-msg-id']?.slice(0, 128) ?? null;
    return { kind: 'refused', failure: toFailure(error), id, symbolToken, replyTo };
  }
}

/** What can be read of a refused signal, each by itself. */
const Hints = z.object({
  id: z.string().max(128).optional().catch(undefined),
  replyTo: z.string().max(256).optional().catch(undefined),
});

function toSignal(raw: Raw, json: unknown, token: string): SignalIn {
  const named = fromSubjectToken(token);
  const filled =
    json !== null && typeof json === 'object' && !Array.isArray(json)
      ? { ...fromHeaders(raw), ...(named === undefined ? {} : { symbol: named }), ...json }
      : json;
  const parsed = SignalIn.safeParse(filled);
  if (!parsed.success) throw invalid(z.prettifyError(parsed.error));
  const signal = parsed.data;
  if (named?.toUpperCase() !== signal.symbol) {
    throw invalid(`the subject ${raw.subject.slice(0, 120)} is not the one of symbol ${signal.symbol}`);
  }
  if (signal.replyTo !== undefined && !isSafeReplyTo(signal.replyTo)) {
    throw invalid('replyTo is not a plain NATS subject outside of ours');
  }
  return signal;
}

function fromHeaders(raw: Raw): { id?: string; traceparent?: string } {
  const id = raw.headers['nats-msg-id'];
  const trace = TraceParent.safeParse(raw.headers['traceparent']).data;
  return { ...(id === undefined ? {} : { id }), ...(trace === undefined ? {} : { traceparent: trace }) };
}

const invalid = (message: string): TradewrightError => new TradewrightError('INPUT_INVALID', message);
