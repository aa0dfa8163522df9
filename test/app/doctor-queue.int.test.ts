import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect } from 'chai';
import { examineQueue } from '../../app/doctor/queue.ts';
import { surroundings } from '../../app/doctor/surroundings.ts';
import { queueMetrics } from '../../app/telemetry/metrics.ts';
import { SagaMetrics } from '../../actors/saga/saga-metrics.ts';
import { TradewrightError } from '../../contracts/errors.ts';
import { systemClock } from '../../contracts/ports/clock.ts';
import { locateNatsServer } from '../../messaging/embedded/locate-server.ts';
import { probePort } from '../../messaging/embedded/free-port.ts';
import { readNatsInfo } from '../../messaging/embedded/nats-info.ts';
import { type MessagingOptions, streamLimits } from '../../messaging/index.ts';
import { type GatewayHarness, startHarness } from '../gateway/gateway-harness.ts';
import { codeOf } from '../support/code-of.ts';
import { eventually } from '../support/eventually.ts';
import { aTask } from '../support/messages.ts';
import { tooOldNats } from '../support/nats.ts';
import { startWorker, type TestWorker } from '../support/queue.ts';

/** A queue that stands still in one way, looked at from outside: the doctor and Prometheus see it through the gateway and a worker. */
describe('a queue that stands still', () => {
  let at: GatewayHarness;
  const workers: TestWorker[] = [];
  const open = async (options: Partial<MessagingOptions> = {}): Promise<void> => {
    at = await startHarness({}, options);
  };
  afterEach(async () => {
    await Promise.all(workers.splice(0).map((worker) => worker.stop()));
    await at.stop();
  });
  const doctor = async (): Promise<{ ok: boolean; found: string }> => {
    const [queue] = await examineQueue({ TRADEWRIGHT_GATEWAY_URL: at.gateway.url });
    if (queue === undefined) throw new Error('the queue was not looked at');
    expect(queue.required).to.equal(false);
    expect(queue.fix === undefined, 'what to do').to.equal(queue.ok);
    return queue;
  };
  /** A worker that takes nothing, so that it changes nothing. */
  const metric = async (name: string): Promise<string | undefined> => {
    const worker = await startWorker(at.nats, () => undefined, { concurrency: 0, takeSignals: false });
    workers.push(worker);
    const text = await queueMetrics(worker.queue, new SagaMetrics(), systemClock)();
    return new RegExp(`^tradewright_${name.replace(/[{}]/g, '\\$&')} (.*)$`, 'm').exec(text)?.[1];
  };
  const never = new AbortController().signal;

  it('is fine while it moves', async () => {
    await open();
    expect(await doctor()).to.include({ ok: true, found: '0 tasks wait, 0 delayed, 0 dead letters' });
  });

  it('for a full in-flight window', async () => {
    await open({ lanes: { ackWaitMs: 60_000, maxAckPending: 3 } });
    for (const key of ['a', 'b', 'c', 'd', 'e']) await at.messaging.tasks.publish(aTask(key));
    expect(await at.messaging.lanes.pull('normal', 5, 0, never)).to.have.length(3);
    const { ok, found } = await doctor();
    expect(ok).to.equal(false);
    expect(found).to.contain('lane normal has its in-flight window full, 3 of 3: nobody gets more until');
    expect(await metric('lane_in_flight{lane="normal"}')).to.equal('3');
    expect(await metric('lane_in_flight_limit{lane="normal"}')).to.equal('3');
    expect(await metric('lane_depth{lane="normal"}')).to.equal('2');
  });

  it('for a paused lane with work waiting', async () => {
    await open();
    await at.messaging.desk.pause('low', 'ann', 'repairs');
    for (const key of ['a', 'b']) await at.messaging.tasks.publish(aTask(key, { lane: 'low' }));
    const { ok, found } = await doctor();
    expect(ok).to.equal(false);
    expect(found).to.contain('lane low is paused by ann, 2 tasks wait: tradewright lanes resume low');
    expect(await metric('lane_paused{lane="low"}')).to.equal('1');
    expect(await metric('lane_depth{lane="low"}')).to.equal('2');
  });

  it('for a missing consumer', async () => {
    await open();
    await at.messaging.tasks.publish(aTask('a', { lane: 'high' }));
    const { ok, found } = await doctor();
    expect(ok).to.equal(false);
    expect(found).to.contain('lane high has no consumer, 1 task waits: start a worker');
    expect(await metric('lane_in_flight_limit{lane="high"}')).to.equal('0');
    expect(await metric('lane_depth{lane="high"}')).to.equal('1');
  });

  it('for a full stream', async () => {
    await open({ limits: { ...streamLimits, tasks: { ...streamLimits.tasks, maxMessages: 4 } } });
    for (const key of ['a', 'b', 'c', 'd']) await at.messaging.tasks.publish(aTask(key));
    expect(await codeOf(at.messaging.tasks.publish(aTask('e')))).to.equal('QUEUE_FULL');
    const { ok, found } = await doctor();
    expect(ok).to.equal(false);
    expect(found).to.contain('stream TASKS is 100 % full and refuses more at 100 %: add workers');
    const [fullness] = (await at.messaging.statistics.fullness()).filter(({ stream }) => stream === 'TASKS');
    expect(fullness).to.include({ messages: 4, maxMessages: 4 });
  });

  it('for dead letters', async () => {
    await open();
    workers.push(
      await startWorker(
        at.nats,
        (registry) =>
          registry.registerHandler('echo', async () => {
            throw new TradewrightError('NOT_FOUND', 'never');
          }),
        { takeSignals: false },
      ),
    );
    await at.messaging.tasks.publish(aTask('a'));
    await eventually(async () => (await at.messaging.statistics.deadDepth()) === 1);
    const { ok, found } = await doctor();
    expect(ok).to.equal(false);
    expect(found).to.contain('1 dead letter waits for a person: tradewright dead-letters list');
    expect(await metric('dead_letters')).to.equal('1');
  });
});

describe('the doctor on a server of the user’s own', () => {
  const server = async (url: string) => {
    const [first] = await examineQueue({ NATS_URL: url, TRADEWRIGHT_GATEWAY_URL: 'http://127.0.0.1:9' });
    expect(first).to.include({ part: 'NATS_URL', required: true, ok: false });
    expect(first?.fix).to.contain('2.10 or newer with JetStream');
    return `${String(first?.facts?.['code'])}: ${first?.found ?? ''}`;
  };

  it('names the version of one that is too old', async () => {
    const old = await tooOldNats();
    const said = await server(old.url);
    expect(said).to.match(/^NATS_UNSUITABLE: .* is version 2\.9\.10; 2\.10 or newer is needed/);
    old.close();
  });

  it('names a missing JetStream, and what to start it with', async () => {
    const { path, cacheDir } = surroundings(process.env);
    const { binary } = await locateNatsServer({ path, cacheDir });
    const port = (await probePort('127.0.0.1', 0)) ?? 0;
    const child = spawn(binary, ['-a', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' });
    await eventually(() => readNatsInfo('127.0.0.1', port, 1_000).then(({ version }) => version));
    const said = await server(`nats://127.0.0.1:${port}`);
    expect(said).to.match(/^NATS_UNSUITABLE: .* runs without JetStream: start it with -js/);
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  });

  it('says where nobody answers, without the password', async () => {
    const said = await server('nats://ann:secret@127.0.0.1:1');
    expect(said).to.match(/^NATS_UNAVAILABLE: .*127\.0\.0\.1:1/);
    expect(said).not.to.contain('secret');
  });

  it('finds a good one', async () => {
    const at = await startHarness();
    const checks = await examineQueue({
      NATS_URL: at.nats.url,
      TRADEWRIGHT_GATEWAY_URL: 'http://127.0.0.1:9',
    });
    expect(checks.map(({ part, ok }) => [part, ok])).to.deep.equal([
      ['NATS_URL', true],
      ['queue', true],
    ]);
    expect(checks[1]?.found).to.equal('no worker runs at http://127.0.0.1:9: nothing to look at');
    await at.stop();
  });
});
