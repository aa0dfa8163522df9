import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { OFFLINE_AUTHOR_LABEL } from '../../contracts/author.ts';
import { DevelopResult } from '../../contracts/effects/develop.ts';
import { AnalyseResult, ExplainResult, RefactorResult } from '../../contracts/effects/study.ts';
import { Evolution } from '../../contracts/evolution.ts';
import type { StrategyId, WorkflowId } from '../../contracts/ids.ts';
import { Trace, TraceList } from '../../contracts/trace.ts';
import { isTerminal, WorkflowView } from '../../contracts/workflow-view.ts';
import { eventually } from '../support/eventually.ts';
import { tempDir } from '../support/temp-dir.ts';
import { startWorker, type WorkerRig } from '../support/worker.ts';

const program = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));

describe('the agent in a worker', function () {
  this.timeout(300_000);
  let dir: Awaited<ReturnType<typeof tempDir>>;
  let rig: WorkerRig;
  let workflowId: WorkflowId;
  let strategyId: StrategyId;

  before(async () => {
    dir = await tempDir();
    rig = await startWorker(dir.path);
  });
  after(async () => {
    await rig.worker.stop();
    await dir.remove();
  });

  const ended = (id: WorkflowId): Promise<WorkflowView> =>
    eventually(
      async () => {
        const view = await rig.client.getWorkflow(id);
        return isTerminal(view.state) ? view : undefined;
      },
      { withinMs: 120_000, everyMs: 200, what: `the end of ${id}` },
    );
  const resultOf = (view: WorkflowView, step: string): unknown =>
    view.steps.find(({ name }) => name === step)?.result;
  const cli = (...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> => {
    const environment = { ...process.env, TRADEWRIGHT_GATEWAY_URL: rig.worker.gatewayUrl };
    return new Promise((resolve) =>
      execFile(
        process.execPath,
        ['--import', 'tsx', program, ...args],
        { env: environment, maxBuffer: 64_000_000 },
        (error, stdout, stderr) => resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
      ),
    );
  };
  const lastLine = (stdout: string): unknown => JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');

  it('A12 a faulty first code is mended in one step of the workflow; then comes the full run', async () => {
    ({ workflowId } = await rig.client.postWorkflow({
      idea: 'momentum over 126 days on the S&P 500, long only fault:syntax,look-ahead',
      decision: { deadlineMs: 0, onDeadline: 'approve' },
    }));
    const view = await ended(workflowId);
    expect(view, JSON.stringify(view.error)).to.include({ state: 'COMPLETED', outcome: 'published' });
    expect(view.definition).to.deep.equal({ name: 'strategy', version: 2 });
    const { attempts, author, critique, ...developed } = DevelopResult.parse(resultOf(view, 'generate'));
    strategyId = developed.strategyId;
    expect(attempts.map(({ problem }) => problem?.kind ?? null)).to.deep.equal([
      'syntax',
      'look-ahead',
      null,
    ]);
    expect(author.label).to.equal(OFFLINE_AUTHOR_LABEL);
    expect(critique).to.include({ verdict: 'pass' });
    expect(view.steps.find(({ name }) => name === 'generate')?.executions).to.equal(1);
  });

  it('A15 with auto-fix off a broken answer ends the workflow, undone and with the reason', async () => {
    const { workflowId: broken } = await rig.client.postWorkflow({
      idea: 'momentum fault:runtime',
      autoFix: false,
    });
    const view = await ended(broken);
    expect(view.state).to.equal('COMPENSATED');
    expect(view.error).to.include({ code: 'AGENT_CODE_UNUSABLE' });
    expect(view.error?.message).to.include('division by zero');
  });

  it('A13 a fault that stays ends after the attempts that were allowed, all of them kept', async () => {
    const { workflowId: hopeless } = await rig.client.postWorkflow({
      idea: 'momentum fault:dangerous!',
      maxAttempts: 2,
    });
    expect((await ended(hopeless)).error).to.include({ code: 'AGENT_CODE_UNUSABLE' });
    const { items } = await rig.client.traces({ workflowId: hopeless });
    expect(items.map(({ role, verdict }) => [role, verdict.split(':')[0]])).to.deep.equal([
      ['fix', 'blocked'],
      ['generate', 'blocked'],
      ['reason', 'ok'],
    ]);
  });

  it('A16 every call can be listed, searched, read and exported over HTTP and on the command line', async () => {
    const { items } = await rig.client.traces({ workflowId });
    expect(items.map(({ role }) => role)).to.deep.equal(['critique', 'fix', 'fix', 'generate', 'reason']);
    const [, lastFix] = items;
    if (!lastFix) throw new Error('no fix');
    const trace = await rig.client.trace(lastFix.traceId);
    expect(trace.parentId).to.equal(items[2]?.traceId);
    expect(trace.trial).to.include({ ok: true });
    const found = await rig.client.traces({ text: 'momentum 126', role: 'fix' });
    expect(found.items).to.have.length(2);
    const failed = await rig.client.traces({ text: 'nowhere_to_be_found' });
    expect(failed.items).to.deep.equal([]);

    const lines: Trace[] = [];
    for await (const line of rig.client.exportTraces({ workflowId, limit: 2 }))
      lines.push(Trace.parse(JSON.parse(line)));
    expect(lines.map(({ traceId }) => traceId)).to.deep.equal(items.map(({ traceId }) => traceId));

    const listed = await cli('--json', 'traces', 'list', '--workflow', workflowId, '--role', 'reason');
    expect(TraceList.parse(lastLine(listed.stdout)).items).to.have.length(1);
    const shown = await cli('traces', 'show', lastFix.traceId);
    expect(shown.stdout).to.include('fix/1').and.to.include('sandbox: works').and.to.include('── answer ──');
    const out = join(dir.path, 'traces.jsonl');
    const exported = await cli('--json', 'traces', 'export', '--workflow', workflowId, '--out', out);
    expect(lastLine(exported.stdout)).to.deep.equal({ file: out, traces: 5 });
    expect((await readFile(out, 'utf8')).trimEnd().split('\n')).to.have.length(5);
    const again = await cli('traces', 'export', '--out', out);
    expect(again.code, 'a file that is there is not overwritten').not.to.equal(0);
    const wrong = await cli('traces', 'list', '--from', 'yesterday');
    expect(wrong).to.include({ code: 1 });
    expect(wrong.stderr).to.include('INPUT_INVALID').and.to.include('from');
  });

  it('A21 explains a strategy, with a question too', async () => {
    const { workflowId: id } = await rig.client.study('explain', strategyId, {
      question: 'when is it flat?',
    });
    const view = await ended(id);
    expect(view).to.include({ state: 'COMPLETED', outcome: 'explained' });
    const { summary, rules } = ExplainResult.parse(resultOf(view, 'explain'));
    expect(summary).to.include(OFFLINE_AUTHOR_LABEL).and.to.include('momentum');
    expect(rules.join('\n')).to.include('126');
    const page = await cli('strategies', 'explain', strategyId);
    expect(page.code, page.stderr).to.equal(0);
    expect(page.stdout).to.include(OFFLINE_AUTHOR_LABEL).and.to.include('Rules');
  });

  it('A21 analyses a strategy on a fresh back-test', async () => {
    const done = await cli('--json', 'strategies', 'analyse', strategyId);
    const view = WorkflowView.parse(lastLine(done.stdout));
    expect(view).to.include({ state: 'COMPLETED', outcome: 'analysed' });
    const { assessment, strengths, weaknesses } = AnalyseResult.parse(resultOf(view, 'analyse'));
    expect(assessment).to.include(OFFLINE_AUTHOR_LABEL);
    expect([...strengths, ...weaknesses].join('\n')).to.match(/Sharpe ratio -?\d/);
  });

  it('A21 refactors a strategy into its next version, judged and measured; its evolution shows the change', async () => {
    const { workflowId: id } = await rig.client.study('refactor', strategyId, {
      goal: 'add a volatility filter',
    });
    const view = await ended(id);
    expect(view, JSON.stringify(view.error)).to.include({ state: 'COMPLETED', outcome: 'refactored' });
    const refactored = RefactorResult.parse(resultOf(view, 'refactor'));
    expect(refactored).to.include({ strategyId, version: 2, parentVersion: 1 });
    expect(refactored.attempts[0]).to.include({ role: 'refactor', works: true });

    const evolution = await rig.client.evolution(strategyId);
    const [first, second] = evolution.versions;
    expect(first).to.include({ version: 1, parentVersion: null, status: 'active', workflowId });
    expect(second).to.include({ version: 2, parentVersion: 1, status: 'draft', workflowId: id });
    expect(first?.change).to.equal(null);
    expect(second?.lines.added).to.be.above(0);
    const before = first?.performance?.totalReturn ?? NaN;
    const after = second?.performance?.totalReturn ?? NaN;
    expect(second?.change?.totalReturn).to.be.closeTo(after - before, 1e-12);
    expect(after).not.to.equal(before);
    const page = await cli('--json', 'strategies', 'evolution', strategyId);
    expect(Evolution.parse(lastLine(page.stdout))).to.deep.equal(evolution);
  });

  it('A21 a refactoring that is to keep what it does keeps every position', async () => {
    const { workflowId: id } = await rig.client.study('refactor', strategyId, { version: 1 });
    const view = await ended(id);
    expect(RefactorResult.parse(resultOf(view, 'refactor'))).to.include({ version: 3, parentVersion: 1 });
    const { versions } = await rig.client.evolution(strategyId);
    expect(versions[2]?.change).to.deep.include({ totalReturn: 0, trades: 0 });
  });

  it('A21 says when there is no such strategy or version', async () => {
    const codeOf = (call: Promise<unknown>) =>
      call.then(
        () => 'none',
        (error: { code?: string }) => error.code,
      );
    const nobody = `st_${'a'.repeat(26)}` as StrategyId;
    expect(await codeOf(rig.client.evolution(nobody))).to.equal('STRATEGY_NOT_FOUND');
    expect(await codeOf(rig.client.study('explain', nobody))).to.equal('STRATEGY_NOT_FOUND');
    expect(await codeOf(rig.client.study('explain', strategyId, { version: 99 }))).to.equal(
      'STRATEGY_NOT_FOUND',
    );
    expect((await cli('strategies', 'explain', 'nonsense')).code).to.equal(2);
  });

  it('A18 A19 the status shows circuit, budget, cache and what the calls cost', async () => {
    const { agent } = await rig.client.status();
    expect(agent).to.deep.include({ model: 'offline-author', running: 0, waiting: 0 });
    expect(agent?.breaker).to.include({ state: 'closed', failures: 0 });
    expect(agent?.budget).to.include({ usdPerDay: null, spentUsd: 0 });
    expect(agent?.usage.calls).to.be.at.least(10);
  });
});
