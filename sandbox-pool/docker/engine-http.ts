import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { z } from 'zod';
import type { EngineAddress } from './engine-address.ts';

const mostAnswerBytes = 4 * 1024 * 1024;

export type EngineAnswer<T> = { readonly status: number; readonly body: T };

/**
 * One bounded GET to the engine's API. The look-up of an engine runs at every start, and loading the full client
 * takes longer than the whole look-up; so this stays on Node's own client.
 * @throws when nothing answers within `timeoutMs` or the answer is not what `schema` says.
 */
export async function engineGet<T>(
  address: EngineAddress,
  path: string,
  schema: z.ZodType<T>,
  options: { timeoutMs: number; signal?: AbortSignal | undefined },
): Promise<T> {
  const { status, body } = await get(address, path, options);
  if (status !== 200) throw new Error(`GET ${path} answered ${status}: ${body.slice(0, 200)}`);
  return schema.parse(JSON.parse(body));
}

/** The status alone; for "is it there?". */
export async function engineHas(
  address: EngineAddress,
  path: string,
  options: { timeoutMs: number; signal?: AbortSignal | undefined },
): Promise<boolean> {
  const { status, body } = await get(address, path, options);
  if (status === 200) return true;
  if (status === 404) return false;
  throw new Error(`GET ${path} answered ${status}: ${body.slice(0, 200)}`);
}

function get(
  address: EngineAddress,
  path: string,
  options: { timeoutMs: number; signal?: AbortSignal | undefined },
): Promise<EngineAnswer<string>> {
  const deadline = AbortSignal.timeout(options.timeoutMs);
  const signal = options.signal ? AbortSignal.any([options.signal, deadline]) : deadline;
  const where = 'socketPath' in address ? { socketPath: address.socketPath, host: 'docker' } : address;
  const send = 'protocol' in address && address.protocol === 'https' ? httpsRequest : httpRequest;
  const { promise, resolve, reject } = withResolvers<EngineAnswer<string>>();
  const request = send(
    {
      ...where,
      ...('protocol' in address && { protocol: `${address.protocol}:` }),
      path,
      signal,
      agent: false,
    },
    (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        body += chunk;
        if (body.length > mostAnswerBytes) request.destroy(new Error(`GET ${path}: the answer is too large`));
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      response.on('error', reject);
    },
  );
  request.on('error', (error) =>
    reject(
      deadline.aborted ? new Error(`no answer within ${options.timeoutMs} ms`, { cause: error }) : error,
    ),
  );
  request.end();
  return promise;
}

function withResolvers<T>(): {
  promise: Promise<T>;
  resolve: (value: T) => void;
  reject: (reason: Error) => void;
} {
  let resolve!: (value: T) => void;
  let reject!: (reason: Error) => void;
  const promise = new Promise<T>((keep, fail) => {
    resolve = keep;
    reject = fail;
  });
  return { promise, resolve, reject };
}
