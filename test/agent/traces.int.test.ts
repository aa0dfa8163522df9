import { expect } from 'chai';
import type { Trace } from '../../contracts/trace.ts';
import { Trace as TraceShape, TraceQuery } from '../../contracts/trace.ts';
import { strategyIdFrom, traceIdFrom, workflowIdFrom } from '../../contracts/ids.ts';
import { secretRedactor } from '../../actors/agent/redact.ts';
import { keptTrace } from '../../actors/agent/kept-trace.ts';
import { noUsage } from '../../actors/agent/usage.ts';
import { aGenerateInput, aReasonInput, anAuthor, failureOf } from './agent-inputs.ts';
import { aCall, type AgentRig, agentRig } from './agent-rig.ts';
import { API_KEY } from './chats.ts';
import { beginStream, delta, sendCompletion, type StubEndpoint, stubEndpoint } from './stub-endpoint.ts';

const DAY_MS = 86_400_000;
const START = Date.parse('2026-03-01T00:00:00Z');
const plan = JSON.stringify({ view: 'a view', plan: 'buy the dip', confidence: 0.4 });

const aTrace = (nth: number, more: Partial<Trace> = {}): Trace =>
  TraceShape.parse({
    schema: 'tradewright.trace/1',
    traceId: traceIdFrom(`trace ${nth}`),
    workflowId: workflowIdFrom(`workflow ${nth % 3}`),
    step: 'generate',
    stepAttempt: 1,
    parentId: null,
    attempt: 1,
    role: 'generate',
    prompt: 'generate/1',
    author: anAuthor,
    model: nth % 2 === 0 ? 'even' : 'odd',
    endpoint: 'host',
    symbol: 'SPX',
    strategyId: strategyIdFrom(workflowIdFrom(`workflow ${nth % 3}`)),
    version: 1,
    status: 'answered',
    cached: false,
    startedAt: START + nth * DAY_MS,
    endedAt: START + nth * DAY_MS + 1,
    ttftMs: 1,
    latencyMs: 1,
    seed: 1,
    messages: [
      { role: 'system', content: 'systemword' },
      { role: 'user', content: `Idee número ${nth}: Überkauft` },
    ],
    reasoning: nth === 5 ? 'zwölf Bären' : 'nothing',
    answer: 'an answer',
    truncated: false,
    code: null,
    codeSha256: null,
    review: null,
    trial: null,
    error: null,
    steps: [],
    confidence: null,
    usage: noUsage,
    usageReported: true,
    budgetUsd: 0.01,
    ...more,
  });

describe('traces', () => {
  let rig: AgentRig;
  let stub: StubEndpoint | undefined;
  beforeEach(async () => {
    rig = await agentRig();
  });
  afterEach(async () => {
    await rig.close();
    await stub?.stop();
    stub = undefined;
  });
  const find = async (query: object) =>
    (await rig.store.traces.search(TraceQuery.parse(query))).items.map(
      ({ startedAt }) => (startedAt - START) / DAY_MS,
    );

  it('A16 keeps what was asked, thought and answered, with tokens, cost, times and confidence', async () => {
    stub = await stubEndpoint((response) =>
      sendCompletion(response, {
        reasoning: 'dips are bought',
        answer: plan,
        usage: {
          prompt_tokens: 10,
          completion_tokens: 5,
          prompt_cache_hit_tokens: 4,
          completion_tokens_details: { reasoning_tokens: 2 },
        },
      }),
    );
    const shown: string[] = [];
    const call = aCall({ step: 'reason', stepAttempt: 2, onReasoning: (text) => shown.push(text) });
    await rig.agentOn(stub.baseUrl).reason(aReasonInput('momentum'), call);
    expect(shown).to.deep.equal(['dips are bought']);
    const [trace] = await rig.traces();
    expect(trace).to.deep.include({
      role: 'reason',
      prompt: 'reason/1',
      step: 'reason',
      stepAttempt: 2,
      status: 'answered',
      reasoning: 'dips are bought',
      answer: plan,
      confidence: 0.4,
      model: 'stub-model',
      endpoint: new URL(stub.baseUrl).host,
      usageReported: true,
    });
    expect(trace?.steps).to.deep.equal([
      { by: 'model', thought: 'dips are bought', decision: 'plan: buy the dip', confidence: 0.4 },
    ]);
    expect(trace?.usage).to.deep.equal({
      calls: 1,
      promptTokens: 10,
      cacheHitTokens: 4,
      cacheMissTokens: 6,
      completionTokens: 5,
      reasoningTokens: 2,
      costUsd: (4 * 1 + 6 * 2 + 5 * 3) / 1_000_000,
    });
    expect(trace?.budgetUsd).to.equal(trace?.usage.costUsd);
    expect(trace?.endedAt).to.be.at.least(trace?.startedAt ?? Infinity);
    expect(trace?.ttftMs).to.be.at.most(trace?.latencyMs ?? -1);
  });

  it('A16 keeps what had come of a call that failed, with why', async () => {
    stub = await stubEndpoint((response) => {
      beginStream(response).write(delta({ reasoning_content: 'so far' }));
      response.write(delta({ content: '{"view"' }));
      setImmediate(() => response.destroy());
    });
    const failure = await failureOf(rig.agentOn(stub.baseUrl).reason(aReasonInput('x'), aCall()));
    const [trace] = await rig.traces();
    expect(trace).to.deep.include({ status: 'failed', reasoning: 'so far', answer: '{"view"' });
    expect(trace?.error).to.include({ code: 'AGENT_UNAVAILABLE' });
    expect(failure).to.have.nested.property('details.traceId', trace?.traceId);
  });

  it('A16 finds traces by words, workflow, strategy, model, role, status and time, newest first', async () => {
    for (let nth = 0; nth < 10; nth += 1) await rig.store.traces.put(aTrace(nth));
    await rig.store.traces.put(aTrace(3, { role: 'fix', status: 'failed', error: someError }));
    const workflowId = workflowIdFrom('workflow 1');
    expect(await find({})).to.deep.equal([9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
    expect(await find({ workflowId })).to.deep.equal([7, 4, 1]);
    expect(await find({ strategyId: strategyIdFrom(workflowId), model: 'odd' })).to.deep.equal([7, 1]);
    expect(await find({ model: 'even' })).to.deep.equal([8, 6, 4, 2, 0]);
    expect(await find({ text: 'ÜBERKAUFT 7' })).to.deep.equal([7]);
    expect(await find({ text: 'überkauft número' })).to.have.length(10);
    expect(await find({ text: 'bären' })).to.deep.equal([5]);
    expect(await find({ text: 'systemword' }), 'our own words').to.deep.equal([]);
    expect(await find({ text: '!?' }), 'no word at all').to.deep.equal([]);
    expect(await find({ role: 'fix', status: 'failed' })).to.deep.equal([3]);
    expect(await find({ text: 'tea' })).to.deep.equal([3]);
    expect(await find({ from: '2026-03-04', before: '2026-03-07' })).to.deep.equal([5, 4, 3]);
    expect(await find({ model: 'odd', from: '2026-03-08T00:00:00Z' })).to.deep.equal([9, 7]);
  });

  it('A16 pages go on where the one before ended, whole traces within their size', async () => {
    for (let nth = 0; nth < 25; nth += 1)
      await rig.store.traces.put(aTrace(nth, { answer: 'x'.repeat(10_000) }));
    const seen: number[] = [];
    let cursor: string | undefined;
    do {
      const page = await rig.store.traces.page(TraceQuery.parse({ cursor }), 45_000);
      expect(page.items).to.have.length.within(1, 4);
      seen.push(...page.items.map(({ startedAt }) => (startedAt - START) / DAY_MS));
      cursor = page.cursor;
    } while (cursor !== undefined);
    expect(seen).to.deep.equal(Array.from({ length: 25 }, (_, nth) => 24 - nth));
    const first = await rig.store.traces.search(TraceQuery.parse({ limit: 10 }));
    const second = await rig.store.traces.search(TraceQuery.parse({ limit: 10, cursor: first.cursor }));
    expect(second.items.map(({ startedAt }) => (startedAt - START) / DAY_MS)).to.deep.equal([
      14, 13, 12, 11, 10, 9, 8, 7, 6, 5,
    ]);
  });

  it('A16 a trace that changed is found by its new words and no longer by its old ones', async () => {
    await rig.store.traces.put(aTrace(1, { answer: 'zebra' }));
    await rig.store.traces.put(aTrace(1, { answer: 'giraffe' }));
    expect(await find({ text: 'zebra' })).to.deep.equal([]);
    expect(await find({ text: 'giraffe' })).to.deep.equal([1]);
  });

  it('A16 old ones are deleted with everything that points at them; a lot at a time', async () => {
    for (let nth = 0; nth < 6; nth += 1) await rig.store.traces.put(aTrace(nth));
    expect(await rig.store.traces.retire(START + 4 * DAY_MS, 3)).to.equal(3);
    expect(await find({})).to.deep.equal([5, 4, 3]);
    expect(await rig.store.traces.retire(START + 4 * DAY_MS, 3)).to.equal(1);
    expect(await rig.store.traces.retire(START + 4 * DAY_MS, 3)).to.equal(0);
    expect(await find({ model: 'odd' })).to.deep.equal([5]);
    expect(await find({ text: 'überkauft' })).to.deep.equal([5, 4]);
    expect(await rig.store.traces.get(aTrace(0).traceId)).to.equal(undefined);
    expect(await rig.store.traces.spentByWorkflow(workflowIdFrom('workflow 0'))).to.equal(0);
    expect((await rig.store.upkeep.verify()).ok).to.equal(true);
  });

  it('A17 cached answers are deleted by age', async () => {
    const { answers } = rig.store;
    const kept = { answer: 'a', reasoning: '', finishReason: 'stop', model: 'm' };
    await answers.put('old', { ...kept, at: 1_000 });
    await answers.put('new', { ...kept, at: 5_000 });
    await answers.put('renewed', { ...kept, at: 1_000 });
    await answers.put('renewed', { ...kept, at: 6_000 });
    expect(await answers.retire(2_000, 100)).to.equal(2);
    expect(await answers.get('old')).to.equal(undefined);
    expect(await answers.get('new')).to.include({ at: 5_000 });
    expect(await answers.get('renewed')).to.include({ at: 6_000 });
  });

  it('A16 secrets are hidden in whatever is stored of a call, and its answer is not cached', async () => {
    const pasted = 'sk-abcdefghijklmnopqrstuvwx0123';
    const code = `# key ${pasted}\ndef generate_signals(bars):\n    return bars["close"] * 0.0\n`;
    stub = await stubEndpoint((response) =>
      sendCompletion(response, {
        reasoning: `the key ${API_KEY} and ghp_0123456789abcdefghij0123`,
        answer: `\`\`\`python\n${code}\`\`\``,
      }),
    );
    const agent = rig.agentOn(stub.baseUrl, { cache: true });
    const result = await agent.generate(aGenerateInput(`momentum, my password: hunter2hunter2`), aCall());
    expect(result.code, 'the code itself is left alone').to.equal(code);
    expect(result.reasoning).not.to.include(API_KEY);
    const stored = JSON.stringify(await rig.traces());
    expect(stored).to.include('[redacted]').and.to.include('momentum');
    for (const secret of [pasted, API_KEY, 'ghp_0123', 'hunter2']) expect(stored).not.to.include(secret);
    await agent.generate(aGenerateInput(`momentum, my password: hunter2hunter2`), aCall());
    expect(stub.requests).to.have.length(2);
  });

  it('A16 hides the usual shapes of secrets and leaves other text as it is', () => {
    const redact = secretRedactor(['the-token-of-the-gateway']);
    const secrets = [
      'sk-proj-abcdefghij0123456789',
      'AKIAIOSFODNN7EXAMPLE',
      'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abcdefghijk_-0',
      'xoxb-1234567890-abcdef',
      '-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----',
      'the-token-of-the-gateway',
      'api_key = "0123456789abcdef"',
      'Authorization: Bearer abcdefghijkl0123',
      'postgres://user:s3cretpass@db',
      'OPENAI_API_KEY=abcdefgh01234567',
    ];
    for (const secret of secrets) {
      const hidden = redact(`before ${secret} after`);
      expect(hidden, secret)
        .to.include('[redacted]')
        .and.to.match(/^before/)
        .and.to.match(/after$/);
      expect(redact(hidden), 'twice').to.equal(hidden);
    }
    for (const plain of [
      'WARMUP_BARS = 20',
      'a token bucket of 50 requests',
      'the bearer of this signal',
      'https://example.org/path?x=1',
      'task sk-1',
    ])
      expect(redact(plain)).to.equal(plain);
  });

  it('A16 the longest texts still fit into one message', () => {
    for (const unit of ['x', '€', '\u0001', '"']) {
      const text = unit.repeat(600_000);
      const kept = keptTrace(
        aTrace(1, {
          messages: [
            { role: 'system', content: text },
            { role: 'user', content: text },
          ],
          reasoning: text,
          answer: text,
          code: text,
        }),
        (raw) => raw,
      );
      expect(kept.truncated).to.equal(true);
      expect(Buffer.byteLength(JSON.stringify(kept))).to.be.below(950_000);
      expect(TraceShape.parse(kept)).to.deep.equal(kept);
      expect(keptTrace(kept, (raw) => raw)).to.deep.equal(kept);
    }
  });
});

const someError = { code: 'AGENT_UNAVAILABLE', kind: 'retryable', message: 'away for tea' } as const;
