import { LLMock } from '@copilotkit/aimock';
import { expect } from 'chai';
import { TradewrightError } from '../../contracts/errors.ts';
import { eventually } from '../support/eventually.ts';
import { failureOf } from './agent-inputs.ts';
import { aChat, API_KEY, clientOf } from './chats.ts';
import { beginStream, delta, sendCompletion, stubEndpoint } from './stub-endpoint.ts';

describe('model client', () => {
  it('A9 counts tokens and cost: cache hit and miss, reasoning', async () => {
    const usage = {
      prompt_tokens: 1_000,
      completion_tokens: 500,
      prompt_cache_hit_tokens: 800,
      prompt_cache_miss_tokens: 200,
      completion_tokens_details: { reasoning_tokens: 300 },
    };
    const stub = await stubEndpoint((response) => sendCompletion(response, { answer: 'ok', usage }));
    try {
      const price = { cacheHit: 1, cacheMiss: 10, output: 100 };
      const result = await clientOf(stub.baseUrl, { price }).chat(aChat({ seed: 7 }));
      expect(result.usage).to.deep.equal({
        calls: 1,
        promptTokens: 1_000,
        cacheHitTokens: 800,
        cacheMissTokens: 200,
        completionTokens: 500,
        reasoningTokens: 300,
        costUsd: (800 * 1 + 200 * 10 + 500 * 100) / 1_000_000,
      });
      expect(result.usageReported).to.equal(true);
      expect(stub.requests[0]?.body).to.deep.include({
        model: 'stub-model',
        stream: true,
        seed: 7,
        max_tokens: 100,
      });
    } finally {
      await stub.stop();
    }
  });

  it("A9 reads OpenAI's cached_tokens and says when no usage was reported", async () => {
    const stub = await stubEndpoint((response, _request, nth) =>
      sendCompletion(response, {
        answer: 'ok',
        ...(nth === 0 && {
          usage: { prompt_tokens: 10, completion_tokens: 1, prompt_tokens_details: { cached_tokens: 4 } },
        }),
      }),
    );
    try {
      const client = clientOf(stub.baseUrl);
      const first = await client.chat(aChat());
      expect(first.usage).to.include({ cacheHitTokens: 4, cacheMissTokens: 6, costUsd: 0 });
      const second = await client.chat(aChat());
      expect(second.usageReported).to.equal(false);
      expect(second.usage).to.include({ calls: 1, promptTokens: 0 });
    } finally {
      await stub.stop();
    }
  });

  it('A16 streams reasoning live, under both names, before the answer', async () => {
    const seen: string[] = [];
    let goOn = (): void => undefined;
    const stub = await stubEndpoint((response) => {
      beginStream(response);
      response.write(delta({ reasoning_content: 'one ' }));
      goOn = () => {
        response.write(delta({ reasoning: 'two' }));
        response.write(delta({ content: 'answer' }));
        response.end(`${delta({}, 'stop')}data: [DONE]\n\n`);
      };
    });
    try {
      const running = clientOf(stub.baseUrl).chat(
        aChat({
          onReasoning: (text) => seen.push(`r:${text}`),
          onAnswer: (text) => seen.push(`a:${text}`),
        }),
      );
      await eventually(() => seen.length === 1, { what: 'the first piece, while the call still runs' });
      goOn();
      const result = await running;
      expect(seen).to.deep.equal(['r:one ', 'r:two', 'a:answer']);
      expect(result).to.include({ reasoning: 'one two', answer: 'answer', model: 'stub-model' });
    } finally {
      await stub.stop();
    }
  });

  it('A16 works against aimock: reasoning, answer, usage', async () => {
    const mock = new LLMock({ port: 0, chunkSize: 5 });
    mock.onMessage('hello', {
      content: 'the answer',
      reasoning: 'the reasoning',
      usage: { prompt_tokens: 11, completion_tokens: 7 },
    });
    await mock.start();
    try {
      const pieces: string[] = [];
      const client = clientOf(`${mock.url}/v1`, { model: 'deepseek-flash' });
      const result = await client.chat(aChat({ onReasoning: (text) => pieces.push(text) }));
      expect(result).to.include({ answer: 'the answer', reasoning: 'the reasoning', finishReason: 'stop' });
      expect(pieces.length).to.be.greaterThan(1);
      expect(result.usage).to.include({ promptTokens: 11, completionTokens: 7 });
    } finally {
      await mock.stop();
    }
  });

  it('A16 keeps reasoning bounded while all of it is shown', async () => {
    const stub = await stubEndpoint((response) => {
      sendCompletion(response, { reasoning: 'x'.repeat(1_000), answer: 'ok' });
    });
    try {
      let shown = 0;
      const result = await clientOf(stub.baseUrl, { reasoningLimitChars: 100 }).chat(
        aChat({ onReasoning: (text) => (shown += text.length) }),
      );
      expect(result.reasoning).to.have.length(100);
      expect(shown).to.equal(1_000);
    } finally {
      await stub.stop();
    }
  });

  it('A3 an abort closes the connection and fails with its reason', async () => {
    const stub = await stubEndpoint((response) => {
      beginStream(response).write(delta({ content: 'and then ' }));
    });
    try {
      for (const reason of [new TradewrightError('STEP_TIMEOUT', 'too slow'), undefined]) {
        const controller = new AbortController();
        const running = clientOf(stub.baseUrl).chat(
          aChat({ signal: controller.signal, onAnswer: () => controller.abort(reason) }),
        );
        expect(await failureOf(running)).to.include({ code: reason?.code ?? 'CANCELLED' });
        await eventually(() => stub.open === 0, { what: 'the closed connection' });
      }
      const aborted = AbortSignal.abort();
      expect(await failureOf(clientOf(stub.baseUrl).chat(aChat({ signal: aborted })))).to.include({
        code: 'CANCELLED',
      });
      expect(stub.requests, 'nothing is sent for a call that is already aborted').to.have.length(2);
    } finally {
      await stub.stop();
    }
  });

  it('A14 a fault of the caller’s own callback comes back as it is, and the connection is closed', async () => {
    const stub = await stubEndpoint((response) => {
      beginStream(response).write(delta({ content: 'and then ' }));
    });
    try {
      const mine = new RangeError('mine');
      const running = clientOf(stub.baseUrl).chat(
        aChat({
          onAnswer: () => {
            throw mine;
          },
        }),
      );
      expect(await failureOf(running)).to.equal(mine);
      await eventually(() => stub.open === 0, { what: 'the closed connection' });
    } finally {
      await stub.stop();
    }
  });

  it('A1 adds the configured body and sends the key as a bearer token to the configured address', async () => {
    const stub = await stubEndpoint((response) => sendCompletion(response, { answer: 'ok' }));
    try {
      const client = clientOf(`${stub.baseUrl}/`, { extraBody: { thinking: { type: 'disabled' } } });
      await client.chat(aChat({ responseFormat: 'json_object', temperature: 0.2 }));
      expect(stub.requests[0]?.body).to.deep.include({
        thinking: { type: 'disabled' },
        response_format: { type: 'json_object' },
        temperature: 0.2,
      });
      expect(stub.requests[0]?.headers.authorization).to.equal(`Bearer ${API_KEY}`);
    } finally {
      await stub.stop();
    }
  });
});
