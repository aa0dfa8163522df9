import { createHash, randomUUID } from 'node:crypto';
import { z } from 'zod';

/** Ids are a prefix and 26 characters of lower-case base 32 (130 bits). */
const idOf = <const P extends string, const B extends string>(prefix: P, brand: B) =>
  z
    .string()
    .regex(
      new RegExp(`^${prefix}_[a-z2-7]{26}$`),
      `expected an id like ${prefix}_ and 26 characters of a–z, 2–7`,
    )
    .brand(brand);

export const WorkflowId = idOf('wf', 'WorkflowId');
export const TaskId = idOf('tk', 'TaskId');
export const EventId = idOf('ev', 'EventId');
export const SignalId = idOf('sg', 'SignalId');
export const StrategyId = idOf('st', 'StrategyId');
export const ReservationId = idOf('rs', 'ReservationId');
/** Of one call of the model. */
export const TraceId = idOf('tr', 'TraceId');
/** Of one program that is run without a workflow. */
export const RunId = idOf('rn', 'RunId');

export type WorkflowId = z.infer<typeof WorkflowId>;
export type TaskId = z.infer<typeof TaskId>;
export type EventId = z.infer<typeof EventId>;
export type SignalId = z.infer<typeof SignalId>;
export type StrategyId = z.infer<typeof StrategyId>;
export type ReservationId = z.infer<typeof ReservationId>;
export type TraceId = z.infer<typeof TraceId>;
export type RunId = z.infer<typeof RunId>;

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';

function base32(bytes: Uint8Array, length: number): string {
  let out = '';
  let buffer = 0;
  let bits = 0;
  for (const byte of bytes) {
    buffer = (buffer << 8) | byte;
    bits += 8;
    while (bits >= 5 && out.length < length) {
      bits -= 5;
      out += alphabet[(buffer >>> bits) & 31] ?? '';
    }
    buffer &= (1 << bits) - 1;
  }
  return out;
}

/** The id that these parts always give: SHA-256 over the parts, each with its length before it. */
function derived(prefix: string, parts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:`).update(part);
  return `${prefix}_${base32(hash.digest(), 26)}`;
}

export const workflowIdFrom = (dedupKey: string): WorkflowId =>
  WorkflowId.parse(derived('wf', ['workflow', dedupKey]));
export const taskIdFrom = (dedupKey: string): TaskId => TaskId.parse(derived('tk', ['task', dedupKey]));
export const strategyIdFrom = (workflowId: WorkflowId): StrategyId =>
  StrategyId.parse(derived('st', ['strategy', workflowId]));
export const reservationIdFrom = (idempotencyKey: string): ReservationId =>
  ReservationId.parse(derived('rs', ['reservation', idempotencyKey]));
export const runIdFrom = (key: string): RunId => RunId.parse(derived('rn', ['run', key]));
export const traceIdFrom = (key: string): TraceId => TraceId.parse(derived('tr', ['trace', key]));
/** 95 bits of the workflow's id and 35 of the event's place in it: unique without a hash for every event. */
export function eventIdFrom(workflowId: WorkflowId, seq: number): EventId {
  let place = '';
  for (let left = seq; place.length < 7; left = Math.floor(left / 32))
    place = alphabet.charAt(left % 32) + place;
  return `ev_${workflowId.slice(3, 22)}${place}` as EventId;
}

/** The identity of an outgoing signal: what would be the same trade twice has the same id. */
export function signalIdFrom(identity: {
  strategyId: StrategyId;
  version: number;
  symbol: string;
  timeframe: string;
  barTime: string;
  action: string;
  /** A paper signal must not take the place of a live one. */
  mode: string;
}): SignalId {
  const { strategyId, version, symbol, timeframe, barTime, action, mode } = identity;
  return SignalId.parse(
    derived('sg', [strategyId, String(version), symbol, timeframe, barTime, action, mode]),
  );
}

/** A fresh random key, for callers that give no idempotency key of their own. */
export const randomKey = (): string => randomUUID();
