import { spawn } from 'node:child_process';
import { expect } from 'chai';
import type { DemoResult } from '../../app/demo/result.ts';
import { compiled } from '../support/compiled.ts';
import { tempDir } from '../support/temp-dir.ts';

/** The demo as a user runs it, on a folder of the test's own and with the offline author. */
async function demo(
  dir: string,
  ...args: string[]
): Promise<{ code: number | null; result: DemoResult; progress: string }> {
  const program = await compiled('app/demo/main.ts');
  const child = spawn(process.execPath, [...program, '--once', '--json', ...args], {
    env: {
      ...process.env,
      TRADEWRIGHT_DATA_DIR: dir,
      TRADEWRIGHT_LLM_BASE_URL: '',
      TRADEWRIGHT_LLM_API_KEY: '',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let progress = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (progress += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  const lastLine = stdout.trimEnd().split('\n').at(-1) ?? '';
  if (!lastLine.startsWith('{')) throw new Error(`the demo printed no result:\n${progress}`);
  return { code, result: JSON.parse(lastLine) as DemoResult, progress };
}

describe('demo', function () {
  this.timeout(180_000);
  let dir: Awaited<ReturnType<typeof tempDir>>;

  before(async () => {
    dir = await tempDir();
  });
  after(() => dir.remove());

  it('I1 an idea travels the whole way through every real component', async () => {
    const { code, result } = await demo(dir.path);
    expect(code).to.equal(0);
    expect(result).to.include({
      state: 'COMPLETED',
      outcome: 'published',
      author: 'offline author, not an LLM',
    });
    expect(result.steps.map(({ name, state, executions }) => [name, state, executions])).to.deep.equal([
      ['reason', 'completed', 1],
      ['generate', 'completed', 1],
      ['validate', 'completed', 1],
      ['backtest', 'completed', 1],
      ['assess', 'completed', 1],
      ['decide', 'completed', 1],
      ['publish', 'completed', 1],
    ]);
    expect(result.bars?.count).to.equal(5_105);
    expect(result.runtime.seccomp.proven).to.equal(true);
    expect(result.signals).not.to.have.length(0);
    expect(result.received).to.equal(result.signals.length);
    expect(result.metrics?.strategy.sharpe).to.be.a('number');
    expect(result.metrics?.buyAndHold.totalReturn).to.be.closeTo(1.1, 0.2);
    expect(result.compensations).to.deep.equal([]);
  });

  it('S12 a worker killed during the back-test is resumed: finished steps ran once, each signal is received once', async () => {
    const { code, result } = await demo(dir.path, '--crash');
    expect(code).to.equal(0);
    expect(result.state).to.equal('COMPLETED');
    expect(result.crash).to.include({ signal: 'SIGKILL', duringStep: 'backtest' });
    expect(result.crash?.restartedPid).not.to.equal(result.crash?.pid);
    const executions = Object.fromEntries(result.steps.map((step) => [step.name, step.executions]));
    expect(executions).to.include({
      reason: 1,
      generate: 1,
      validate: 1,
      backtest: 2,
      assess: 1,
      decide: 1,
      publish: 1,
    });
    expect(result.received).to.equal(result.signals.length);
  });

  it('an incoming signal goes through the strategy made before and ends with an answer', async () => {
    const { code, result } = await demo(dir.path, '--signal');
    expect(code).to.equal(0);
    expect(result.state).to.equal('COMPLETED');
    expect(result.answer).to.have.property('workflowId', result.workflowId);
    expect(result.received).to.equal(result.signals.length);
    expect(result.steps[0]?.name).to.equal('accept');
  });

  it('S2 a publish that fails for good is undone in reverse order', async () => {
    const { code, result } = await demo(dir.path, '--failing');
    expect(code).to.equal(0);
    expect(result.state).to.equal('COMPENSATED');
    expect(result.compensations).to.deep.equal([
      { step: 'publish', order: 1, state: 'completed' },
      { step: 'decide', order: 2, state: 'completed' },
      { step: 'generate', order: 3, state: 'completed' },
    ]);
    expect(result.received).to.equal(0);
  });

  it('two different ideas give different code and different signals', async () => {
    const other = await demo(dir.path, '--idea', 'buy when RSI 14 is below 30, mean reversion, long only');
    expect(other.result.state).to.equal('COMPLETED');
    const first = await demo(dir.path);
    expect(other.result.metrics?.strategy.totalReturn).not.to.equal(
      first.result.metrics?.strategy.totalReturn,
    );
  });
});
