import { expect } from 'chai';
import type { z } from 'zod';
import { answerSandbox } from '../../app/worker/sandbox-questions.ts';
import type { SandboxPool } from '../../contracts/ports/sandbox.ts';
import { type PostRun, ProgramRun, ProgramRunLine } from '../../contracts/sandbox-api.ts';
import { reviewCode } from '../../sandbox-pool/validator/index.ts';
import { sandboxHost, type SandboxHost } from '../sandbox/sandbox-host.ts';
import { eventually } from '../support/eventually.ts';
import { type GatewayHarness, startHarness } from './gateway-harness.ts';

type Line = z.infer<typeof ProgramRunLine>;

const ticking = 'import time\nfor i in range(5):\n    print("tick", i, flush=True)\n    time.sleep(0.3)\n';
const endless =
  'import time\nx = 1\nwhile x > 0:\n    print("on", flush=True)\n    time.sleep(0.05)\n    x += 1\n';

describe('POST /v1/sandbox/run, line by line', function () {
  this.timeout(60_000);
  let at: GatewayHarness;
  let host: SandboxHost;
  let pool: SandboxPool;
  let stop: () => void;

  before(async () => {
    at = await startHarness();
    host = await sandboxHost();
    pool = await host.startedPool({ min: 1, max: 2 });
    const { queries, programs } = at.messaging;
    stop = answerSandbox({ queries, programs, pool, review: reviewCode, validation: 'on' });
  });
  after(async () => {
    stop();
    await host.close();
    await at.stop();
  });

  const post = (body: unknown, signal?: AbortSignal, accept = 'application/x-ndjson'): Promise<Response> =>
    fetch(`${at.gateway.url}/v1/sandbox/run`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept },
      body: JSON.stringify(body),
      ...(signal === undefined ? {} : { signal }),
    });

  async function* linesOf(response: Response): AsyncGenerator<Line> {
    let held = '';
    const decoder = new TextDecoder();
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      held += decoder.decode(chunk, { stream: true });
      const parts = held.split('\n');
      held = parts.pop() ?? '';
      for (const part of parts) yield ProgramRunLine.parse(JSON.parse(part));
    }
    expect(held).to.equal('');
  }

  async function allOf(body: PostRun): Promise<Line[]> {
    const lines: Line[] = [];
    for await (const line of linesOf(await post(body))) lines.push(line);
    return lines;
  }

  const textOf = (lines: readonly Line[], stream: 'stdout' | 'stderr'): string =>
    lines.map((line) => (line.type === 'output' && line.stream === stream ? line.text : '')).join('');

  it('X5 X10 gives what the program prints while it runs, and the result as the last line', async () => {
    const response = await post({ code: ticking });
    expect(response.status).to.equal(200);
    expect(response.headers.get('content-type')).to.match(/^application\/x-ndjson/);
    const lines: Line[] = [];
    let leasedAtFirst = 0;
    for await (const line of linesOf(response)) {
      if (lines.length === 0) leasedAtFirst = pool.stats().leased;
      lines.push(line);
    }
    // The first line came while the program still had its container.
    expect(leasedAtFirst).to.equal(1);
    expect(lines.filter(({ type }) => type === 'output').length).to.be.at.least(2);
    expect(lines.filter(({ type }) => type !== 'output')).to.have.length(1);
    const last = lines.at(-1);
    if (last?.type !== 'result') throw new Error('the last line is no result');
    expect(last.result).to.include({ success: true, stdoutTruncated: false });
    expect(textOf(lines, 'stdout'))
      .to.equal(last.result.stdout)
      .and.to.equal([0, 1, 2, 3, 4].map((i) => `tick ${i}\n`).join(''));
  });

  it('keeps stdout and stderr apart, and characters whole', async () => {
    const code =
      'import warnings\nprint("λ🙂" * 20_000)\nwarnings.warn("to the other one")\nRESULT = {"n": INPUT["n"] + 1}\n';
    const lines = await allOf({ code, input: { n: 1 } });
    const last = lines.at(-1);
    if (last?.type !== 'result') throw new Error('the last line is no result');
    expect(last.result.value).to.deep.equal({ n: 2 });
    expect(textOf(lines, 'stderr'))
      .to.match(/to the other one/)
      .and.to.equal(last.result.stderr);
    expect(textOf(lines, 'stdout')).to.equal(last.result.stdout);
    expect(last.result.stdoutTruncated).to.equal(true);
  });

  it('I5 sends no more than is kept, and says that it was cut', async () => {
    const lines = await allOf({ code: 'print("x" * 5_000_000)\n', limits: { outputBytes: 2_000 } });
    const last = lines.at(-1);
    if (last?.type !== 'result') throw new Error('the last line is no result');
    expect(last.result.stdoutTruncated).to.equal(true);
    expect(textOf(lines, 'stdout').length).to.be.at.most(2_000);
  });

  it('X6 gives a blocked program one line, and no container', async () => {
    const { served } = pool.stats();
    const lines = await allOf({ code: 'import os\n' });
    expect(lines).to.have.length(1);
    expect(lines[0]).to.include({ type: 'result' });
    expect(pool.stats().served).to.equal(served);
  });

  it('X7 names the kind of what ended the program', async () => {
    const lines = await allOf({ code: endless, limits: { timeoutMs: 500 } });
    const last = lines.at(-1);
    if (last?.type !== 'result') throw new Error('the last line is no result');
    expect(last.result).to.include({ success: false, errorKind: 'timeout' });
    expect(textOf(lines, 'stdout')).to.match(/^on\n/);
  });

  it('ends the program when the client goes', async () => {
    const leaving = new AbortController();
    const response = await post({ code: endless, limits: { timeoutMs: 60_000 } }, leaving.signal);
    for await (const line of linesOf(response)) {
      expect(line).to.include({ type: 'output' });
      break;
    }
    expect(pool.stats().leased).to.equal(1);
    leaving.abort();
    await eventually(() => expect(pool.stats().leased).to.equal(0));
  });

  it('ends it too when the client goes before the first line', async () => {
    const leaving = new AbortController();
    const silent = 'x = 1\nwhile x > 0:\n    x += 1\n';
    const request = post({ code: silent, limits: { timeoutMs: 60_000 } }, leaving.signal).catch(() => null);
    await eventually(() => expect(pool.stats().leased).to.equal(1));
    leaving.abort();
    await request;
    await eventually(() => expect(pool.stats().leased).to.equal(0));
  });

  it('still answers in one piece who does not ask for lines', async () => {
    const response = await post({ code: 'print(1)\n' }, undefined, 'application/json');
    expect(response.headers.get('content-type')).to.match(/^application\/json/);
    expect(ProgramRun.parse(await response.json()).result).to.include({ success: true, stdout: '1\n' });
  });

  it('refuses a wrong body before any line, and says in OpenAPI what the lines are', async () => {
    const refused = await post({ code: 'x = 1', validation: 'off' });
    expect(refused.status).to.equal(400);
    expect(await refused.json()).to.have.nested.property('error.code', 'INPUT_INVALID');
    const document = await fetch(`${at.gateway.url}/openapi.json`);
    const { paths } = (await document.json()) as { paths: Record<string, unknown> };
    expect(paths['/v1/sandbox/run'])
      .to.have.nested.property('post.responses.200.content')
      .that.has.all.keys('application/json', 'application/x-ndjson');
  });
});
