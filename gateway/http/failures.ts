import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { type ErrorCode, type Failure, toFailure, TradewrightError } from '../../contracts/errors.ts';

const statusOf: Partial<Record<ErrorCode, number>> = {
  CONTENT_TYPE_UNSUPPORTED: 415,
  HOST_REFUSED: 421,
  INPUT_INVALID: 400,
  INPUT_TOO_LARGE: 413,
  JSON_MALFORMED: 400,
  NOT_FOUND: 404,
  ORIGIN_REFUSED: 403,
  QUEUE_FULL: 429,
  REPLAY_CAPPED: 409,
  RATE_LIMITED: 429,
  SYMBOL_UNKNOWN: 422,
  UNAUTHORIZED: 401,
  WORKFLOW_CONFLICT: 409,
  WORKFLOW_STATE: 409,
  WORKFLOW_UNKNOWN: 422,
};
const statusOfKind = { terminal: 422, retryable: 503, defect: 500 } as const;
const RETRY_AFTER_S = 2;

export interface FailureAnswer {
  readonly status: number;
  readonly failure: Failure;
  readonly headers: Readonly<Record<string, string>>;
}

/** What a client gets to see of an error: ours with their code; of any other nothing but the request's id. */
export function failureAnswer(error: unknown, requestId: string): FailureAnswer {
  const known = asTradewrightError(error);
  if (known === undefined || known.code === 'INTERNAL') {
    const message = 'a fault of ours; the log knows it under the request id';
    const failure = { code: 'INTERNAL', kind: 'defect', message, details: { requestId } } as const;
    return { status: 500, failure, headers: {} };
  }
  const status = statusOf[known.code] ?? statusOfKind[known.kind];
  return { status, failure: toFailure(known), headers: headersOf(status, known) };
}

function headersOf(status: number, error: TradewrightError): Record<string, string> {
  if (status === 401) return { 'www-authenticate': 'Bearer' };
  if (status !== 429 && status !== 503) return {};
  const stated = error.details?.['retryAfterS'];
  return { 'retry-after': String(typeof stated === 'number' ? stated : RETRY_AFTER_S) };
}

function asTradewrightError(error: unknown): TradewrightError | undefined {
  if (error instanceof TradewrightError) return error;
  if (hasZodFastifySchemaValidationErrors(error)) {
    const part = error.validationContext ?? 'body';
    const fields = error.validation.map(({ instancePath, message }) => ({
      field: instancePath.replace(/^\//, '').replaceAll('/', '.') || part,
      message: message ?? 'is not valid',
    }));
    const says = fields.map(({ field, message }) => `${field}: ${message}`).join('; ');
    return new TradewrightError('INPUT_INVALID', says, { details: { part, fields } });
  }
  return fromFastify(error);
}

function fromFastify(error: unknown): TradewrightError | undefined {
  if (!(error instanceof Error) || !('statusCode' in error) || !('code' in error)) return undefined;
  switch (error.statusCode) {
    case 413:
      return new TradewrightError('INPUT_TOO_LARGE', 'the body is larger than the limit');
    case 415:
      return new TradewrightError(
        'CONTENT_TYPE_UNSUPPORTED',
        'send the body as application/json, with that Content-Type',
      );
    case 404:
      return new TradewrightError('NOT_FOUND', 'there is nothing at this address');
    default:
  }
  const { statusCode } = error;
  return typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500
    ? new TradewrightError('INPUT_INVALID', 'the request cannot be understood')
    : undefined;
}
