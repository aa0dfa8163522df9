import { isDeepStrictEqual } from 'node:util';
import { JetStreamApiError, type StreamConfig } from '@nats-io/jetstream';
import { TradewrightError } from '../contracts/errors.ts';
import type { NatsLink } from './connection.ts';
import { apiErrorCode, apiErrors, isTransient, unavailable } from './nats-errors.ts';
import { streamLimits, streamPlans, type StreamLimits, type StreamPlan } from './stream-config.ts';

export interface StreamChange {
  readonly stream: string;
  readonly kind: 'created' | 'unchanged' | 'updated';
  readonly fields: readonly string[];
}

/** What the server never changes on an existing stream, or never takes back once set. */
const fixedFields: readonly string[] = ['retention', 'storage', 'deny_delete', 'deny_purge'];

/**
 * Makes every stream be there as planned: created, left alone, or updated to changed limits. May be called any number of
 * times and by several processes at once.
 * @throws STREAM_INCOMPATIBLE names the stream and the field; NATS_UNAVAILABLE
 */
export async function ensureStreams(
  link: NatsLink,
  limits: StreamLimits = streamLimits,
): Promise<readonly StreamChange[]> {
  const changes: StreamChange[] = [];
  for (const plan of streamPlans(limits)) {
    try {
      changes.push(await ensureStream(link, plan));
    } catch (error) {
      if (isTransient(error)) throw unavailable(`NATS did not answer for stream ${plan.name}`, error);
      throw error;
    }
  }
  return changes;
}

async function ensureStream(link: NatsLink, plan: StreamPlan): Promise<StreamChange> {
  const existing = await find(link, plan.name);
  if (existing === undefined) return create(link, plan);
  const fields = differences(existing, plan);
  if (fields.length === 0) return { stream: plan.name, kind: 'unchanged', fields };
  const fixed = fields.find((field) => fixedFields.includes(field));
  if (fixed !== undefined)
    throw incompatible(plan.name, [fixed], 'this cannot be changed on an existing stream');
  try {
    await link.jsm.streams.update(plan.name, { ...existing, ...plan });
  } catch (error) {
    if (error instanceof JetStreamApiError) throw incompatible(plan.name, fields, error.message, error);
    throw error;
  }
  link.log.info({ stream: plan.name, fields }, 'stream updated');
  return { stream: plan.name, kind: 'updated', fields };
}

async function find(link: NatsLink, name: string): Promise<StreamConfig | undefined> {
  try {
    return (await link.jsm.streams.info(name)).config;
  } catch (error) {
    if (apiErrorCode(error) === apiErrors.streamNotFound) return undefined;
    throw error;
  }
}

async function create(link: NatsLink, plan: StreamPlan): Promise<StreamChange> {
  try {
    await link.jsm.streams.add(plan);
  } catch (error) {
    if (apiErrorCode(error) === apiErrors.subjectsOverlap) {
      throw incompatible(plan.name, ['subjects'], 'another stream takes these subjects', error);
    }
    // Two processes that start together: the other one made it first.
    const now = error instanceof JetStreamApiError ? await find(link, plan.name) : undefined;
    if (now === undefined || differences(now, plan).length > 0) throw error;
  }
  link.log.info({ stream: plan.name }, 'stream created');
  return { stream: plan.name, kind: 'created', fields: [] };
}

function differences(existing: StreamConfig, plan: StreamPlan): string[] {
  const has = new Map<string, unknown>(Object.entries(existing));
  return Object.entries(plan)
    .filter(([field, wanted]) => !isDeepStrictEqual(has.get(field), wanted))
    .map(([field]) => field);
}

function incompatible(
  stream: string,
  fields: readonly string[],
  why: string,
  cause?: unknown,
): TradewrightError {
  return new TradewrightError('STREAM_INCOMPATIBLE', `stream ${stream}, ${fields.join(', ')}: ${why}`, {
    details: { stream, fields },
    ...(cause === undefined ? {} : { cause }),
  });
}
