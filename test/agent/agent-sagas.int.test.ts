import { expect } from 'chai';
import { join } from 'node:path';
import type { Agent } from '../../actors/agent/agent.ts';
import { startSagaEngine } from '../../actors/saga/saga-engine.ts';
import { type WorkflowId, workflowIdFrom } from '../../contracts/ids.ts';
import { systemClock } from '../../contracts/ports/clock.ts';
import { silentLog } from '../../contracts/ports/log.ts';
import { isTerminal, type WorkflowView } from '../../contracts/workflow-view.ts';
import { openStore, type Store } from '../../persistence/index.ts';
import { Usage } from '../../contracts/author.ts';
import { addUsage, noUsage } from '../../actors/agent/usage.ts';
import { secretRedactor } from '../../actors/agent/redact.ts';
import { createAgent, type AgentLimits } from '../../actors/agent/agent.ts';
import { createModelClient } from '../../actors/agent/model-client.ts';
import { randomKey, traceIdFrom } from '../../contracts/ids.ts';
import { eventually } from '../support/eventually.ts';
import { tempDir } from '../support/temp-dir.ts';
import { seededRandom } from '../../market/look-ahead/seeded-random.ts';
import { anAuthor } from './agent-inputs.ts';
import { prices, untried } from './agent-rig.ts';
import { asking, effectsOf } from './agent-workflows.ts';
import {
  beginStream,
  delta,
  event,
  sendCompletion,
  sendError,
  type StubEndpoint,
  type StubRequest,
  stubEndpoint,
} from './stub-endpoint.ts';
import type { ServerResponse } from 'node:http';

const plan = JSON.stringify({ view: 'a view', plan: 'a plan', confidence: 0.5 });

describe('agent under the sagas', function () {
  this.timeout(240_000);
  let dir: Awaited<ReturnType<typeof tempDir>>;
  let stub: StubEndpoint;
  let close: (() => Promise<void>)[] = [];
  beforeEach(async () => {
    dir = await tempDir();
    close = [];
  });
  afterEach(async () => {
    for (const each of close.reverse()) await each();
    await stub?.stop();
    await dir.remove();
  });

  /** Sagas, agent and traces on one LevelDB, as in the worker. */
  async function start(questions: number, limits: Partial<AgentLimits> = {}) {
    const clock = systemClock;
    const log = silentLog;
    const store: Store = await openStore({ dir: join(dir.path, 'journal'), clock, log });
    const agent: Agent = createAgent({
      client: createModelClient({
        baseUrl: stub.baseUrl,
        apiKey: '',
        model: 'stub-model',
        price: prices,
        clock,
      }),
      author: anAuthor,
      limits: { requestsPerWindow: 100_000, breakerOpenMs: 50, breakerLongestOpenMs: 200, ...limits },
      judge: untried,
      traces: store.traces,
      newTraceId: () => traceIdFrom(randomKey()),
      redact: secretRedactor(),
      clock,
      log,
    });
    const definition = asking(questions);
    const engine = await startSagaEngine({
      journal: store.journal,
      definitions: [definition],
      effects: effectsOf(agent, store),
      clock,
      random: () => 0.5,
      log,
    });
    const stop = async (): Promise<void> => {
      await engine.stop();
      await agent.close();
      await store.close();
    };
    close.push(stop);
    const { sagas } = engine;
    const begin = async (
      key: string,
      lane: 'low' | 'normal' | 'critical' = 'normal',
    ): Promise<WorkflowId> => {
      const workflowId = workflowIdFrom(key);
      await sagas.start({
        type: 'start',
        workflowId,
        definition: { name: definition.name, version: definition.version },
        input: { idea: `idea of ${key}` },
        dedupKey: key,
        lane,
        labels: {},
      });
      return workflowId;
    };
    const view = async (workflowId: WorkflowId): Promise<WorkflowView> => {
      const found = await sagas.get(workflowId);
      if (!found) throw new Error(`no ${workflowId}`);
      return found;
    };
    const ended = (workflowId: WorkflowId) =>
      eventually(
        async () => {
          const found = await view(workflowId);
          return isTerminal(found.state) ? found : undefined;
        },
        { withinMs: 200_000, everyMs: 100, what: `the end of ${workflowId}` },
      );
    return { store, agent, sagas, begin, view, ended, stop };
  }

  it('A14 A19 1,000 questions with a fifth of all calls failing end rightly, tokens and cost exact', async () => {
    const WORKFLOWS = 250;
    const QUESTIONS = 4;
    const ledger = createLedger(20_261_128);
    stub = await stubEndpoint((response, request) => ledger.answer(response, request));
    const { store, agent, begin, ended } = await start(QUESTIONS, { concurrency: 16 });
    const ids = await Promise.all(Array.from({ length: WORKFLOWS }, (_, nth) => begin(`w${nth}`)));
    const views = await Promise.all(ids.map(ended));

    // What should have become of each follows from what it was sent alone.
    let completed = 0;
    let told = noUsage;
    for (const [nth, view] of views.entries()) {
      const sent = ledger.of(`idea of w${nth}`);
      const results = view.steps.filter(({ state }) => state === 'completed');
      if (sent.terminal === undefined) {
        expect(view.state, JSON.stringify(view.error)).to.equal('COMPLETED');
        expect(results).to.have.length(QUESTIONS);
        completed += 1;
      } else {
        expect(view).to.have.nested.property('error.code', sent.terminal);
        expect(view.state).to.equal('FAILED');
        expect(results.length).to.be.below(QUESTIONS);
      }
      const traces = await store.traces.search({ workflowId: view.workflowId, limit: 200 });
      const traced = traces.items.reduce((sum, { usage }) => addUsage(sum, usage), noUsage);
      expect(micro(traced), view.workflowId).to.deep.equal(micro(sent.usage));
      expect(traces.items).to.have.length(sent.calls);
      expect(traces.items.filter(({ status }) => status === 'asked')).to.deep.equal([]);
      for (const { result } of results)
        told = addUsage(told, Usage.parse((result as { usage: unknown }).usage));
    }
    const { usage } = await agent.stats();
    expect(micro(usage)).to.deep.equal(micro(ledger.total()));
    expect(ledger.calls(), 'calls in all').to.be.at.least(1_000);
    expect(ledger.faults() / ledger.calls(), 'share of faults').to.be.within(0.17, 0.23);
    expect(completed, 'most got through').to.be.at.least(WORKFLOWS * 0.6);
    expect(told.promptTokens).to.be.at.most(usage.promptTokens);
    await eventually(() => stub.open === 0, { what: 'every connection closed' });
  });

  it('A3 cancelling workflows in the middle of their calls leaves no open connection', async () => {
    stub = await stubEndpoint((response) => {
      beginStream(response).write(delta({ reasoning_content: 'well, ' }));
    });
    const { sagas, begin, ended, agent } = await start(1, { concurrency: 8 });
    const ids = await Promise.all(Array.from({ length: 12 }, (_, nth) => begin(`c${nth}`)));
    await eventually(() => stub.open === 8, { what: 'eight calls under way' });
    for (const id of ids)
      await sagas.command(id, { type: 'cancel', by: 'a test', reason: 'enough' }, 'a test');
    for (const view of await Promise.all(ids.map(ended))) expect(view.state).to.equal('CANCELLED');
    await eventually(() => stub.open === 0, { what: 'every connection closed' });
    await eventually(async () => {
      const { running, waiting } = await agent.stats();
      return running === 0 && waiting === 0;
    });
    expect(stub.requests.length, 'who waited was never sent').to.be.at.most(8 + 4);
  });

  it('A2 stopping and starting again loses no work and leaks none', async () => {
    let open = false;
    stub = await stubEndpoint((response) => {
      if (open) sendCompletion(response, { answer: plan });
      else beginStream(response).write(delta({ content: '{' }));
    });
    const first = await start(2);
    const ids = await Promise.all(Array.from({ length: 6 }, (_, nth) => first.begin(`r${nth}`)));
    await eventually(() => stub.open === 4);
    close.pop();
    await first.stop();
    await eventually(() => stub.open === 0, { what: 'the calls of the first one closed' });
    open = true;
    const second = await start(2);
    await second.sagas.recover();
    for (const view of await Promise.all(ids.map(second.ended))) {
      expect(view.state).to.equal('COMPLETED');
      expect(view.steps.map(({ state }) => state)).to.deep.equal(['completed', 'completed']);
    }
    expect((await second.agent.stats()).usage.calls).to.equal(12);
  });

  it('A4 an urgent workflow’s call goes before those that wait', async () => {
    const order: string[] = [];
    let release = (): void => undefined;
    stub = await stubEndpoint((response, { body }) => {
      const user = (body['messages'] as { content: string }[])[1]?.content ?? '';
      order.push(/idea of (\w+)/.exec(user)?.[1] ?? '');
      if (order.length === 1) release = () => sendCompletion(response, { answer: plan });
      else sendCompletion(response, { answer: plan });
    });
    const { begin, ended, agent } = await start(1, { concurrency: 1 });
    const ids = [await begin('first')];
    await eventually(() => order.length === 1);
    for (const nth of [1, 2, 3]) ids.push(await begin(`low${nth}`, 'low'));
    await eventually(async () => (await agent.stats()).waiting === 3);
    ids.push(await begin('urgent', 'critical'));
    await eventually(async () => (await agent.stats()).waiting === 4);
    release();
    await Promise.all(ids.map(ended));
    expect(order.slice(0, 2)).to.deep.equal(['first', 'urgent']);
  });

  it('A20 a wrong key or an empty account ends the workflow at once, and says what to do', async () => {
    for (const [status, code, says] of [
      [401, 'AGENT_AUTH', 'check the API key'],
      [402, 'AGENT_PAYMENT', 'top up the account'],
    ] as const) {
      stub = await stubEndpoint((response) => sendError(response, status, { message: 'no' }));
      const { begin, ended, stop } = await start(1);
      const view = await ended(await begin(`key ${status}`));
      expect(view).to.include({ state: 'FAILED' });
      expect(view.error).to.include({ code });
      expect(view.error?.message).to.include(says);
      expect(stub.requests).to.have.length(1);
      close.pop();
      await stop();
      await stub.stop();
    }
  });
});

/** Sums of dollars in whole nano-dollars: the order of additions must not count. */
const micro = ({ costUsd, ...counts }: Usage) => ({ ...counts, nanoUsd: Math.round(costUsd * 1e9) });

/** An endpoint that fails every fifth time by a seeded chance, and keeps the books of what it sent to whom. */
function createLedger(seed: number) {
  const random = seededRandom(seed);
  interface Entry {
    calls: number;
    usage: Usage;
    terminal: string | undefined;
  }
  const entries = new Map<string, Entry>();
  let calls = 0;
  let faults = 0;

  function answer(response: ServerResponse, { body }: StubRequest): void {
    const user = (body['messages'] as { content: string }[])[1]?.content ?? '';
    const [idea = ''] = /idea of w\d+/.exec(user) ?? [];
    const entry = entries.get(idea) ?? { calls: 0, usage: noUsage, terminal: undefined };
    entries.set(idea, entry);
    entry.calls += 1;
    calls += 1;
    const prompt = 50 + Math.floor(random() * 100);
    const hit = Math.floor(random() * prompt);
    const completion = 5 + Math.floor(random() * 50);
    const reasoning = Math.floor(random() * completion);
    const wire = {
      prompt_tokens: prompt,
      prompt_cache_hit_tokens: hit,
      completion_tokens: completion,
      completion_tokens_details: { reasoning_tokens: reasoning },
    };
    const count = (): void => {
      const price = (hit * 1 + (prompt - hit) * 2 + completion * 3) / 1_000_000;
      entry.usage = addUsage(entry.usage, {
        calls: 1,
        promptTokens: prompt,
        cacheHitTokens: hit,
        cacheMissTokens: prompt - hit,
        completionTokens: completion,
        reasoningTokens: reasoning,
        costUsd: price,
      });
    };
    const well = random() >= 0.2;
    if (!well) faults += 1;
    const fault = well ? 'none' : kinds[Math.floor(random() * kinds.length)];
    switch (fault) {
      case 'none':
        count();
        return sendCompletion(response, { reasoning: 'hm', answer: plan, usage: wire });
      case '500':
        return sendError(response, 500, { message: 'oh' });
      case '503':
        return sendError(response, 503, { message: 'busy' }, { 'retry-after': '0' });
      case '429':
        return sendError(response, 429, { message: 'slow down' }, { 'retry-after-ms': '5' });
      case 'cut':
        beginStream(response).write(delta({ content: '{"vi' }));
        return void setImmediate(() => response.destroy());
      case 'cut before a word':
        return void response.destroy();
      case 'blank':
        count();
        return sendCompletion(response, { answer: '  ', usage: wire });
      case 'another shape':
        count();
        return sendCompletion(response, { answer: '{"plan": 1}', usage: wire });
      case 'truncated':
        count();
        return sendCompletion(response, { answer: '{"view": "', finish: 'length', usage: wire });
      case 'garbage':
        beginStream(response).write('data: {not json\n\n');
        return void response.end();
      case 'error in the stream':
        beginStream(response).write(event({ error: { message: 'engine fault', code: 500 } }));
        return void response.end();
      case 'refused':
        count();
        entry.terminal ??= 'AGENT_REFUSED';
        return sendCompletion(response, { answer: 'no', finish: 'content_filter', usage: wire });
      case '422':
        entry.terminal ??= 'AGENT_BAD_REQUEST';
        return sendError(response, 422, { message: 'what?' });
      default:
        throw new Error('no such fault');
    }
  }

  return {
    answer,
    of: (idea: string): Entry => entries.get(idea) ?? { calls: 0, usage: noUsage, terminal: undefined },
    total: (): Usage => [...entries.values()].reduce((sum, { usage }) => addUsage(sum, usage), noUsage),
    calls: () => calls,
    faults: () => faults,
  };
}

const kinds = [
  '500',
  '503',
  '429',
  'cut',
  'cut before a word',
  'blank',
  'another shape',
  'truncated',
  'garbage',
  'error in the stream',
  'refused',
  '422',
] as const;
