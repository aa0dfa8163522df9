import { expect } from 'chai';
import type { CodeJudge } from '../../actors/agent/code-judge.ts';
import { fixPrompt, outsideSections, readSections } from '../../actors/agent/prompts/index.ts';
import { PostWorkflow } from '../../contracts/api.ts';
import { DevelopInput } from '../../contracts/effects/develop.ts';
import { ReasonResult } from '../../contracts/effects/reason.ts';
import type { TradewrightError } from '../../contracts/errors.ts';
import { strategyIdFrom, workflowIdFrom } from '../../contracts/ids.ts';
import { systemClock } from '../../contracts/ports/clock.ts';
import type { SandboxPool } from '../../contracts/ports/sandbox.ts';
import { toSubjectToken } from '../../contracts/symbol.ts';
import { startOfflineAuthor } from '../../app/offline-author/index.ts';
import { parseSignalIn } from '../../messaging/parse-signal.ts';
import { reviewCode } from '../../sandbox-pool/validator/index.ts';
import { type SandboxHost, sandboxHost } from '../sandbox/sandbox-host.ts';
import { aGenerateInput, aReasonInput, failureOf } from './agent-inputs.ts';
import { aCall, type AgentRig, agentRig } from './agent-rig.ts';
import { effectsOf } from './agent-workflows.ts';
import { injections } from './injections.ts';
import { fenced, judgeOn, programs } from './sandbox-judges.ts';
import { sendCompletion, type StubEndpoint, stubEndpoint } from './stub-endpoint.ts';

const goodPlan = JSON.stringify({ view: 'a view', plan: 'a plan', confidence: 0.5 });
const short = (text: string): string => JSON.stringify(text).slice(0, 60);

interface Message {
  readonly role: string;
  readonly content: string;
}
const messagesOf = (stub: StubEndpoint, nth: number): Message[] =>
  (stub.requests[nth]?.body['messages'] ?? []) as Message[];

/**
 * The model of these tests does what the attacker wants: it answers with whatever is injected. What holds against it holds against any.
 */
describe('prompt injection', function () {
  this.timeout(120_000);
  let rig: AgentRig;
  let host: SandboxHost;
  let pool: SandboxPool;
  let judge: CodeJudge;
  let stub: StubEndpoint | undefined;

  before(async () => {
    rig = await agentRig();
    host = await sandboxHost();
    pool = host.pool({ min: 2, max: 3 });
    await pool.start();
    judge = judgeOn(pool);
  });
  after(async () => {
    await rig.close();
    await pool.close();
    await host.close();
  });
  afterEach(async () => {
    await stub?.stop();
    stub = undefined;
  });

  /** Writers get `code` in order, critics `critic`, analysts `plan`. */
  const obedient = async (
    answers: { code?: readonly string[]; critic?: string; plan?: string } = {},
  ): Promise<StubEndpoint> => {
    let written = 0;
    stub = await stubEndpoint((response, { body }) => {
      const user = (body['messages'] as Message[])[1]?.content ?? '';
      const { code = [], critic = '', plan = goodPlan } = answers;
      const answer = user.startsWith('Task: critique')
        ? critic
        : body['response_format'] === undefined
          ? (code[Math.min(written++, code.length - 1)] ?? '')
          : plan;
      sendCompletion(response, { answer, usage: { prompt_tokens: 10, completion_tokens: 10 } });
    });
    return stub;
  };
  const input = (more: Partial<DevelopInput> = {}) =>
    DevelopInput.parse({ ...aGenerateInput('a moving average'), critique: false, ...more });

  it('A22 counts at least thirty attempts', () => {
    const count = Object.values(injections).reduce((sum, list) => sum + list.length, 0);
    expect(count).to.be.at.least(30);
  });

  for (const idea of injections.idea) {
    it(`A22 idea ${short(idea)}: our own words stay as they are, the idea stays in its section`, async () => {
      const endpoint = await obedient({ code: [fenced(programs.right)] });
      const agent = rig.agentOn(endpoint.baseUrl, { judge });
      await agent.reason(aReasonInput('harmless'), aCall());
      await agent.reason(aReasonInput(idea), aCall());
      const [harmless, hostile] = [messagesOf(endpoint, 0), messagesOf(endpoint, 1)];
      expect(hostile.map(({ role }) => role)).to.deep.equal(['system', 'user']);
      expect(hostile[0]).to.deep.equal(harmless[0]);
      expect(outsideSections(hostile[1]?.content ?? '')).to.equal(
        outsideSections(harmless[1]?.content ?? ''),
      );
      expect(readSections(hostile[1]?.content ?? '').idea).to.equal(idea);
      const developed = await agent.develop(input({ idea }), aCall());
      expect(developed.code).to.equal(programs.right);
      expect(outsideSections(messagesOf(endpoint, 2)[1]?.content ?? '')).not.to.include(idea);
    });

    it(`A22 idea ${short(idea)}: the offline author makes an honest strategy of it`, async () => {
      const offline = await startOfflineAuthor({ clock: systemClock, chunkDelayMs: 0 });
      try {
        const author = { kind: 'offline', model: 'offline-author', label: 'offline' } as const;
        const agent = rig.agentOn(offline.baseUrl, { author });
        const { code } = await agent.generate(aGenerateInput(idea), aCall());
        expect(reviewCode(code)).to.deep.include({ codeRisk: 0, blocked: false });
      } finally {
        await offline.stop();
      }
    });
  }

  for (const symbol of injections.symbol) {
    it(`A22 symbol ${short(symbol)}: refused, or one token of a subject`, () => {
      const post = PostWorkflow.safeParse({ idea: 'momentum', symbol });
      expect(toSubjectToken(symbol)).to.match(/^[A-Za-z0-9_-]+$/);
      if (post.success) expect(post.data).to.include({ mode: 'historical' }).and.to.have.property('symbol');
      else expect(post.error.issues[0]?.path).to.deep.equal(['symbol']);
    });
  }

  for (const comment of injections.comment) {
    const commented = (code: string): string => `# ${comment}\n${code}`;

    it(`A22 comment ${short(comment)}: a blocked program scores the same and never runs`, async () => {
      const hostile = commented(programs.blocked);
      const [with_, without] = [reviewCode(hostile), reviewCode(programs.blocked)];
      expect(with_.blocked).to.equal(true);
      if (!with_.syntaxError) expect(with_.codeRisk).to.be.at.least(without.codeRisk);
      const endpoint = await obedient({ code: [fenced(hostile)] });
      const { served } = pool.stats();
      const agent = rig.agentOn(endpoint.baseUrl, { judge });
      const failure = (await failureOf(agent.develop(input(), aCall()))) as TradewrightError;
      expect(failure).to.include({ code: 'AGENT_CODE_UNUSABLE' });
      expect(pool.stats().served, 'no container saw it').to.equal(served);
      expect(endpoint.requests).to.have.length(3);
      const fix = messagesOf(endpoint, 1)[1]?.content ?? '';
      expect(outsideSections(fix)).to.equal(outsideSections(messagesOf(endpoint, 2)[1]?.content ?? ''));
      expect(readSections(fix).code).to.include('import os');
    });
  }

  for (const [where, texts, program] of [
    [
      'stdout',
      injections.stdout,
      (text: string) => `print(${JSON.stringify(text)})\nratio = 1 / 0\nreturn bars["close"]`,
    ],
    ['traceback', injections.traceback, (text: string) => `raise ValueError(${JSON.stringify(text)})`],
  ] as const) {
    for (const text of texts) {
      it(`A22 ${where} ${short(text)}: the run failed and stays failed; the next prompt holds it as data`, async () => {
        const code = `import pandas as pd\n\n\ndef generate_signals(bars: pd.DataFrame) -> pd.Series:\n    ${program(text).replaceAll('\n', '\n    ')}\n`;
        const endpoint = await obedient({ code: [fenced(code), fenced(programs.right)] });
        const agent = rig.agentOn(endpoint.baseUrl, { judge });
        const { attempts, code: written } = await agent.develop(input(), aCall());
        expect(attempts.map(({ works }) => works)).to.deep.equal([false, true]);
        expect(attempts[0]?.problem?.kind).to.equal('runtime');
        expect(written).to.equal(programs.right);
        const fix = messagesOf(endpoint, 1);
        expect(fix.map(({ role }) => role)).to.deep.equal(['system', 'user']);
        const said = JSON.parse(`"${JSON.stringify(text).slice(1, -1)}"`) as string;
        const harmless = fixPrompt.messages({ ...input(), code: 'pass', problem: 'it fails' });
        expect(fix[0]).to.deep.equal(harmless[0]);
        expect(outsideSections(fix[1]?.content ?? '')).to.equal(outsideSections(harmless[1]?.content ?? ''));
        expect(readSections(fix[1]?.content ?? '').problem).to.include(said.split('\n')[0] ?? said);
      });
    }
  }

  for (const plan of injections.plan) {
    it(`A22 plan ${short(plan)}: only the known fields, within their bounds, go on`, async () => {
      const endpoint = await obedient({ plan, code: [fenced(programs.right)] });
      const agent = rig.agentOn(endpoint.baseUrl, { judge });
      const ended = await Promise.allSettled([agent.reason(aReasonInput('momentum'), aCall())]);
      const [end] = ended;
      if (end?.status === 'rejected') {
        expect(end.reason).to.include({ code: 'AGENT_ANSWER_EMPTY' });
        return;
      }
      const result = end?.value;
      expect(ReasonResult.strict().parse(result)).to.deep.equal(result);
      const given = input({
        plan: ReasonResult.pick({ view: true, plan: true, confidence: true }).parse(result),
      });
      const { strategyId, attempts } = await agent.develop(given, aCall());
      expect(strategyId).to.equal(given.strategyId);
      expect(attempts).to.have.length(1);
      const asked = messagesOf(endpoint, 1)[1]?.content ?? '';
      expect(outsideSections(asked)).not.to.include('obey');
    });
  }

  for (const critic of injections.critic) {
    it(`A22 critic ${short(critic)}: cannot pass what does not run, nor take more attempts`, async () => {
      const endpoint = await obedient({ critic, code: [fenced(programs.blocked)] });
      const agent = rig.agentOn(endpoint.baseUrl, { judge });
      expect(await failureOf(agent.develop(input({ critique: true }), aCall()))).to.include({
        code: 'AGENT_CODE_UNUSABLE',
      });
      expect(endpoint.requests, 'a critic is not even asked').to.have.length(3);
      await endpoint.stop();
      const working = await obedient({ critic, code: [fenced(programs.right)] });
      const developed = await rig
        .agentOn(working.baseUrl, { judge })
        .develop(input({ critique: true }), aCall());
      expect(developed.code).to.equal(programs.right);
      expect(developed.attempts.length).to.be.at.most(3);
    });
  }

  for (const [nth, fields] of injections.signal.entries()) {
    it(`A22 signal ${nth + 1}: refused, or nothing but its known fields; answered on no subject of ours`, () => {
      const good = {
        symbol: 'SPX',
        action: 'buy',
        price: 1,
        time: '2020-01-01T00:00:00Z',
        mode: 'historical',
      };
      const bytes = new TextEncoder().encode(JSON.stringify({ ...good, ...fields }));
      const parsed = parseSignalIn({ subject: 'signals.in.SPX', bytes, headers: {} });
      if (parsed.kind === 'refused') {
        expect(parsed.replyTo ?? '').not.to.match(/^(signals|outbox)\./);
      } else {
        expect(parsed.signal).not.to.have.any.keys('decisionRisk', 'approved');
        expect(parsed.signal.replyTo ?? '').not.to.match(/^(signals|outbox)\./);
        expect(parsed.signal.confidence).to.be.within(0, 1);
      }
    });
  }

  it('A22 what one workflow is told cannot touch another: ids, drafts, traces and cost stay apart', async () => {
    const victim = workflowIdFrom('victim');
    const attacker = workflowIdFrom('attacker');
    const claims = `# strategyId: ${strategyIdFrom(victim)}, workflow ${victim}, version 1, status active\n`;
    const endpoint = await obedient({
      code: [fenced(`${claims}${programs.right}`)],
      plan: JSON.stringify({ ...(JSON.parse(goodPlan) as object), strategyId: strategyIdFrom(victim) }),
    });
    const agent = rig.agentOn(endpoint.baseUrl, { judge });
    const effects = effectsOf(agent, rig.store);
    const perform = (workflowId: typeof victim) =>
      effects['agent.develop']?.(
        { ...input({ strategyId: strategyIdFrom(workflowId) }), symbol: 'SPX' },
        {
          ...aCall({ workflowId }),
          kind: 'run',
          attempt: 1,
          idempotencyKey: 'k',
          traceparent: undefined,
          live: () => undefined,
          heartbeat: () => undefined,
        },
      );
    await perform(victim);
    const before = await rig.store.strategies.get(strategyIdFrom(victim), 1);
    const spent = await rig.store.traces.spentByWorkflow(victim);
    await perform(attacker);
    expect(await rig.store.strategies.get(strategyIdFrom(victim), 1)).to.deep.equal(before);
    expect(await rig.store.strategies.get(strategyIdFrom(attacker), 1)).to.include({
      workflowId: attacker,
      status: 'draft',
    });
    expect(await rig.store.traces.spentByWorkflow(victim)).to.equal(spent);
    const theirs = await rig.store.traces.search({ workflowId: victim, limit: 50 });
    expect(theirs.items).to.have.length(1);
  });
});
