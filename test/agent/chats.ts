import { expect } from 'chai';
import type { ServerResponse } from 'node:http';
import {
  createModelClient,
  type ChatRequest,
  type ModelClient,
  type ModelClientOptions,
} from '../../actors/agent/model-client.ts';
import { TradewrightError } from '../../contracts/errors.ts';
import { systemClock } from '../../contracts/ports/clock.ts';
import { failureOf } from './agent-inputs.ts';
import { stubEndpoint } from './stub-endpoint.ts';

export const API_KEY = 'sk-secret-0123456789abcdef';

export const clientOf = (baseUrl: string, more: Partial<ModelClientOptions> = {}): ModelClient =>
  createModelClient({
    baseUrl,
    apiKey: API_KEY,
    model: 'stub-model',
    clock: systemClock,
    ...more,
  });

export const aChat = (more: Partial<ChatRequest> = {}): ChatRequest => ({
  messages: [{ role: 'user', content: 'hello' }],
  maxTokens: 100,
  signal: new AbortController().signal,
  onReasoning: () => undefined,
  onAnswer: () => undefined,
  ...more,
});

/** What one call fails with; the endpoint must have been asked exactly once. */
export async function failing(
  handle: (response: ServerResponse, nth: number) => void,
  more: Partial<ModelClientOptions> = {},
): Promise<TradewrightError> {
  const stub = await stubEndpoint((response, _request, nth) => handle(response, nth));
  try {
    const failure = await failureOf(clientOf(stub.baseUrl, more).chat(aChat()));
    expect(failure).to.be.instanceOf(TradewrightError);
    expect(stub.requests.length, 'the client itself never retries').to.equal(1);
    return failure as TradewrightError;
  } finally {
    await stub.stop();
  }
}
