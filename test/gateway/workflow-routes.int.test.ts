import { expect } from 'chai';
import { WebSocket } from 'ws';
import { createClient } from '../../contracts/client/index.ts';
import { ApiError } from '../../contracts/api.ts';
import { filterOf } from '../../app/worker/queries.ts';
import { workflowIdFrom } from '../../contracts/ids.ts';
import { subjects } from '../../contracts/subjects.ts';
import type { WorkflowView } from '../../contracts/workflow-view.ts';
import { codeOf } from '../support/code-of.ts';
import { aView, type GatewayHarness, startHarness, status } from './gateway-harness.ts';

describe('workflows over HTTP', () => {
  let at: GatewayHarness;
  const get = (path: string, init?: RequestInit) => fetch(`${at.gateway.url}${path}`, init);
  const failureOf = async (path: string, init?: RequestInit) => {
    const response = await get(path, init);
    return { status: response.status, ...ApiError.parse(await response.json()).error };
  };
  const workflowWith = (key: string, rest: Partial<WorkflowView>) => {
    const workflowId = workflowIdFrom(key);
    at.workflows.set(workflowId, aView(workflowId, rest));
    return workflowId;
  };
  const waiting = { state: 'WAITING', decision: { step: 'decide', deadlineAt: 1, summary: {} } } as const;
  before(async () => {
    at = await startHarness();
  });
  after(() => at.stop());

  it('does not find a workflow that nobody accepted', async () => {
    const failure = await failureOf(`/v1/workflows/${workflowIdFrom('nobody')}`);
    expect(failure).to.deep.include({ status: 404, code: 'NOT_FOUND' });
  });

  it('refuses what is no workflow id', async () => {
    for (const bad of [
      'nonsense',
      'wf_UPPER',
      `${workflowIdFrom('a')}x`,
      '..%2f..%2fetc%2fpasswd',
      'x'.repeat(90),
    ]) {
      expect(await failureOf(`/v1/workflows/${bad}`), bad).to.deep.include({
        status: 400,
        code: 'INPUT_INVALID',
      });
    }
    for (const bad of ['%', 'x'.repeat(500)]) {
      const failure = await failureOf(`/v1/workflows/${bad}`);
      expect(failure.status, bad).to.be.within(400, 404);
    }
  });

  it('answers other addresses and methods in the same shape', async () => {
    expect(await failureOf('/nowhere')).to.deep.include({ status: 404, code: 'NOT_FOUND' });
    expect(await failureOf('/v1/workflows', { method: 'DELETE' })).to.deep.include({
      status: 404,
      code: 'NOT_FOUND',
    });
    expect(await failureOf('/v1/ws')).to.deep.include({ status: 404, code: 'NOT_FOUND' });
  });

  it('lists with paging', async () => {
    const workflowId = workflowWith('listed', { state: 'COMPLETED', input: { secret: 'not in a list' } });
    const { items, cursor } = await at.client.list({ state: 'COMPLETED', limit: 7, cursor: 'c' });
    expect(at.worker.listQueries.at(-1)).to.deep.equal({ state: 'COMPLETED', limit: 7, cursor: 'c' });
    expect(items.find((item) => item.workflowId === workflowId)).to.deep.include({ state: 'COMPLETED' });
    expect(JSON.stringify(items)).not.to.include('secret');
    expect(cursor).to.equal('next');
    expect(await failureOf('/v1/workflows?limit=1000')).to.deep.include({
      status: 400,
      code: 'INPUT_INVALID',
    });
    expect(await failureOf('/v1/workflows?state=ODD')).to.deep.include({
      status: 400,
      code: 'INPUT_INVALID',
    });
  });

  it('S25 passes on by which label, symbol and time to list', async () => {
    const asked = {
      symbol: 'BRK.B',
      label: ['mode:paper', 'desk:a:b'],
      startedFrom: '2026-01-01',
      startedBefore: '2026-02-01T00:00:00Z',
    };
    await at.client.list(asked);
    const query = at.worker.listQueries.at(-1);
    expect(query).to.deep.equal({ ...asked, limit: 50 });
    expect(query && filterOf(query)).to.deep.equal({
      limit: 50,
      labels: { mode: 'paper', desk: 'a:b', symbol: 'BRK.B' },
      startedFrom: Date.UTC(2026, 0, 1),
      startedBefore: Date.UTC(2026, 1, 1),
    });
    for (const bad of ['label=mode', 'startedFrom=yesterday', 'label=:x'])
      expect(await failureOf(`/v1/workflows?${bad}`), bad).to.deep.include({
        status: 400,
        code: 'INPUT_INVALID',
      });
  });

  it('S16 forks from a step it has, also when it has ended: the answer names the fork', async () => {
    const steps = [{ name: 'reason', state: 'completed', executions: 1, ms: 1 }] as const;
    const workflowId = workflowWith('to-fork', { state: 'COMPLETED', steps: [...steps] });
    const fork = { step: 'reason', by: 'ada', idempotencyKey: 'once' };
    const first = await at.client.fork(workflowId, fork);
    expect(first).to.deep.include({ forkedFrom: workflowId, step: 'reason', duplicate: false });
    expect(await at.client.fork(workflowId, fork)).to.deep.equal({ ...first, duplicate: true });
    const [task, more] = await at.taken('critical');
    expect(more).to.equal(undefined);
    expect(task?.payload).to.deep.include({ type: 'fork', workflowId, step: 'reason', by: 'ada' });
    expect(workflowIdFrom((task?.payload as { forkKey: string }).forkKey)).to.equal(first.workflowId);
    expect(await codeOf(at.client.fork(workflowId, { step: 'nothing' }))).to.equal('NOT_FOUND');
    expect(await codeOf(at.client.fork(workflowId, { step: 'NO STEP' }))).to.equal('INPUT_INVALID');
    expect(await codeOf(at.client.fork(workflowIdFrom('nobody'), { step: 'reason' }))).to.equal('NOT_FOUND');
  });

  it('S14 puts a cancel on the critical lane, once per key', async () => {
    const workflowId = workflowWith('to-cancel', {});
    const cancel = { by: 'kim', reason: 'changed my mind', idempotencyKey: 'c1' };
    expect(await at.client.cancel(workflowId, cancel)).to.deep.equal({
      workflowId,
      command: 'cancel',
      duplicate: false,
    });
    expect((await at.client.cancel(workflowId, cancel)).duplicate).to.equal(true);
    const tasks = await at.taken('critical');
    expect(tasks.map(({ type, payload }) => ({ type, payload }))).to.deep.equal([
      {
        type: 'workflow-command',
        payload: { type: 'cancel', workflowId, by: 'kim', reason: 'changed my mind' },
      },
    ]);
  });

  it('cancels without a body', async () => {
    const workflowId = workflowWith('to-cancel-2', {});
    expect((await get(`/v1/workflows/${workflowId}/cancel`, { method: 'POST' })).status).to.equal(202);
    const [task] = await at.taken('critical');
    expect(task?.payload).to.deep.equal({ type: 'cancel', workflowId, by: 'api', reason: '' });
  });

  it('S18 puts a decision on the critical lane', async () => {
    const workflowId = workflowWith('to-decide', waiting);
    await at.client.decide(workflowId, { verdict: 'approve', by: 'kim', reason: 'fine' });
    const [task] = await at.taken('critical');
    expect(task?.payload).to.deep.equal({
      type: 'decide',
      workflowId,
      verdict: 'approve',
      by: 'kim',
      reason: 'fine',
    });
  });

  it('refuses commands that cannot apply, and sends nothing', async () => {
    const ended = workflowWith('ended', { state: 'COMPLETED' });
    const running = workflowWith('running', {});
    expect(await codeOf(at.client.cancel(ended))).to.equal('WORKFLOW_STATE');
    expect(await codeOf(at.client.decide(running, { verdict: 'reject' }))).to.equal('WORKFLOW_STATE');
    expect(await codeOf(at.client.cancel(workflowIdFrom('nobody')))).to.equal('NOT_FOUND');
    const maybe = { verdict: 'maybe' } as unknown as { verdict: 'approve' };
    expect(await codeOf(at.client.decide(running, maybe))).to.equal('INPUT_INVALID');
    expect(await at.taken('critical')).to.be.empty;
  });

  it('reports status, liveness and readiness', async () => {
    expect(await at.client.status()).to.deep.equal(status);
    expect((await get('/livez')).status).to.equal(200);
    expect((await get('/readyz')).status).to.equal(200);
    at.worker.ready = false;
    expect(await failureOf('/readyz')).to.deep.include({ status: 503, code: 'NOT_READY' });
    at.worker.ready = true;
  });

  it('describes itself with its schemas', async () => {
    const document = (await (await get('/openapi.json')).json()) as {
      openapi: string;
      paths: Record<string, Record<string, { requestBody?: unknown; responses: Record<string, unknown> }>>;
    };
    expect(document.openapi).to.match(/^3\.1/);
    expect(Object.keys(document.paths)).to.have.members([
      '/v1/workflows',
      '/v1/workflows/{workflowId}',
      '/v1/workflows/{workflowId}/cancel',
      '/v1/workflows/{workflowId}/pause',
      '/v1/workflows/{workflowId}/resume',
      '/v1/workflows/{workflowId}/retry',
      '/v1/workflows/{workflowId}/fork',
      '/v1/workflows/{workflowId}/replay',
      '/v1/workflows/{workflowId}/decision',
      '/v1/journal/verify',
      '/v1/sandbox/review',
      '/v1/sandbox/run',
      '/v1/journal/backup',
      '/v1/journal/retire',
      '/v1/traces',
      '/v1/traces/export',
      '/v1/traces/{traceId}',
      '/v1/strategies/{strategyId}/evolution',
      '/v1/strategies/{strategyId}/explain',
      '/v1/strategies/{strategyId}/analyse',
      '/v1/strategies/{strategyId}/refactor',
      '/v1/status',
      '/livez',
      '/readyz',
      '/v1/tasks',
      '/v1/tasks/{taskId}',
      '/v1/tasks/{taskId}/cancel',
      '/v1/lanes',
      '/v1/lanes/{lane}/pause',
      '/v1/lanes/{lane}/resume',
      '/v1/dead-letters',
      '/v1/dead-letters/{streamSeq}',
      '/v1/dead-letters/{streamSeq}/replay',
      '/v1/dead-letters/replay',
      '/v1/dead-letters/{streamSeq}/purge',
      '/v1/dead-letters/purge',
    ]);
    const post = document.paths['/v1/workflows']?.['post'];
    expect(JSON.stringify(post?.requestBody)).to.include('"idea"').and.to.include('"maxLength":8000');
    expect(Object.keys(post?.responses ?? {})).to.include.members(['202', '4XX', '5XX']);
  });

  it('tells nothing of its inside when the worker answers nonsense', async () => {
    const stop = at.messaging.queries.answer(subjects.query('status'), async () => ({ inner: 'secret' }));
    const other = await at.open();
    try {
      // Two responders share the questions: ask until the odd one was hit.
      let text = '';
      for (let round = 0; round < 50 && !text.includes('INTERNAL'); round++) {
        text = await (await fetch(`${other.url}/v1/status`)).text();
      }
      expect(text).to.include('INTERNAL').and.to.include('requestId');
      expect(text).not.to.match(/secret|zod|stack|query\.status/i);
    } finally {
      stop();
    }
  });

  it('gives the client GATEWAY_UNAVAILABLE, CANCELLED and INPUT_INVALID for what is not the API', async () => {
    const nowhere = createClient({ baseUrl: 'http://127.0.0.1:1', WebSocket });
    expect(await codeOf(nowhere.status())).to.equal('GATEWAY_UNAVAILABLE');
    expect(await codeOf(at.client.status({ signal: AbortSignal.abort() }))).to.equal('CANCELLED');
    expect(() => createClient({ baseUrl: 'not a url', WebSocket })).to.throw('not the address of a gateway');
  });
});
