import { z } from 'zod';
import { toFailure, TradewrightError } from '../contracts/errors.ts';
import { TraceParent } from '../contracts/envelope.ts';
import { taskIdFrom } from '../contracts/ids.ts';
import { Lane } from '../contracts/lanes.ts';
import type { Delivery, ParsedTask } from '../contracts/ports/messaging.ts';
import { PlainTask, Task, taskDefaults, TaskType } from '../contracts/task.ts';
import { parseOutsideJson } from './outside-json.ts';
import { isSafeReplyTo } from './reply-subject.ts';
import { messageId } from './store-message.ts';
import { journeyOf, sentAs } from './task-headers.ts';

export const TASK_LIMIT_BYTES = 256 * 1024;

type Raw = Pick<Delivery, 'subject' | 'bytes' | 'headers' | 'storedAt' | 'streamSeq'>;

/**
 * A stored message as a task. Only `payload` must be there: lane and type come from the subject, the key from
 * `Nats-Msg-Id` or else from the content, the rest from the defaults.
 */
export function parseTask(raw: Raw): ParsedTask {
  const journey = journeyOf(raw);
  try {
    return { kind: 'task', task: toTask(raw), journey };
  } catch (error) {
    return { kind: 'malformed', failure: toFailure(error), journey };
  }
}

function toTask(raw: Raw): Task {
  const place = parseTaskSubject(raw.subject);
  if (place === undefined) throw invalid(`${raw.subject} is not tasks.<lane>.<type>`);
  const json = parseOutsideJson(raw.bytes, TASK_LIMIT_BYTES);
  // Written by our own producer it is whole, and looked at once.
  const whole = Task.safeParse(json);
  const draft: z.ZodSafeParseResult<z.infer<typeof PlainTask>> = whole.success
    ? whole
    : PlainTask.safeParse(json);
  if (!draft.success) throw invalid(z.prettifyError(draft.error));
  const { data } = draft;
  if (data.payload === undefined) throw invalid('payload is missing');
  if ((data.lane ?? place.lane) !== place.lane || (data.type ?? place.type) !== place.type) {
    throw invalid(`lane or type differ from those of the subject ${raw.subject}`);
  }
  if (data.replyTo !== undefined && !isSafeReplyTo(data.replyTo)) {
    throw invalid('replyTo is not a plain NATS subject outside of ours');
  }
  if (whole.success) return whole.data;
  const dedupKey = data.dedupKey ?? keyFromHeader(raw) ?? `content:${messageId(raw.subject, hex(raw.bytes))}`;
  const trace = data.traceparent ?? TraceParent.safeParse(raw.headers['traceparent']).data;
  return Task.parse({
    ...data,
    schema: 'tradewright.task/1',
    id: data.id ?? taskIdFrom(dedupKey),
    ...place,
    createdAt: data.createdAt ?? raw.storedAt,
    dedupKey,
    maxRetries: data.maxRetries ?? taskDefaults.maxRetries,
    timeoutMs: data.timeoutMs ?? taskDefaults.timeoutMs,
    ...(trace === undefined ? {} : { traceparent: trace }),
  });
}

/** Lane and type of `tasks.<lane>.<type>`; undefined where it is not one. */
export function parseTaskSubject(subject: string): { lane: Lane; type: string } | undefined {
  const known = places.get(subject);
  if (known !== undefined) return known;
  const [first, second, third, ...rest] = subject.split('.');
  const lane = Lane.safeParse(second);
  const type = TaskType.safeParse(third);
  if (first !== 'tasks' || rest.length > 0 || !lane.success || !type.success) return undefined;
  const place = { lane: lane.data, type: type.data };
  if (places.size < MOST_PLACES) places.set(subject, place);
  return place;
}

/** Lanes times the types in use are few; strangers cannot make it grow without end. */
const places = new Map<string, { lane: Lane; type: string }>();
const MOST_PLACES = 1_000;

function keyFromHeader(raw: Raw): string | undefined {
  const id = sentAs(raw.headers);
  return id === undefined || id === '' || id.length > 200 ? undefined : `msg:${id}`;
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const invalid = (message: string): TradewrightError => new TradewrightError('INPUT_INVALID', message);
