import { TradewrightError, type ErrorCode } from '../../contracts/errors.ts';

const MESSAGE_LIMIT_CHARS = 400;
/** A longer Retry-After is a mistake or malice; the saga's own policy decides then. */
const LONGEST_RETRY_AFTER_MS = 3_600_000;

/** An HTTP answer other than 2xx, or an error object inside the stream. */
export interface EndpointFault {
  readonly status: number | undefined;
  /** The endpoint's own words, already redacted. */
  readonly message: string;
  /** The endpoint's error code, such as `insufficient_quota`. */
  readonly code: string | undefined;
  readonly header: (name: string) => string | null;
}

function codeFor(status: number, code: string | undefined): ErrorCode {
  if (status === 401 || status === 403) return 'AGENT_AUTH';
  if (status === 402 || code === 'insufficient_quota') return 'AGENT_PAYMENT';
  if (status === 429) return 'AGENT_RATE_LIMITED';
  if (status === 408 || status === 409 || status === 425 || status >= 500) return 'AGENT_UNAVAILABLE';
  return 'AGENT_BAD_REQUEST';
}

const adviceFor: Partial<Record<ErrorCode, string>> = {
  AGENT_AUTH: 'check the API key',
  AGENT_PAYMENT: 'top up the account',
  AGENT_BAD_REQUEST: 'check the base URL, the model name and the request',
};

/** The failure of a call to `endpoint` (host and port, for the reader). */
export function endpointFailure(endpoint: string, fault: EndpointFault, nowMs: number): TradewrightError {
  const status = fault.status ?? 500;
  const code = codeFor(status, fault.code);
  const advice = adviceFor[code];
  const said = fault.message.slice(0, MESSAGE_LIMIT_CHARS);
  const retryAfterMs = retryAfter(fault.header, nowMs);
  return new TradewrightError(
    code,
    `the model endpoint at ${endpoint} answered ${said}${advice === undefined ? '' : ` (${advice})`}`,
    {
      details: {
        ...(fault.status !== undefined && { status: fault.status }),
        ...(retryAfterMs !== undefined && { retryAfterMs }),
      },
    },
  );
}

/** `retry-after-ms`, or `Retry-After` in seconds or as an HTTP date. */
function retryAfter(header: EndpointFault['header'], nowMs: number): number | undefined {
  const milliseconds = header('retry-after-ms');
  const seconds = header('retry-after');
  const wanted =
    milliseconds !== null
      ? Number(milliseconds)
      : seconds === null
        ? NaN
        : Number.isNaN(Number(seconds))
          ? Date.parse(seconds) - nowMs
          : Number(seconds) * 1_000;
  if (!Number.isFinite(wanted) || wanted < 0) return undefined;
  return Math.min(Math.ceil(wanted), LONGEST_RETRY_AFTER_MS);
}

/** Hides the key wherever an endpoint's words repeat it. Keys shorter than 8 characters are placeholders of local servers. */
export function redactor(apiKey: string): (text: string) => string {
  return apiKey.length < 8 ? (text) => text : (text) => text.replaceAll(apiKey, '[API key]');
}
