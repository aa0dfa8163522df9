import { errors } from '@nats-io/transport-node';
import { JetStreamApiError } from '@nats-io/jetstream';
import { TradewrightError } from '../contracts/errors.ts';

export const unavailable = (message: string, cause?: unknown): TradewrightError =>
  new TradewrightError('NATS_UNAVAILABLE', message, cause === undefined ? {} : { cause });

/** Error numbers of the JetStream API that we act on. */
export const apiErrors = {
  temporarilyUnavailable: 10008,
  consumerNotFound: 10014,
  insufficientResources: 10023,
  messageNotFound: 10037,
  sequenceNotFound: 10043,
  storageExceeded: 10047,
  /** Also of a message that is not there. */
  messageDeleteFailed: 10057,
  streamNotFound: 10059,
  subjectsOverlap: 10065,
  wrongLastSequence: 10071,
  consumerExists: 10148,
  /** "Subject taken" and "stream full" alike. */
  storeFailed: 10077,
} as const;

export const apiErrorCode = (error: unknown): number | undefined =>
  error instanceof JetStreamApiError ? error.code : undefined;

const missing: readonly number[] = [
  apiErrors.messageNotFound,
  apiErrors.sequenceNotFound,
  apiErrors.messageDeleteFailed,
];
/** There is no message under this sequence or subject. */
export const isMissing = (error: unknown): boolean => missing.includes(apiErrorCode(error) ?? 0);

const fullCodes: readonly number[] = [
  apiErrors.storeFailed,
  apiErrors.insufficientResources,
  apiErrors.storageExceeded,
];
export const isFull = (error: unknown): boolean => fullCodes.includes(apiErrorCode(error) ?? 0);

/** True where the same request may succeed in a moment: time-outs, nobody listening yet, a server that is starting. */
export function isTransient(error: unknown): boolean {
  if (error instanceof JetStreamApiError) return error.code === apiErrors.temporarilyUnavailable;
  if (error instanceof errors.TimeoutError || error instanceof errors.RequestError) return true;
  if (error instanceof errors.NoRespondersError) return true;
  // Thrown for a publish that no stream took, also while the server still opens its streams.
  return error instanceof Error && error.name === 'JetStreamNotEnabled';
}
