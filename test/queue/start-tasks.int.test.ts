import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect } from 'chai';
import type { EffectHandler } from '../../actors/effects/effect-call.ts';
import { TradewrightError } from '../../contracts/errors.ts';
import { type WorkflowId, workflowIdFrom } from '../../contracts/ids.ts';
import type { WorkflowFact } from '../../contracts/workflow-event.ts';
import { eventually } from '../support/eventually.ts';
import { aTask } from '../support/messages.ts';
import { startNats, type TestNats } from '../support/nats.ts';
import { startWorker } from '../support/queue.ts';
import { type SagaRig, startSagas } from '../support/sagas.ts';
import { tempDir } from '../support/temp-dir.ts';
import { order, START_ORDER, startOrders } from './start-worker.ts';

/** Start tasks are done once their workflow has begun: what the queue promises of tasks, the saga keeps for them. */
describe('start tasks through the saga', function () {
  this.timeout(60_000);
  let nats: TestNats;
  let dir: Awaited<ReturnType<typeof tempDir>>;
  const stops: (() => Promise<void>)[] = [];
  beforeEach(async () => {
    nats = await startNats();
    dir = await tempDir();
  });
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop();
    await nats.stop();
    await dir.remove();
  });

  const answers = (own: Readonly<Record<string, EffectHandler>> = {}): Record<string, EffectHandler> => ({
    'test.book': async (_, { workflowId }) => ({ booking: workflowId }),
    'test.pay': async () => ({ paid: 10 }),
    'test.ship': async () => ({ parcel: 'p1' }),
    ...own,
  });
  const open = async (handlers: Readonly<Record<string, EffectHandler>>) => {
    const at = await startOrders(nats, dir.path, handlers);
    stops.push(at.stop);
    return at;
  };
  const aStart = (key: string, rest: object = {}) => aTask(key, { type: START_ORDER, payload: {}, ...rest });
  const facts = async (rig: SagaRig, id: WorkflowId): Promise<(WorkflowFact & { time: number })[]> =>
    (await rig.store.journal.read(id, 0)).map(({ fact, time }) => ({ ...fact, time }));

  it('Q4 a step of it fails, fails and succeeds, each time after a longer wait; the task itself was done once', async () => {
    const attempts: number[] = [];
    const { worker, rig } = await open(
      answers({
        'test.pay': async (_, { attempt }) => {
          attempts.push(attempt);
          if (attempt < 3) throw new TradewrightError('NATS_UNAVAILABLE', 'the bank is closed');
          return { paid: 10 };
        },
      }),
    );
    await worker.queue.add(aStart('flaky'));
    const workflowId = workflowIdFrom('flaky');
    await eventually(async () => (await rig.sagas.get(workflowId)) !== undefined);
    expect((await rig.ended(workflowId)).state).to.equal('COMPLETED');
    expect(attempts).to.deep.equal([1, 2, 3]);
    const failed = (await facts(rig, workflowId)).filter((fact) => fact.type === 'StepAttemptFailed');
    const waits = failed.map((fact) => fact.retryAt - fact.time);
    expect(waits).to.have.length(2);
    // Half of each wait is drawn; here always the same half, so the second is twice the first.
    expect(waits[1]).to.be.greaterThan(waits[0] ?? Infinity);
    expect((await worker.queue.statistics()).worker.counters.normal).to.include({
      completed: 1,
      failed: 0,
      dead: 0,
    });
  });

  it('Q4 the start itself fails, fails and succeeds: tried again by the queue, one workflow', async () => {
    const tried: number[] = [];
    const rig = await startSagas({ dir: dir.path, definitions: [order], handlers: answers() });
    stops.push(() => rig.close());
    const worker = await startWorker(
      nats,
      (registry) =>
        registry.registerStart('start-late', async ({ dedupKey, lane }, { attempt }) => {
          tried.push(attempt);
          if (attempt < 3) throw new TradewrightError('NATS_UNAVAILABLE', 'the journal is away');
          const { workflowId } = await rig.start(dedupKey);
          expect(lane).to.equal('high');
          return { workflowId };
        }),
      { takeSignals: false },
    );
    stops.unshift(() => worker.stop());
    await worker.queue.add(aTask('late', { type: 'start-late', lane: 'high' }));
    await eventually(async () => (await worker.queue.statistics()).worker.counters.high.completed === 1);
    expect((await rig.ended(workflowIdFrom('late'))).state).to.equal('COMPLETED');
    expect(tried).to.deep.equal([1, 2, 3]);
    expect((await worker.queue.statistics()).worker.counters.high).to.include({ failed: 2, dead: 0 });
  });

  it('Q6 what a killed worker had begun goes on elsewhere: each workflow once, no finished step again', async () => {
    const script = new URL('./start-process.ts', import.meta.url).pathname;
    const victim = spawn(process.execPath, ['--import=tsx', script, nats.url, dir.path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const said: string[] = [];
    createInterface({ input: victim.stdout }).on('line', (line) => said.push(line));
    const keys = ['a', 'b', 'c', 'd', 'e'];
    const producer = await startWorker(nats, () => undefined, { concurrency: 0, takeSignals: false });
    stops.push(() => producer.stop());
    for (const key of keys) await producer.queue.add(aStart(key));
    const count = (word: string): number => said.filter((line) => line.startsWith(`${word} `)).length;
    await eventually(() => count('begun') === 5 && count('pay') === 5, { withinMs: 30_000 });
    victim.kill('SIGKILL');
    await once(victim, 'exit');

    const [booked, paid]: [string[], [string, number][]] = [[], []];
    const { worker, rig } = await open(
      answers({
        'test.book': async (_, { workflowId }) => {
          booked.push(workflowId);
          return { booking: workflowId };
        },
        'test.pay': async (_, { workflowId, attempt }) => {
          paid.push([workflowId, attempt]);
          return { paid: 10 };
        },
      }),
    );
    for (const key of keys) expect((await rig.ended(workflowIdFrom(key))).state).to.equal('COMPLETED');
    // The starts come again, unacknowledged as they were, and change nothing.
    await eventually(async () => (await worker.queue.statistics()).worker.counters.normal.completed === 5, {
      withinMs: 30_000,
    });
    expect((await worker.queue.statistics()).worker.counters.normal).to.include({ recovered: 5, dead: 0 });
    expect(count('book')).to.equal(5);
    expect(booked, 'finished steps').to.deep.equal([]);
    const ids = keys.map((key) => workflowIdFrom(key)).sort();
    expect(paid.sort(([a], [b]) => (a < b ? -1 : 1))).to.deep.equal(ids.map((id) => [id, 2]));
    for (const id of ids) {
      const starts = (await facts(rig, id)).filter(({ type }) => type === 'WorkflowStarted');
      expect(starts, id).to.have.length(1);
    }
  });

  it('Q8 a step that runs longer than its time is aborted and tried again', async () => {
    const reasons: unknown[] = [];
    const { worker, rig } = await open(
      answers({
        'test.ship': (_, { attempt, signal }) =>
          attempt > 1
            ? Promise.resolve({ parcel: 'p1' })
            : new Promise((_resolve, reject) =>
                signal.addEventListener('abort', () => {
                  reasons.push(signal.reason);
                  reject(signal.reason as Error);
                }),
              ),
      }),
    );
    await worker.queue.add(aStart('slow'));
    const workflowId = workflowIdFrom('slow');
    await eventually(async () => (await rig.sagas.get(workflowId)) !== undefined);
    expect((await rig.ended(workflowId)).state).to.equal('COMPLETED');
    expect(reasons).to.have.length(1);
    const [failed] = (await facts(rig, workflowId)).filter((fact) => fact.type === 'StepAttemptFailed');
    expect(failed?.error.code).to.equal('STEP_TIMEOUT');
  });
});
