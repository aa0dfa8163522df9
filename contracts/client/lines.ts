import { ApiError } from '../api.ts';
import { fromFailure, TradewrightError } from '../errors.ts';

/** The lines of a streamed answer, as they come. @throws as every call of the client does */
export async function* lines(
  gateway: { readonly baseUrl: string; readonly fetch: typeof fetch; readonly token: string | undefined },
  path: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<string> {
  const { baseUrl, token } = gateway;
  let rest = '';
  try {
    const response = await gateway.fetch(`${baseUrl}${path}`, {
      redirect: 'error',
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      ...(signal === undefined ? {} : { signal }),
    });
    if (!response.ok) throw await failureIn(response, baseUrl);
    if (response.body === null) return;
    for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
      const all = `${rest}${text}`.split('\n');
      rest = all.pop() ?? '';
      yield* all.filter((line) => line !== '');
    }
  } catch (cause) {
    if (cause instanceof TradewrightError) throw cause;
    if (signal?.aborted) throw new TradewrightError('CANCELLED', 'the call was aborted', { cause });
    throw new TradewrightError('GATEWAY_UNAVAILABLE', `the gateway at ${baseUrl} broke off`, { cause });
  }
  if (rest !== '') yield rest;
}

async function failureIn(response: Response, baseUrl: string): Promise<TradewrightError> {
  const failure = ApiError.safeParse(await response.json().catch(() => undefined));
  if (failure.success) return fromFailure(failure.data.error);
  const { status } = response;
  return new TradewrightError(
    'INTERNAL',
    `${baseUrl} answered ${status} in a form that is not the gateway's`,
    {
      details: { status },
    },
  );
}
