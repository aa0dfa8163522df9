import { expect } from 'chai';
import { TaskId, taskIdFrom } from '../../contracts/ids.ts';
import { TradewrightError } from '../../contracts/errors.ts';
import { codeOf } from '../support/code-of.ts';
import { eventually } from '../support/eventually.ts';
import { aTask } from '../support/messages.ts';
import { startWorker, type TestWorker } from '../support/queue.ts';
import { type GatewayHarness, startHarness } from './gateway-harness.ts';

describe('tasks, lanes and dead letters over HTTP', () => {
  let at: GatewayHarness;
  const workers: TestWorker[] = [];
  beforeEach(async () => {
    at = await startHarness({ metrics: async () => 'tradewright_dead_letters 0\n' });
  });
  afterEach(async () => {
    await Promise.all(workers.splice(0).map((worker) => worker.stop()));
    await at.stop();
  });
  const work = async (register: Parameters<typeof startWorker>[1]) => {
    workers.push(await startWorker(at.nats, register, { takeSignals: false }));
  };

  it('Q1 adds a task, once for one key, and gives its result', async () => {
    await work((registry) => registry.registerHandler('double', async (task) => Number(task.payload) * 2));
    const { queue } = at.client;
    const first = await queue.addTask({ type: 'double', payload: 21, dedupKey: 'k' });
    expect(first.duplicate).to.equal(false);
    expect((await queue.addTask({ type: 'double', payload: 21, dedupKey: 'k' })).duplicate).to.equal(true);
    const record = await eventually(async () => {
      const seen = await queue.task(first.taskId);
      return seen.state === 'completed' && seen;
    });
    expect(record.result).to.equal(42);
    expect(await codeOf(queue.task(taskIdFrom('unknown')))).to.equal('NOT_FOUND');
  });

  it('Q1 refuses the types of our own, which have routes of their own', async () => {
    expect(await codeOf(at.client.queue.addTask({ type: 'start-strategy', payload: {} }))).to.equal(
      'INPUT_INVALID',
    );
  });

  it('Q15 cancels a delayed task', async () => {
    const { queue } = at.client;
    const { taskId } = await queue.addTask({ type: 'echo', payload: 1, delayMs: 3_600_000 });
    expect((await queue.lanes()).delayed).to.equal(1);
    expect(await queue.cancelTask(taskId, { reason: 'no' })).to.include({ outcome: 'cancelled' });
    expect((await queue.task(TaskId.parse(taskId))).state).to.equal('cancelled');
  });

  it('Q16 pauses and resumes a lane, and says so', async () => {
    const { queue } = at.client;
    expect((await queue.lanes()).warnings).to.deep.equal([]);
    await queue.pauseLane('low', { by: 'ann', reason: 'repairs' });
    const { lanes, warnings } = await queue.lanes();
    expect(lanes.low.paused).to.include({ by: 'ann', reason: 'repairs' });
    expect(warnings).to.deep.equal(['lane low is paused by ann, 0 tasks wait: tradewright lanes resume low']);
    await queue.resumeLane('low');
    expect((await queue.lanes()).lanes.low.paused).to.equal(null);
  });

  it('Q5 lists, shows, replays and purges dead letters', async () => {
    await work((registry) =>
      registry.registerHandler('echo', async () => {
        throw new TradewrightError('NOT_FOUND', 'never');
      }),
    );
    for (const key of ['a', 'b', 'c']) await at.messaging.tasks.publish(aTask(key, { lane: 'low' }));
    const { queue } = at.client;
    await eventually(async () => (await queue.lanes()).deadLetters === 3);
    const page = await queue.deadLetters({ lane: 'low', limit: 2 });
    expect(page.items).to.have.length(2);
    expect((await queue.deadLetters({ after: page.after ?? 0 })).items).to.have.length(1);
    expect((await queue.deadLetters({ code: 'TASK_TIMEOUT' })).items).to.have.length(0);
    const [first] = page.items;
    const shown = await queue.deadLetter(first?.streamSeq ?? 0);
    expect(shown.dead.cause).to.include({ code: 'NOT_FOUND', message: 'never' });
    expect(await queue.replayDeadLetter(shown.streamSeq)).to.include({ replayed: 1 });
    expect(await codeOf(queue.replayDeadLetter(shown.streamSeq))).to.equal('NOT_FOUND');
    await eventually(async () => (await queue.lanes()).deadLetters === 3);
    expect(await queue.replayDeadLetters({ filter: { type: 'echo' } })).to.include({ replayed: 3 });
    await eventually(async () => (await queue.lanes()).deadLetters === 3);
    expect(await codeOf(queue.purgeDeadLetters({}))).to.equal('INPUT_INVALID');
    const left = await queue.deadLetters();
    expect(await queue.purgeDeadLetter(left.items[0]?.streamSeq ?? 0)).to.deep.equal({ purged: 1 });
    expect(await queue.purgeDeadLetters({ all: true })).to.deep.equal({ purged: 2 });
  });

  it('Q7 gives the metrics as text and the document of what travels as JSON', async () => {
    const metrics = await fetch(`${at.gateway.url}/metrics`);
    expect(metrics.headers.get('content-type')).to.contain('text/plain');
    expect(await metrics.text()).to.equal('tradewright_dead_letters 0\n');
    const document = (await (await fetch(`${at.gateway.url}/asyncapi.json`)).json()) as { asyncapi: string };
    expect(document.asyncapi).to.equal('3.0.0');
  });
});
