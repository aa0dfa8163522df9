import type { z } from 'zod';
import { ApiError } from '../api.ts';
import { fromFailure, TradewrightError } from '../errors.ts';

export interface Request {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

export interface HttpOptions {
  readonly baseUrl: string;
  readonly fetch: typeof fetch;
  readonly token: string | undefined;
  readonly requestTimeoutMs: number;
}

export type Call = <S extends z.ZodType>(request: Request, schema: S) => Promise<z.infer<S>>;

/** One call of the API: the answer parsed, or its failure thrown under its own code. */
export const caller =
  (options: HttpOptions): Call =>
  async (request, schema) => {
    const { status, body } = await exchange(options, request);
    if (status >= 200 && status < 300) {
      const answer = schema.safeParse(body);
      if (answer.success) return answer.data;
      throw new TradewrightError('INTERNAL', `the gateway's answer on ${request.path} breaks its schema`, {
        cause: answer.error,
      });
    }
    const failure = ApiError.safeParse(body);
    if (failure.success) throw fromFailure(failure.data.error);
    throw new TradewrightError(
      status >= 500 ? 'GATEWAY_UNAVAILABLE' : 'INTERNAL',
      `${options.baseUrl} answered ${status} in a form that is not the gateway's`,
      { details: { status } },
    );
  };

async function exchange(options: HttpOptions, request: Request): Promise<{ status: number; body: unknown }> {
  const { baseUrl, token, requestTimeoutMs } = options;
  const timeout = AbortSignal.timeout(requestTimeoutMs);
  const signal = request.signal === undefined ? timeout : AbortSignal.any([request.signal, timeout]);
  const json = request.body === undefined ? undefined : JSON.stringify(request.body);
  try {
    const response = await options.fetch(`${baseUrl}${request.path}`, {
      method: request.method,
      redirect: 'error',
      headers: {
        accept: 'application/json',
        ...(json === undefined ? {} : { 'content-type': 'application/json' }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...request.headers,
      },
      ...(json === undefined ? {} : { body: json }),
      signal,
    });
    return { status: response.status, body: parsed(await response.text()) };
  } catch (cause) {
    if (request.signal?.aborted) throw new TradewrightError('CANCELLED', 'the call was aborted', { cause });
    throw new TradewrightError('GATEWAY_UNAVAILABLE', `the gateway at ${baseUrl} cannot be reached`, {
      cause,
    });
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
