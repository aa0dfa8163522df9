import { rm } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { PublishResult } from '../../contracts/effects/publish.ts';
import { TradewrightError } from '../../contracts/errors.ts';
import { systemClock } from '../../contracts/ports/clock.ts';
import { silentLog } from '../../contracts/ports/log.ts';
import { openMessaging } from '../../messaging/index.ts';
import { eventually } from '../support/eventually.ts';
import { tempDir } from '../support/temp-dir.ts';
import { startWorker, type WorkerRig } from '../support/worker.ts';

const failure = async (attempt: Promise<unknown>): Promise<TradewrightError> => {
  try {
    await attempt;
  } catch (error) {
    if (error instanceof TradewrightError) return error;
    throw error;
  }
  throw new Error('it did not fail');
};

describe('worker', function () {
  this.timeout(120_000);
  let dir: Awaited<ReturnType<typeof tempDir>>;
  const rigs: WorkerRig[] = [];

  beforeEach(async () => {
    dir = await tempDir();
  });
  afterEach(async () => {
    for (const { worker } of rigs.splice(0)) await worker.stop();
    await dir.remove();
  });
  const start = async (environment?: Readonly<Record<string, string>>): Promise<WorkerRig> => {
    const rig = await startWorker(dir.path, environment);
    rigs.push(rig);
    return rig;
  };

  it('refuses a second process on the same data folder, and the first goes on', async () => {
    const { client } = await start();
    const error = await failure(start());
    expect(error.code).to.equal('DATA_DIR_IN_USE');
    expect((await client.status()).ready).to.equal(true);
  });

  it('names a port that is taken', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as { port: number };
    try {
      const error = await failure(start({ TRADEWRIGHT_GATEWAY_PORT: String(port) }));
      expect(error.code).to.equal('PORT_IN_USE');
      expect(error.message).to.include(String(port));
    } finally {
      taken.close();
    }
  });

  it('says that no Docker engine answers, and where it looked', async () => {
    const error = await failure(start({ DOCKER_HOST: 'unix:///nowhere/docker.sock' }));
    expect(error.code).to.equal('ENGINE_MISSING');
    expect(error.message).to.include('DOCKER_HOST');
  });

  it('names the variable that does not parse', async () => {
    const error = await failure(start({ TRADEWRIGHT_POOL_MIN: 'many' }));
    expect(error.code).to.equal('CONFIG_INVALID');
    expect(error.message).to.include('TRADEWRIGHT_POOL_MIN');
  });

  it('retries a dead model endpoint, says so, and can be cancelled', async () => {
    const { client, until } = await start({ TRADEWRIGHT_LLM_BASE_URL: 'http://127.0.0.1:9/v1' });
    const { workflowId } = await client.postWorkflow({ idea: 'momentum' });
    const failed = await until(workflowId, 'StepAttemptFailed');
    expect(failed.at(-1)?.fact).to.have.nested.property('error.code', 'AGENT_UNAVAILABLE');
    await client.cancel(workflowId, { by: 'test', reason: 'no model' });
    await until(workflowId, 'WorkflowCancelled');
    expect((await client.getWorkflow(workflowId)).state).to.equal('CANCELLED');
  });

  it('S15 pauses and resumes a workflow at a person’s word', async () => {
    const { client, until } = await start({ TRADEWRIGHT_LLM_BASE_URL: 'http://127.0.0.1:9/v1' });
    const { workflowId } = await client.postWorkflow({ idea: 'momentum' });
    await until(workflowId, 'StepAttemptFailed');
    await client.pause(workflowId, { by: 'ada', reason: 'the model is away' });
    await until(workflowId, 'WorkflowPaused');
    expect((await client.getWorkflow(workflowId)).state).to.equal('PAUSED');
    await client.resume(workflowId, { by: 'ada' });
    const events = await until(workflowId, 'WorkflowResumed');
    expect(events.at(-1)).to.include({ actor: 'ada', stateBefore: 'PAUSED', stateAfter: 'RUNNING' });
    await client.cancel(workflowId);
    await until(workflowId, 'WorkflowCancelled');
  });

  it('S16 retries what failed for good, while nothing has been undone', async () => {
    const refusing = createHttpServer((_, response) =>
      response.writeHead(401).end('{"error":{"message":"no"}}'),
    );
    await new Promise<void>((resolve) => refusing.listen(0, '127.0.0.1', resolve));
    const { port } = refusing.address() as { port: number };
    try {
      const { client, until } = await start({ TRADEWRIGHT_LLM_BASE_URL: `http://127.0.0.1:${port}/v1` });
      const { workflowId } = await client.postWorkflow({ idea: 'momentum' });
      await until(workflowId, 'WorkflowFailed');
      const failed = await client.getWorkflow(workflowId);
      expect(failed).to.have.nested.property('error.code', 'AGENT_AUTH');
      expect(failed.state).to.equal('FAILED');
      await client.retry(workflowId, { by: 'ada' });
      await until(workflowId, 'StepRetryRequested');
      const again = await eventually(async () => {
        const view = await client.getWorkflow(workflowId);
        return view.state === 'FAILED' && view.steps[0]?.executions === 2 ? view : undefined;
      });
      expect(again.steps[0]?.state).to.equal('failed');
    } finally {
      refusing.close();
    }
  });

  it('SIGTERM in the middle of a workflow, then a new start: the workflow goes on and ends', async () => {
    const first = await start();
    const { workflowId } = await first.client.postWorkflow({ idea: 'a 50/200 moving average crossover' });
    await first.until(workflowId, 'StepStarted');
    await first.worker.stop();
    rigs.splice(0);
    const second = await start();
    await second.until(workflowId, 'WorkflowCompleted');
    expect((await second.client.getWorkflow(workflowId)).outcome).to.equal('published');
  });

  it('sends a signal again that the signal store lost, and fills EVENTS anew', async () => {
    const first = await start();
    const { workflowId } = await first.client.postWorkflow({ idea: 'momentum' });
    await first.until(workflowId, 'WorkflowCompleted');
    const view = await first.client.getWorkflow(workflowId);
    const { signals } = PublishResult.parse(view.steps.find(({ name }) => name === 'publish')?.result);
    await first.worker.stop();
    rigs.splice(0);
    // As after a power cut, only worse: the journal is whole, and nothing of the server's store is left.
    await rm(join(dir.path, 'data', 'nats'), { recursive: true });

    const second = await start();
    const url = second.worker.natsUrl;
    const messaging = await openMessaging({ url, name: 'test', clock: systemClock, log: silentLog });
    try {
      for (const signal of signals) expect(await messaging.outbox.stored(signal)).to.deep.equal(signal);
    } finally {
      await messaging.close();
    }
    const events = await second.until(workflowId, 'WorkflowCompleted');
    expect(events.map(({ seq }) => seq)).to.deep.equal(Array.from({ length: view.seq }, (_, at) => at + 1));
  });

  it('ten ideas at once all end published, and nothing is left in the pool', async () => {
    const { client, until } = await start();
    const ideas = [
      'momentum',
      'RSI mean reversion',
      'Bollinger bands',
      'Donchian breakout',
      'MACD',
      'turn of month',
    ];
    const posted = await Promise.all(
      Array.from({ length: 10 }, (_, at) =>
        client.postWorkflow({ idea: `${ideas[at % ideas.length]} number ${at}` }),
      ),
    );
    for (const { workflowId } of posted) await until(workflowId, 'WorkflowCompleted');
    const views = await Promise.all(posted.map(({ workflowId }) => client.getWorkflow(workflowId)));
    expect(views.map(({ state }) => state)).to.deep.equal(Array<string>(10).fill('COMPLETED'));
    const { pool } = await client.status();
    expect(pool.leased).to.equal(0);
  });
});
