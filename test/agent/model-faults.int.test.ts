import { LLMock } from '@copilotkit/aimock';
import { expect } from 'chai';
import type { ServerResponse } from 'node:http';
import { systemClock } from '../../contracts/ports/clock.ts';
import { eventually } from '../support/eventually.ts';
import { failureOf } from './agent-inputs.ts';
import { aChat, API_KEY, clientOf, failing } from './chats.ts';
import { beginStream, delta, event, sendCompletion, sendError, stubEndpoint } from './stub-endpoint.ts';

describe('faults of a model endpoint', () => {
  const table: readonly [number, string, string][] = [
    [400, 'AGENT_BAD_REQUEST', 'terminal'],
    [401, 'AGENT_AUTH', 'terminal'],
    [402, 'AGENT_PAYMENT', 'terminal'],
    [403, 'AGENT_AUTH', 'terminal'],
    [404, 'AGENT_BAD_REQUEST', 'terminal'],
    [422, 'AGENT_BAD_REQUEST', 'terminal'],
    [429, 'AGENT_RATE_LIMITED', 'retryable'],
    [500, 'AGENT_UNAVAILABLE', 'retryable'],
    [502, 'AGENT_UNAVAILABLE', 'retryable'],
    [503, 'AGENT_UNAVAILABLE', 'retryable'],
  ];
  for (const [status, code, kind] of table) {
    const id = status === 401 || status === 402 ? 'A20' : 'A14';
    it(`${id} maps HTTP ${status} to ${code}, once, with the endpoint's words but not the key`, async () => {
      const failure = await failing((response) =>
        sendError(response, status, { message: `no, your key ${API_KEY} is bad` }),
      );
      expect(failure).to.include({ code, kind });
      expect(failure.message).to.contain('127.0.0.1').and.to.contain('is bad');
      expect(JSON.stringify([failure.message, failure.details, failure.stack])).not.to.contain(API_KEY);
      expect(failure.cause).to.equal(undefined);
    });
  }

  it('A14 hands on Retry-After in seconds, milliseconds or as a date, bounded', async () => {
    const after = async (headers: Record<string, string>): Promise<unknown> =>
      (await failing((response) => sendError(response, 429, { message: 'slow down' }, headers))).details?.[
        'retryAfterMs'
      ];
    expect(await after({ 'retry-after': '7' })).to.equal(7_000);
    expect(await after({ 'retry-after-ms': '250' })).to.equal(250);
    expect(await after({ 'retry-after': new Date(systemClock.now() + 60_000).toUTCString() }))
      .to.be.a('number')
      .within(1_000, 61_000);
    expect(await after({ 'retry-after': '999999' })).to.equal(3_600_000);
    expect(await after({ 'retry-after': 'soon' })).to.equal(undefined);
  });

  it('A14 reads aimock’s 429 and 503 the same way', async () => {
    const mock = new LLMock({ port: 0 });
    mock.onMessage('hello', { error: { message: 'slow down' }, status: 429, retryAfter: 3 });
    await mock.start();
    try {
      const client = clientOf(`${mock.url}/v1`);
      const failure = await failureOf(client.chat(aChat()));
      expect(failure).to.deep.include({
        code: 'AGENT_RATE_LIMITED',
        details: { status: 429, retryAfterMs: 3_000, unbilled: true },
      });
      mock.nextRequestError(503, { message: 'overloaded' });
      expect(await failureOf(client.chat(aChat()))).to.include({ code: 'AGENT_UNAVAILABLE' });
    } finally {
      await mock.stop();
    }
  });

  it('A20 treats an exhausted quota as payment, not as a rate limit', async () => {
    const failure = await failing((response) =>
      sendError(response, 429, { message: 'quota', code: 'insufficient_quota' }),
    );
    expect(failure).to.include({ code: 'AGENT_PAYMENT', kind: 'terminal' });
  });

  it('A14 an unreachable endpoint is AGENT_UNAVAILABLE and names the cause', async () => {
    const stub = await stubEndpoint(() => undefined);
    await stub.stop();
    const failure = await failureOf(clientOf(stub.baseUrl).chat(aChat()));
    expect(failure).to.include({ code: 'AGENT_UNAVAILABLE' });
    expect(String(failure)).to.contain('ECONNREFUSED');
  });

  it('A14 a connection cut in the middle of the answer is AGENT_UNAVAILABLE', async () => {
    const failure = await failing((response) => {
      beginStream(response).write(delta({ content: 'half of ' }), () => response.destroy());
    });
    expect(failure).to.include({ code: 'AGENT_UNAVAILABLE' });
  });

  it('A14 a stream that ends without a finish reason, or at its token limit, is AGENT_TRUNCATED', async () => {
    const ended = await failing((response) => {
      beginStream(response).end(`${delta({ content: 'half' })}data: [DONE]\n\n`);
    });
    expect(ended).to.include({ code: 'AGENT_TRUNCATED' });
    const usage = { prompt_tokens: 3, completion_tokens: 100 };
    const cut = await failing((response) =>
      sendCompletion(response, { answer: 'half', finish: 'length', usage }),
    );
    expect(cut).to.include({ code: 'AGENT_TRUNCATED' });
    expect(cut.details?.['usage'], 'what it cost is not lost').to.include({ completionTokens: 100 });
  });

  it('A14 a blank answer is AGENT_ANSWER_EMPTY, reasoning alone included', async () => {
    const failure = await failing((response) =>
      sendCompletion(response, { reasoning: 'much thought', answer: ' \n ', usage: { prompt_tokens: 5 } }),
    );
    expect(failure).to.include({ code: 'AGENT_ANSWER_EMPTY', kind: 'retryable' });
    expect(failure.details?.['usage']).to.include({ calls: 1, promptTokens: 5 });
  });

  it('A14 a content filter or a refusal is AGENT_REFUSED, terminal', async () => {
    const filtered = await failing((response) =>
      sendCompletion(response, { answer: 'no', finish: 'content_filter' }),
    );
    expect(filtered).to.include({ code: 'AGENT_REFUSED', kind: 'terminal' });
    const refused = await failing((response) => {
      beginStream(response).end(`${delta({ refusal: 'I will not' })}${delta({}, 'stop')}data: [DONE]\n\n`);
    });
    expect(refused).to.include({ code: 'AGENT_REFUSED' });
  });

  it('A14 an error inside the stream, garbage events and a web page are told apart', async () => {
    const inside = await failing((response) => {
      beginStream(response).end(event({ error: { message: 'overloaded', code: 503 } }));
    });
    expect(inside).to.include({ code: 'AGENT_UNAVAILABLE' });
    const garbage = await failing((response) => {
      beginStream(response).end('data: {not json\n\n');
    });
    expect(garbage).to.include({ code: 'AGENT_UNAVAILABLE' });
    const page = await failing((response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>It works</h1>');
    });
    expect(page).to.include({ code: 'AGENT_BAD_REQUEST' });
    const elsewhere = await failing((response) => {
      response.writeHead(307, { location: 'http://127.0.0.1:1/' }).end();
    });
    expect(elsewhere).to.include({ code: 'AGENT_BAD_REQUEST' });
  });

  it('A14 a stalled stream ends with AGENT_STALLED and its connection is closed', async () => {
    const stub = await stubEndpoint((response) => {
      beginStream(response).write(delta({ content: 'and then ' }));
    });
    try {
      const failure = await failureOf(clientOf(stub.baseUrl, { idleTimeoutMs: 100 }).chat(aChat()));
      expect(failure).to.include({ code: 'AGENT_STALLED', kind: 'retryable' });
      await eventually(() => stub.open === 0, { what: 'the closed connection' });
    } finally {
      await stub.stop();
    }
  });

  it('A14 an endpoint that never answers at all is AGENT_STALLED too', async () => {
    const failure = await failing(() => undefined, { idleTimeoutMs: 100 });
    expect(failure).to.include({ code: 'AGENT_STALLED' });
  });

  it('A14 keep-alive comments keep a slow answer alive', async () => {
    const comments = { sent: 0 };
    const stub = await stubEndpoint((response) => {
      beginStream(response);
      const timer = setInterval(() => {
        comments.sent += 1;
        response.write(': keep-alive\n\n');
        if (comments.sent < 20) return;
        clearInterval(timer);
        response.end(`${delta({ content: 'late' })}${delta({}, 'stop')}data: [DONE]\n\n`);
      }, 50);
    });
    try {
      // Twenty comments take longer than the idle limit; each of them comes well within it.
      const result = await clientOf(stub.baseUrl, { idleTimeoutMs: 600 }).chat(aChat());
      expect(result.answer).to.equal('late');
    } finally {
      await stub.stop();
    }
  });

  it('A14 keep-alive comments alone do not hold a call for ever', async () => {
    let timer: NodeJS.Timeout | undefined;
    const stub = await stubEndpoint((response) => {
      beginStream(response);
      timer = setInterval(() => response.write(': keep-alive\n\n'), 20);
    });
    try {
      const client = clientOf(stub.baseUrl, { idleTimeoutMs: 5_000, quietTimeoutMs: 200 });
      expect(await failureOf(client.chat(aChat()))).to.include({ code: 'AGENT_STALLED' });
    } finally {
      clearInterval(timer);
      await stub.stop();
    }
  });

  it('A14 an endless answer, line or body is cut off', async () => {
    const flood = (piece: string) => (response: ServerResponse) => {
      beginStream(response);
      const timer = setInterval(() => {
        for (let i = 0; i < 20; i += 1) response.write(piece);
      }, 1);
      response.on('close', () => clearInterval(timer));
    };
    const answer = await failing(flood(delta({ content: 'x'.repeat(1_000) })), { answerLimitChars: 10_000 });
    expect(answer).to.include({ code: 'AGENT_TRUNCATED' });
    const line = await failing(flood('x'.repeat(10_000)), { responseLimitBytes: 1_000_000 });
    expect(line).to.include({ code: 'AGENT_TRUNCATED' });
  });
});
