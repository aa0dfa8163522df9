import { expect } from 'chai';
import { request as httpRequest } from 'node:http';
import { ApiError, WorkflowAccepted } from '../../contracts/api.ts';
import { workflowIdFrom } from '../../contracts/ids.ts';
import { WorkflowView } from '../../contracts/workflow-view.ts';
import { streamLimits } from '../../messaging/index.ts';
import { codeOf } from '../support/code-of.ts';
import { aView, type GatewayHarness, startHarness } from './gateway-harness.ts';

const idea = 'momentum on the S&P 500 with a volatility filter';

async function failureOf(response: Response) {
  const { error } = ApiError.parse(await response.json());
  return { status: response.status, ...error };
}

describe('POST /v1/workflows', () => {
  let at: GatewayHarness;
  before(async () => {
    at = await startHarness();
  });
  after(() => at.stop());

  it('stores a start task, then answers 202 with the place of the workflow', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const response = await at.post(
      { idea, symbol: 'spx', idempotencyKey: 'k1', lane: 'high' },
      { traceparent },
    );
    const accepted = WorkflowAccepted.parse(await response.json());
    const workflowId = workflowIdFrom('strategy:k1');

    expect(response.status).to.equal(202);
    expect(accepted).to.deep.equal({
      workflowId,
      state: 'PENDING',
      location: `/v1/workflows/${workflowId}`,
      duplicate: false,
    });
    expect(response.headers.get('location')).to.equal(accepted.location);

    const [task, ...more] = await at.taken('high');
    expect(more).to.be.empty;
    expect(task).to.deep.include({ type: 'start-strategy', dedupKey: 'strategy:k1', traceparent });
    expect(task?.payload).to.deep.include({
      idea,
      symbol: 'SPX',
      mode: 'historical',
      seed: 1,
      signalBars: 60,
    });
  });

  it('gives one workflow for one key, from the body or the header', async () => {
    const first = WorkflowAccepted.parse(await (await at.post({ idea, idempotencyKey: 'k2' })).json());
    const second = WorkflowAccepted.parse(
      await (await at.post({ idea }, { 'idempotency-key': 'k2' })).json(),
    );
    expect(second).to.deep.equal({ ...first, duplicate: true });
    expect(await at.taken('normal')).to.have.length(1);

    at.workflows.set(first.workflowId, aView(first.workflowId, { state: 'COMPLETED' }));
    const third = WorkflowAccepted.parse(await (await at.post({ idea, idempotencyKey: 'k2' })).json());
    expect(third).to.deep.equal({ ...first, state: 'COMPLETED', duplicate: true });
  });

  it('reads PENDING until the worker knows it', async () => {
    const { workflowId } = await at.client.postWorkflow({ idea });
    const pending = await at.client.getWorkflow(workflowId);
    expect(pending).to.deep.include({ workflowId, state: 'PENDING', seq: 0 });
    expect(pending.input).to.deep.include({ idea });

    at.workflows.set(workflowId, aView(workflowId));
    expect((await at.client.getWorkflow(workflowId)).state).to.equal('RUNNING');
    await at.taken('normal');
  });

  it('makes a trace context where none came', async () => {
    await at.post({ idea }, { traceparent: '00-00000000000000000000000000000000-b7ad6b7169203331-01' });
    const [task] = await at.taken('normal');
    expect(task?.traceparent).to.match(/^00-(?!0{32})[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  });

  it('names the known symbols when it does not know one', async () => {
    const failure = await failureOf(await at.post({ idea, symbol: 'NOPE' }));
    expect(failure).to.deep.include({ status: 422, code: 'SYMBOL_UNKNOWN' });
    expect(failure.message).to.include('SPX, BTC/USDT');
  });

  const invalid: [string, unknown, string][] = [
    ['an empty idea', { idea: '   ' }, 'idea'],
    ['no idea', {}, 'idea'],
    ['an idea beyond its limit', { idea: 'x'.repeat(8_001) }, 'idea'],
    ['a number for an idea', { idea: 7 }, 'idea'],
    ['a negative seed', { idea, seed: -1 }, 'seed'],
    [
      'a wrong choice deep down',
      { idea, decision: { deadlineMs: 0, onDeadline: 'shrug' } },
      'decision.onDeadline',
    ],
    ['a list', [], 'body'],
    ['a key with a line break', { idea, idempotencyKey: 'a\nNats-Msg-Id: b' }, 'idempotencyKey'],
  ];
  for (const [what, body, field] of invalid) {
    it(`refuses ${what} and names the field`, async () => {
      const failure = await failureOf(await at.post(body));
      expect(failure).to.deep.include({ status: 400, code: 'INPUT_INVALID' });
      expect(JSON.stringify(failure.details)).to.include(`"field":"${field}"`);
    });
  }

  it('refuses a field it does not know', async () => {
    const failure = await failureOf(await at.post({ idea, validator: 'off' }));
    expect(failure).to.deep.include({ status: 400, code: 'INPUT_INVALID' });
    expect(failure.message).to.include('validator');
  });

  it('refuses two keys that differ', async () => {
    const failure = await failureOf(await at.post({ idea, idempotencyKey: 'a' }, { 'idempotency-key': 'b' }));
    expect(failure).to.deep.include({ status: 400, code: 'INPUT_INVALID' });
  });

  it('refuses an idea of 1 MB in a way that the client gets to read', async () => {
    for (let round = 0; round < 5; round++) {
      const failure = await failureOf(await at.post({ idea: 'x'.repeat(1024 * 1024) }));
      expect(failure).to.deep.include({ status: 413, code: 'INPUT_TOO_LARGE' });
    }
  });

  for (const length of ['stated', 'not stated']) {
    it(`hears out a body of 6 MB, its length ${length}, so that the refusal arrives`, async () => {
      const body = Buffer.alloc(6 * 1024 * 1024, 'x');
      const headers = {
        'content-type': 'application/json',
        ...(length === 'stated' ? { 'content-length': body.byteLength } : {}),
      };
      const status = await new Promise<number>((resolve, reject) => {
        const request = httpRequest(`${at.gateway.url}/v1/workflows`, { method: 'POST', headers });
        let answered = 0;
        request.on('response', (response) => {
          answered = response.statusCode ?? 0;
          response.resume();
        });
        request.on('error', reject);
        request.on('finish', () => request.on('close', () => resolve(answered)));
        for (let from = 0; from < body.byteLength; from += 65_536)
          request.write(body.subarray(from, from + 65_536));
        request.end();
      });
      expect(status).to.equal(413);
    });
  }

  it('tells where the JSON breaks', async () => {
    const failure = await failureOf(await at.post('{"idea": "a" "b"}'));
    expect(failure).to.deep.include({ status: 400, code: 'JSON_MALFORMED' });
    expect(failure.details).to.deep.equal({ position: 13 });
    const cut = await failureOf(await at.post('{"idea": '));
    expect(cut.details).to.deep.equal({ position: 9 });
  });

  it('refuses an empty body and one that is not UTF-8', async () => {
    expect(await failureOf(await at.post(''))).to.deep.include({ status: 400, code: 'JSON_MALFORMED' });
    const response = await fetch(`${at.gateway.url}/v1/workflows`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: Buffer.from([0x22, 0xff, 0xfe, 0x22]),
    });
    expect(await failureOf(response)).to.deep.include({ status: 400, code: 'JSON_MALFORMED' });
  });

  it('asks for JSON as JSON', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'text/json']) {
      const failure = await failureOf(await at.post({ idea }, { 'content-type': type }));
      expect(failure).to.deep.include({ status: 415, code: 'CONTENT_TYPE_UNSUPPORTED' });
    }
  });

  it('does not let a key named __proto__ through', async () => {
    const response = await at.post('{"idea": "ok", "__proto__": {"lane": "critical"}}');
    await response.body?.cancel();
    expect(await at.taken('critical')).to.be.empty;
    await at.taken('normal');
  });

  it('stored nothing of what it refused', async () => {
    for (const lane of ['critical', 'high', 'normal', 'low'] as const) {
      expect(await at.taken(lane), lane).to.be.empty;
    }
  });
});

describe('POST /v1/workflows under trouble', () => {
  it('answers 429 with Retry-After when the queue is full', async () => {
    const limits = { ...streamLimits, tasks: { ...streamLimits.tasks, maxMessages: 1 } };
    const at = await startHarness({}, { limits });
    try {
      expect((await at.post({ idea, idempotencyKey: 'one' })).status).to.equal(202);
      const response = await at.post({ idea, idempotencyKey: 'two' });
      expect(response.headers.get('retry-after')).to.match(/^\d+$/);
      expect(await failureOf(response)).to.deep.include({
        status: 429,
        code: 'QUEUE_FULL',
        kind: 'retryable',
      });
      const unseen = workflowIdFrom('strategy:two');
      expect(await codeOf(at.client.getWorkflow(unseen))).to.equal('NOT_FOUND');
    } finally {
      await at.stop();
    }
  });

  it('answers 503 while NATS is away, accepts nothing, and works again after', async () => {
    const times = { attemptMs: 200, deadlineMs: 600 };
    const at = await startHarness(
      { limits: { queryTimeoutMs: 500, readyTimeoutMs: 500 } },
      { publishTimes: times },
    );
    try {
      await at.nats.kill();
      const response = await at.post({ idea, idempotencyKey: 'k' });
      expect(response.headers.get('retry-after')).to.match(/^\d+$/);
      expect(await failureOf(response)).to.deep.include({ status: 503, code: 'NATS_UNAVAILABLE' });
      expect((await fetch(`${at.gateway.url}/livez`)).status).to.equal(200);
      expect(await failureOf(await fetch(`${at.gateway.url}/readyz`))).to.deep.include({
        status: 503,
        code: 'NATS_UNAVAILABLE',
      });

      await at.nats.start();
      let accepted: Response;
      do accepted = await at.post({ idea, idempotencyKey: 'k' });
      while (accepted.status === 503);
      expect(accepted.status).to.equal(202);
      const { workflowId } = WorkflowAccepted.parse(await accepted.json());
      const found = await fetch(`${at.gateway.url}/v1/workflows/${workflowId}`);
      expect(WorkflowView.parse(await found.json()).state).to.equal('PENDING');
      expect(await at.taken('normal')).to.have.length(1);
    } finally {
      await at.stop();
    }
  });
});
