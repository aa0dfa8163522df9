import { expect } from 'chai';
import { workflowIdFrom } from '../../contracts/ids.ts';
import { systemClock, type Clock } from '../../contracts/ports/clock.ts';
import { TradewrightError } from '../../contracts/errors.ts';
import { eventually } from '../support/eventually.ts';
import { aGenerateInput, aReasonInput, failureOf } from './agent-inputs.ts';
import { aCall, type AgentRig, agentRig } from './agent-rig.ts';
import {
  beginStream,
  delta,
  sendCompletion,
  sendError,
  type StubEndpoint,
  stubEndpoint,
} from './stub-endpoint.ts';

const plan = JSON.stringify({ view: 'a view', plan: 'a plan', confidence: 0.5 });
const usage = { prompt_tokens: 1_000, completion_tokens: 1_000 };
/** 1,000 tokens in at $2 and 1,000 out at $3 a million. */
const ONE_CALL_USD = 0.005;

describe('guards of the agent', () => {
  let rig: AgentRig;
  let stub: StubEndpoint;
  beforeEach(async () => {
    rig = await agentRig();
  });
  afterEach(async () => {
    await rig.close();
    await stub?.stop();
  });
  const healthy = () => stubEndpoint((response) => sendCompletion(response, { answer: plan, usage }));
  const reasonInput = (nth = 0) => aReasonInput(`idea ${nth}`);

  describe('circuit', () => {
    it('A18 an endpoint that fails is left alone, visibly, and asked again by one probe', async () => {
      let ill = true;
      let skewMs = 0;
      const clock: Clock = { ...systemClock, now: () => systemClock.now() + skewMs };
      stub = await stubEndpoint((response) =>
        ill
          ? sendError(response, 503, { message: 'overloaded' })
          : sendCompletion(response, { answer: plan }),
      );
      const agent = rig.agentOn(stub.baseUrl, {
        clock,
        limits: { breakerFailures: 3, breakerOpenMs: 60_000 },
      });
      const ask = () => failureOf(agent.reason(reasonInput(), aCall()));
      for (let nth = 0; nth < 3; nth += 1) expect(await ask()).to.include({ code: 'AGENT_UNAVAILABLE' });
      expect(await ask()).to.include({ code: 'AGENT_CIRCUIT_OPEN', kind: 'retryable' });
      expect(stub.requests, 'nobody was asked').to.have.length(3);
      expect((await agent.stats()).breaker).to.include({ state: 'open', failures: 3 });
      skewMs = 60_000;
      expect((await agent.stats()).breaker.state).to.equal('half-open');
      expect(await ask(), 'the probe').to.include({ code: 'AGENT_UNAVAILABLE' });
      expect(await ask()).to.include({ code: 'AGENT_CIRCUIT_OPEN' });
      ill = false;
      skewMs = 400_000;
      expect(await agent.reason(reasonInput(), aCall())).to.include({ plan: 'a plan' });
      expect((await agent.stats()).breaker).to.include({ state: 'closed', failures: 0 });
    });

    it('A18 wrong keys, refusals and answers of no use do not open it', async () => {
      const statuses = [401, 402, 400, 422, 429];
      stub = await stubEndpoint((response, _request, nth) =>
        sendError(response, statuses[nth] ?? 400, { message: 'no' }, { 'retry-after-ms': '1' }),
      );
      const agent = rig.agentOn(stub.baseUrl, { limits: { breakerFailures: 1 } });
      for (const _ of statuses) await failureOf(agent.reason(reasonInput(), aCall()));
      expect((await agent.stats()).breaker.state).to.equal('closed');
      expect(stub.requests).to.have.length(statuses.length);
    });
  });

  describe('budget', () => {
    const limits = (usdPerWorkflow: number | null, usdPerDay: number | null, maxTokens = 1_000) => ({
      maxTokens,
      budget: { usdPerWorkflow, usdPerDay },
    });
    const other = workflowIdFrom('another test');

    it('A19 stops a workflow before its budget could be exceeded; others go on', async () => {
      stub = await healthy();
      // One call can cost at most what its prompt's bytes and 1,000 tokens of answer cost: less than 0.02.
      const agent = rig.agentOn(stub.baseUrl, { limits: limits(0.03, null) });
      let calls = 0;
      let failure: unknown;
      while (failure === undefined && calls < 20) {
        try {
          await agent.reason(reasonInput(calls), aCall());
          calls += 1;
        } catch (thrown) {
          failure = thrown;
        }
      }
      expect(failure)
        .to.be.instanceOf(TradewrightError)
        .that.includes({ code: 'AGENT_BUDGET', kind: 'terminal' });
      expect(String(failure)).to.include('$0.0300');
      expect(calls, 'some were made').to.be.within(2, 5);
      expect(stub.requests).to.have.length(calls);
      expect(calls * ONE_CALL_USD).to.be.at.most(0.03);
      expect((await agent.reason(reasonInput(99), aCall({ workflowId: other }))).usage.costUsd).to.equal(
        ONE_CALL_USD,
      );
    });

    it('A19 calls at the same time cannot exceed it together', async () => {
      stub = await healthy();
      const agent = rig.agentOn(stub.baseUrl, { limits: { ...limits(null, 0.03), concurrency: 10 } });
      const ends = await Promise.allSettled(
        Array.from({ length: 10 }, (_, nth) => agent.reason(reasonInput(nth), aCall({ workflowId: other }))),
      );
      const made = ends.filter(({ status }) => status === 'fulfilled').length;
      expect(made).to.be.within(1, 5);
      expect(stub.requests).to.have.length(made);
      expect((await agent.stats()).today.spentUsd).to.be.closeTo(made * ONE_CALL_USD, 1e-12);
    });

    it('A19 a day’s spending is known after a restart, over all workflows', async () => {
      stub = await healthy();
      await rig.agentOn(stub.baseUrl, { limits: limits(null, 1) }).reason(reasonInput(1), aCall());
      const later = rig.agentOn(stub.baseUrl, { limits: limits(0.001, ONE_CALL_USD) });
      expect((await later.stats()).today.spentUsd).to.be.closeTo(ONE_CALL_USD, 1e-12);
      const call = aCall({ workflowId: other });
      expect(await failureOf(later.reason(reasonInput(2), call))).to.include({ code: 'AGENT_BUDGET' });
      expect(stub.requests).to.have.length(1);
    });

    it('A19 a call whose cost nobody told counts as the dearest it can have been; one that was refused as nothing', async () => {
      stub = await stubEndpoint((response, _request, nth) => {
        if (nth === 0) sendError(response, 500, { message: 'oh' });
        else {
          beginStream(response).write(delta({ content: 'and' }));
          setImmediate(() => response.destroy());
        }
      });
      const agent = rig.agentOn(stub.baseUrl, { limits: limits(10, 10, 100_000) });
      await failureOf(agent.reason(reasonInput(1), aCall()));
      expect((await agent.stats()).today.spentUsd).to.equal(0);
      await failureOf(agent.reason(reasonInput(2), aCall()));
      expect((await agent.stats()).today.spentUsd).to.be.within(0.3, 0.32);
      expect((await agent.stats()).usage.costUsd, 'what was told').to.equal(0);
      const [refused, cut] = await rig.traces();
      expect(refused).to.include({ status: 'failed', budgetUsd: 0 });
      expect(cut?.budgetUsd).to.be.within(0.3, 0.32);
      expect(cut?.answer, 'what had come').to.equal('and');
    });

    it('A19 a call that was under way when its process died counts in full', async () => {
      stub = await stubEndpoint((response) => void beginStream(response));
      const agent = rig.agentOn(stub.baseUrl, { limits: limits(10, 10, 100_000) });
      const abort = new AbortController();
      const running = failureOf(agent.reason(reasonInput(), aCall({ signal: abort.signal })));
      await eventually(() => stub.requests.length === 1);
      const [asked] = await rig.traces();
      expect(asked).to.include({ status: 'asked' });
      const afterDeath = rig.agentOn(stub.baseUrl, { limits: limits(10, 10) });
      expect((await afterDeath.stats()).today.spentUsd).to.be.within(0.3, 0.32);
      abort.abort();
      await running;
    });
  });

  describe('response cache', () => {
    it('A17 the same question gets the same answer without a call, after a restart too', async () => {
      stub = await stubEndpoint((response, _request, nth) =>
        sendCompletion(response, {
          reasoning: 'thinking',
          answer: JSON.stringify({ view: `view ${nth}`, plan: 'p', confidence: 0.5 }),
          usage,
        }),
      );
      const first = await rig.agentOn(stub.baseUrl, { cache: true }).reason(reasonInput(), aCall());
      const again = rig.agentOn(stub.baseUrl, { cache: true });
      const shown: string[] = [];
      const second = await again.reason(reasonInput(), aCall({ onReasoning: (text) => shown.push(text) }));
      expect(second).to.deep.equal({ ...first, usage: { ...first.usage, calls: 0, ...free } });
      expect(shown).to.deep.equal(['thinking']);
      expect(stub.requests).to.have.length(1);
      expect((await again.stats()).cache).to.deep.equal({ hits: 1, misses: 0 });
      const [asked, cached] = await rig.traces();
      expect(asked).to.include({ cached: false, budgetUsd: ONE_CALL_USD });
      expect(cached).to.include({ cached: true, budgetUsd: 0, status: 'answered', answer: asked?.answer });
    });

    it('A17 everything that decides an answer is part of its key', async () => {
      stub = await healthy();
      const ask = (more: Parameters<AgentRig['agentOn']>[1], input = reasonInput()) =>
        rig.agentOn(stub.baseUrl, { cache: true, ...more }).reason(input, aCall());
      await ask({});
      const others = [
        () => ask({}, reasonInput(1)),
        () => ask({}, aReasonInput('idea 0', 2)),
        () => ask({ author: { kind: 'llm', model: 'another', label: 'another' } }),
        () => ask({ client: { extraBody: { thinking: { type: 'disabled' } } } }),
        () => ask({ limits: { maxTokens: 77 } }),
        () => rig.agentOn(`${stub.baseUrl}/`, { cache: true }).reason(reasonInput(), aCall()),
      ];
      for (const [nth, other] of others.entries()) {
        await other();
        expect(stub.requests, `question ${nth}`).to.have.length(nth + 2);
      }
      await ask({});
      expect(stub.requests).to.have.length(others.length + 1);
    });

    it('A17 an answer of no use is not kept', async () => {
      stub = await stubEndpoint((response, _request, nth) =>
        sendCompletion(response, {
          answer: nth === 0 ? 'no code' : '```python\ndef generate_signals(bars): ...\n```',
        }),
      );
      const agent = rig.agentOn(stub.baseUrl, { cache: true });
      expect(await failureOf(agent.generate(aGenerateInput('x'), aCall()))).to.include({
        code: 'AGENT_ANSWER_EMPTY',
      });
      expect((await agent.generate(aGenerateInput('x'), aCall())).code).to.include('generate_signals');
    });
  });
});

const free = {
  promptTokens: 0,
  cacheHitTokens: 0,
  cacheMissTokens: 0,
  completionTokens: 0,
  reasoningTokens: 0,
  costUsd: 0,
};
