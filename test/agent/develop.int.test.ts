import { expect } from 'chai';
import { DevelopInput, DevelopResult } from '../../contracts/effects/develop.ts';
import { Symbol } from '../../contracts/symbol.ts';
import type { SandboxPool } from '../../contracts/ports/sandbox.ts';
import type { TradewrightError } from '../../contracts/errors.ts';
import { tryProgram } from '../../actors/sandbox/trial.ts';
import { openMarketData } from '../../market/data/index.ts';
import { readSections } from '../../actors/agent/prompts/index.ts';
import { type SandboxHost, sandboxHost } from '../sandbox/sandbox-host.ts';
import { aGenerateInput, failureOf } from './agent-inputs.ts';
import { aCall, type AgentRig, agentRig } from './agent-rig.ts';
import { fenced, judgeOn, programs } from './sandbox-judges.ts';
import { sendCompletion, type StubEndpoint, stubEndpoint } from './stub-endpoint.ts';

const usage = { prompt_tokens: 100, completion_tokens: 20, prompt_cache_hit_tokens: 60 };
const oneCallUsd = (60 * 1 + 40 * 2 + 20 * 3) / 1_000_000;
const pass = JSON.stringify({ verdict: 'pass', findings: [], confidence: 0.6 });
const revise = JSON.stringify({
  verdict: 'revise',
  findings: [{ kind: 'hidden-constant', severity: 'high', line: 3, message: 'name the 20' }],
  confidence: 0.7,
});
const SPX = Symbol.parse('SPX');

interface Asked {
  readonly role: string;
  readonly user: string;
}

/** What the endpoint was asked, in order. */
const askedOf = (stub: StubEndpoint): Asked[] =>
  stub.requests.map(({ body }) => {
    const messages = body['messages'] as { content: string }[];
    const user = messages[1]?.content ?? '';
    return { role: /^Task: (\w+)/.exec(user)?.[1] ?? 'generate', user };
  });

describe('fix loop in the sandbox', function () {
  this.timeout(120_000);
  let rig: AgentRig;
  let host: SandboxHost;
  let pool: SandboxPool;
  let stub: StubEndpoint;

  before(async () => {
    rig = await agentRig();
    host = await sandboxHost();
    pool = host.pool({ min: 2, max: 3 });
    await pool.start();
  });
  after(async () => {
    await rig.close();
    await pool.close();
    await host.close();
  });
  afterEach(() => stub?.stop());

  /** Answers writers from `code` in order (the last one for good), critics from `critics`. */
  const answering = (code: readonly string[], critics: readonly string[] = [pass]) => {
    let written = 0;
    let criticised = 0;
    return stubEndpoint((response, { body }) => {
      const user = (body['messages'] as { content: string }[])[1]?.content ?? '';
      const answer = user.startsWith('Task: critique')
        ? critics[Math.min(criticised++, critics.length - 1)]
        : code[Math.min(written++, code.length - 1)];
      sendCompletion(response, { reasoning: 'thinking', answer: answer ?? '', usage });
    });
  };
  const input = (more: Partial<DevelopInput> = {}): DevelopInput =>
    DevelopInput.parse({ ...aGenerateInput('a moving average'), critique: false, ...more });
  const develop = (more: Partial<DevelopInput> = {}, call = aCall()) =>
    rig.agentOn(stub.baseUrl, { judge: judgeOn(pool, { runTimeoutMs: 3_000 }) }).develop(input(more), call);

  it('A6 tries valid code in a container of the pool, on a slice and on shortened ones', async () => {
    const { served } = pool.stats();
    const trial = await judgeOn(pool).trial(programs.right, SPX, aCall());
    expect(trial).to.deep.include({ ok: true, errorKind: null, bars: 600 });
    expect(pool.stats().served).to.equal(served + 1);
  });

  it('A7 a syntax error is found with its line by validator and sandbox alike', async () => {
    expect(judgeOn(pool).review(programs.syntax).syntaxError).to.have.property('line', 7);
    // The validator would not let it come to this.
    const lease = await pool.lease({ code: programs.syntax });
    const { bars } = await openMarketData({ csvDirectory: undefined }).loadBars(SPX);
    try {
      const { signal } = new AbortController();
      const options = { timeoutMs: 5_000, signal, random: () => 0.5, onOutput: () => undefined };
      const trial = await tryProgram(lease, bars, options);
      expect(trial).to.include({ ok: false, errorKind: 'syntax', line: 7 });
      expect(trial.message).to.match(/invalid syntax/);
    } finally {
      await lease.release();
    }
  });

  it('A8 an import that is not there is found in the sandbox', async () => {
    const trial = await judgeOn(pool).trial(programs.import, SPX, aCall());
    expect(trial).to.include({ ok: false, errorKind: 'import' });
    expect(trial.message).to.include('a_library_that_is_not_there');
  });

  it('A11 one attempt when the first code works', async () => {
    stub = await answering([fenced(programs.right)]);
    const result = await develop();
    expect(DevelopResult.parse(result)).to.deep.equal(result);
    expect(result.code).to.equal(programs.right);
    expect(result.attempts).to.have.length(1);
    expect(result.attempts[0]).to.deep.include({ attempt: 1, role: 'generate', works: true, problem: null });
    expect(result.usage).to.include({ calls: 1, promptTokens: 100 });
    expect(stub.requests).to.have.length(1);
  });

  it('A12 the second attempt mends the first; tokens and cost of both are counted', async () => {
    stub = await answering([fenced(programs.runtime), fenced(programs.right)]);
    const result = await develop();
    expect(result.attempts.map(({ role, works, problem }) => [role, works, problem?.kind])).to.deep.equal([
      ['generate', false, 'runtime'],
      ['fix', true, undefined],
    ]);
    expect(result.usage).to.deep.equal({
      calls: 2,
      promptTokens: 200,
      cacheHitTokens: 120,
      cacheMissTokens: 80,
      completionTokens: 40,
      reasoningTokens: 0,
      costUsd: 2 * oneCallUsd,
    });
  });

  it('A10 a fix is asked for with the request, the code and the exact error, as sealed data', async () => {
    stub = await answering([fenced(programs.runtime), fenced(programs.right)]);
    await develop();
    const [, fix] = askedOf(stub);
    expect(fix?.role).to.equal('fix');
    const sections = readSections(fix?.user ?? '');
    expect(sections.idea).to.equal('a moving average');
    expect(sections.code).to.equal(programs.runtime);
    expect(sections.problem)
      .to.include('ZeroDivisionError')
      .and.to.include('line 7')
      .and.to.include('Traceback');
  });

  for (const [kind, code] of [
    ['syntax', programs.syntax],
    ['blocked', programs.blocked],
    ['import', programs.import],
    ['contract', programs.contract],
    ['look-ahead', programs.lookAhead],
    ['timeout', programs.slow],
    ['no-code', 'I would rather not.'],
  ] as const) {
    it(`A12 a first answer with the fault "${kind}" is mended`, async () => {
      stub = await answering([kind === 'no-code' ? code : fenced(code), fenced(programs.right)]);
      const { attempts, code: written } = await develop();
      expect(attempts.map(({ problem }) => problem?.kind ?? null)).to.deep.equal([kind, null]);
      expect(written).to.equal(programs.right);
      expect(readSections(askedOf(stub)[1]?.user ?? '').problem).to.match(new RegExp(`^${kind}`));
    });
  }

  it('A13 stops after three attempts with the last error, and keeps every attempt', async () => {
    stub = await answering([fenced(programs.syntax), fenced(programs.blocked), fenced(programs.import)]);
    const call = aCall({ stepAttempt: 7 });
    const failure = (await failureOf(develop({}, call))) as TradewrightError;
    expect(failure).to.include({ code: 'AGENT_CODE_UNUSABLE', kind: 'terminal' });
    expect(failure.message).to.include('3 attempts').and.to.include('a_library_that_is_not_there');
    expect(failure.details).to.have.nested.property('usage.calls', 3);
    expect(stub.requests).to.have.length(3);
    const kept = (await rig.traces()).filter(({ stepAttempt }) => stepAttempt === 7);
    expect(kept.map(({ role, code }) => [role, code])).to.deep.equal([
      ['generate', programs.syntax],
      ['fix', programs.blocked],
      ['fix', programs.import],
    ]);
    expect(kept.map(({ parentId }) => parentId)).to.deep.equal([null, kept[0]?.traceId, kept[1]?.traceId]);
    expect(kept[1]?.review).to.include({ blocked: true });
    expect(kept[2]?.trial).to.include({ ok: false, errorKind: 'import' });
    for (const trace of kept) {
      expect(trace.reasoning).to.equal('thinking');
      expect(trace.answer).to.include('```python');
      expect(trace.messages).to.have.length(2);
      expect(trace.usage).to.include({ calls: 1, cacheHitTokens: 60, cacheMissTokens: 40 });
      expect(trace.ttftMs).to.be.a('number');
      expect(trace.steps.map(({ by }) => by)).to.include.members(['model', 'validator']);
    }
  });

  it('A13 takes as many attempts as it is given, and no more', async () => {
    stub = await answering([fenced(programs.syntax)]);
    const failure = (await failureOf(develop({ maxAttempts: 5 }))) as TradewrightError;
    expect(failure.details?.['attempts']).to.have.length(5);
    expect(stub.requests).to.have.length(5);
  });

  for (const [what, code, says] of [
    ['does not run', programs.runtime, 'ZeroDivisionError'],
    ['is dangerous', programs.blocked, 'validator'],
  ] as const) {
    it(`A15 with auto-fix off code that ${what} is still judged and not called done`, async () => {
      stub = await answering([fenced(code)]);
      const failure = (await failureOf(develop({ autoFix: false }))) as TradewrightError;
      expect(failure).to.include({ code: 'AGENT_CODE_UNUSABLE' });
      expect(failure.message).to.include('one attempt').and.to.include(says);
      expect(stub.requests).to.have.length(1);
    });
  }

  it('A15 with auto-fix off code that works is taken', async () => {
    stub = await answering([fenced(programs.right)]);
    expect((await develop({ autoFix: false })).attempts).to.have.length(1);
  });

  it('A10 what the critic finds grave is mended; its call counts and follows the one that wrote', async () => {
    const better = programs.right.replace('20)', '30)');
    stub = await answering([fenced(programs.right), fenced(better)], [revise, pass]);
    const call = aCall({ stepAttempt: 8 });
    const result = await develop({ critique: true }, call);
    expect(result.code).to.equal(better);
    expect(result.critique).to.include({ verdict: 'pass' });
    expect(result.attempts.map(({ works, problem }) => [works, problem?.kind])).to.deep.equal([
      [true, 'critique'],
      [true, undefined],
    ]);
    expect(result.usage.calls).to.equal(4);
    expect(askedOf(stub).map(({ role }) => role)).to.deep.equal(['generate', 'critique', 'fix', 'critique']);
    expect(readSections(askedOf(stub)[2]?.user ?? '').problem).to.include('name the 20');
    const kept = (await rig.traces()).filter(({ stepAttempt }) => stepAttempt === 8);
    expect(kept[1]).to.include({ role: 'critique', parentId: kept[0]?.traceId, confidence: 0.7 });
  });

  it('A13 working code is kept when the critic is never content, or what follows it is worse', async () => {
    stub = await answering([fenced(programs.right), fenced(programs.syntax)], [revise]);
    const { code, attempts } = await develop({ critique: true, maxAttempts: 2 });
    expect(code).to.equal(programs.right);
    expect(attempts.map(({ works }) => works)).to.deep.equal([true, false]);
  });

  it('A15 a critic that says nothing of use neither fails the code nor passes it on unjudged', async () => {
    stub = await answering([fenced(programs.right)], ['I love it!']);
    const { code, critique } = await develop({ critique: true });
    expect(code).to.equal(programs.right);
    expect(critique).to.equal(null);
  });
});
