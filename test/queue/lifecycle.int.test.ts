import { connect } from '@nats-io/transport-node';
import { expect } from 'chai';
import type { TaskContext } from '../../actors/queue/index.ts';
import { TradewrightError } from '../../contracts/errors.ts';
import { taskIdFrom } from '../../contracts/ids.ts';
import { systemClock } from '../../contracts/ports/clock.ts';
import { type Task, TaskReply } from '../../contracts/task.ts';
import { streamLimits } from '../../messaging/index.ts';
import { eventually } from '../support/eventually.ts';
import { aTask } from '../support/messages.ts';
import { messagingOn } from '../support/nats.ts';
import { queueHost, startWorker, type TestWorker } from '../support/queue.ts';

type Register = Parameters<typeof startWorker>[1];

describe('what tasks go through', () => {
  const host = queueHost();
  const { workers, work } = host;
  const producer = () => work(() => undefined, { concurrency: 0, takeSignals: false });
  const normal = async (worker: TestWorker) => (await worker.queue.statistics()).worker.counters.normal;
  const untilAborted = (signal: TaskContext['signal']): Promise<never> =>
    new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    });

  it('Q10 takes in batches what is there: many at work at once, each done once', async () => {
    const done: string[] = [];
    const giver = await producer();
    const keys = Array.from({ length: 200 }, (_, n) => `task ${n}`);
    const stored = await giver.queue.addAll(keys.map((key) => aTask(key)));
    expect(stored.every(({ status }) => status === 'fulfilled')).to.equal(true);
    let atWork = 0;
    let most = 0;
    const worker = await work(
      (registry) =>
        registry.registerHandler('echo', async (task) => {
          most = Math.max(most, (atWork += 1));
          // The first goes on once its batch is at work, so it did not come alone.
          await eventually(() => most >= 25, { withinMs: 5_000 });
          atWork -= 1;
          done.push(task.dedupKey);
        }),
      { concurrency: 25 },
    );
    await eventually(async () => (await normal(worker)).completed === 200);
    expect(most).to.equal(25);
    expect(done.sort()).to.deep.equal(keys.sort());
  });

  it('Q12 takes a key once, within the window of the stream and beyond it', async () => {
    const done: string[] = [];
    // A window that is over at once: what is beyond it does not take ten minutes here.
    const limits = { ...streamLimits, tasks: { ...streamLimits.tasks, dedupWindowMs: 100 } };
    await (await messagingOn(host.nats, { limits })).close();
    const worker = await startWorker(
      host.nats,
      (registry) => registry.registerHandler('echo', async (task) => void done.push(task.dedupKey)),
      {},
      1_000,
      { limits },
    );
    workers.push(worker);
    const lasting: Partial<Task> = { dedupForMs: 60_000 };
    expect((await worker.queue.add(aTask('a', lasting))).kind).to.equal('stored');
    expect((await worker.queue.add(aTask('a', lasting))).kind).to.equal('duplicate');
    await eventually(async () => (await normal(worker)).completed === 1);
    await eventually(async () => (await worker.queue.add(aTask('witness'))).kind === 'stored', {
      everyMs: 150,
    });
    await eventually(async () => (await worker.queue.add(aTask('witness'))).kind === 'stored', {
      everyMs: 150,
    });
    expect((await worker.queue.add(aTask('a', lasting))).kind).to.equal('duplicate');

    // A plain publisher is not asked first: its second message is dropped when it comes up.
    const plain = await connect({ servers: host.nats.url });
    plain.publish('tasks.normal.echo', JSON.stringify({ payload: 1, dedupKey: 'a', ...lasting }));
    await plain.drain();
    await eventually(async () => (await normal(worker)).duplicates === 1);
    expect(done.filter((key) => key === 'a')).to.have.length(1);
  });

  it('Q13 keeps a delayed task until its time, across a kill of the server, and does it once', async () => {
    const done: { key: string; at: number }[] = [];
    const worker = await work((registry) =>
      registry.registerHandler(
        'echo',
        async (task) => void done.push({ key: task.dedupKey, at: Date.now() }),
      ),
    );
    const notBefore = Date.now() + 2_000;
    await worker.queue.add(aTask('later', { notBefore }));
    await worker.queue.add(aTask('now'));
    await eventually(() => done.length === 1);
    expect((await worker.queue.statistics()).delayed).to.equal(1);
    await host.nats.kill();
    await host.nats.start();
    await eventually(() => done.length === 2, { withinMs: 20_000 });
    expect(done.map(({ key }) => key)).to.deep.equal(['now', 'later']);
    expect(done[1]?.at).to.be.at.least(notBefore);
    await eventually(async () => (await worker.queue.statistics()).delayed === 0);
  });

  it('Q13 holds a plain publisher’s task back, too', async () => {
    const done: number[] = [];
    await work((registry) => registry.registerHandler('echo', async () => void done.push(Date.now())));
    const plain = await connect({ servers: host.nats.url });
    const notBefore = Date.now() + 700;
    plain.publish('tasks.normal.echo', JSON.stringify({ payload: 1, notBefore }));
    await plain.drain();
    await eventually(() => done.length === 1);
    expect(done[0]).to.be.at.least(notBefore);
  });

  it('Q4 spends a long back-off in the schedule: no place of the lane is kept, the attempts are counted on', async () => {
    const attempts: number[] = [];
    const at: number[] = [];
    const worker = await work(
      (registry) =>
        registry.registerHandler('echo', async (_task, { attempt }) => {
          attempts.push(attempt);
          at.push(Date.now());
          if (attempt === 1) throw new Error('not yet');
        }),
      { retry: { firstMs: 5_100, factor: 1, mostMs: 5_100 }, random: () => 0.999 },
    );
    await worker.queue.add(aTask('a'));
    await eventually(async () => (await worker.queue.statistics()).delayed === 1);
    expect((await worker.queue.statistics()).lanes.normal).to.include({ depth: 0, inFlight: 0 });
    await eventually(async () => (await normal(worker)).completed === 1, { withinMs: 15_000 });
    expect(attempts).to.deep.equal([1, 2]);
    expect((at[1] ?? 0) - (at[0] ?? 0)).to.be.at.least(5_000);
  });

  it('Q14 bounds what is in flight: nobody gets more than the window, and it shows', async () => {
    const messaging = await messagingOn(host.nats, { lanes: { ackWaitMs: 30_000, maxAckPending: 3 } });
    for (const key of ['a', 'b', 'c', 'd', 'e']) await messaging.tasks.publish(aTask(key));
    const never = new AbortController().signal;
    const taken = await messaging.lanes.pull('normal', 5, 0, never);
    expect(taken).to.have.length(3);
    expect(await messaging.lanes.pull('normal', 5, 0, never)).to.have.length(0);
    expect(await messaging.statistics.lane('normal')).to.include({ inFlight: 3, inFlightLimit: 3, depth: 2 });
    await taken[0]?.ack();
    const next = await eventually(async () => {
      const pulled = await messaging.lanes.pull('normal', 5, 100, never);
      return pulled.length > 0 && pulled;
    });
    expect(next).to.have.length(1);
    await messaging.close();
  });

  it('Q15 cancels a pending task: it is never begun, and whoever asked hears of it', async () => {
    const done: string[] = [];
    const giver = await producer();
    const plain = await connect({ servers: host.nats.url });
    const replies: TaskReply[] = [];
    plain.subscribe('my.answers', {
      callback: (_error, message) => void replies.push(TaskReply.parse(message.json())),
    });
    await plain.flush();
    const doomed = aTask('doomed', { replyTo: 'my.answers', keepResult: true });
    await giver.queue.add(doomed);
    await giver.queue.add(aTask('fine'));
    expect(await giver.queue.cancel(doomed.id, 'no longer wanted')).to.equal('requested');
    const worker = await work(
      (registry) => registry.registerHandler('echo', async (task) => void done.push(task.dedupKey)),
      { concurrency: 1 },
    );
    await eventually(() => done.includes('fine'));
    await eventually(() => replies.length === 1);
    expect(done).to.deep.equal(['fine']);
    expect(replies[0]).to.include({ outcome: 'cancelled' });
    expect((await worker.queue.task(doomed.id))?.state).to.equal('cancelled');
    expect(await worker.queue.cancel(doomed.id)).to.equal('ended');
    expect(await normal(worker)).to.include({ cancelled: 1, completed: 1 });
    await plain.close();
  });

  it('Q15 cancels a delayed task at once and aborts one at work', async () => {
    const reasons: unknown[] = [];
    const worker = await work((registry) =>
      registry.registerHandler('echo', async (_task, { signal, progress }) => {
        progress({ begun: true });
        await untilAborted(signal).catch((reason: unknown) => {
          reasons.push(reason);
          throw reason as Error;
        });
      }),
    );
    const later = aTask('later', { notBefore: Date.now() + 3_600_000, keepResult: true });
    await worker.queue.add(later);
    expect((await worker.queue.task(later.id))?.state).to.equal('delayed');
    expect(await worker.queue.cancel(later.id)).to.equal('cancelled');
    expect((await worker.queue.task(later.id))?.state).to.equal('cancelled');
    expect((await worker.queue.statistics()).delayed).to.equal(0);

    const running = aTask('running', { keepResult: true });
    await worker.queue.add(running);
    await eventually(async () => (await worker.queue.task(running.id))?.progress !== undefined);
    await worker.queue.cancel(running.id);
    await eventually(async () => (await worker.queue.task(running.id))?.state === 'cancelled');
    expect(reasons[0]).to.include({ code: 'CANCELLED' });
    expect((await worker.queue.statistics()).deadDepth).to.equal(0);
  });

  it('Q16 keeps a lane paused for every worker, and for those that start later', async () => {
    const done: string[] = [];
    const register: Register = (registry) =>
      registry.registerHandler('echo', async (task) => void done.push(task.dedupKey));
    const first = await work(register);
    await first.queue.pause('low', 'maintenance');
    const second = await work(register);
    await second.queue.add(aTask('waits', { lane: 'low' }));
    await second.queue.add(aTask('goes'));
    await eventually(() => done.includes('goes'));
    await eventually(async () => (await second.queue.statistics()).worker.paused.includes('low'));
    expect((await second.queue.statistics()).pauses.low).to.include({ paused: true, reason: 'maintenance' });
    expect(done).to.deep.equal(['goes']);
    await second.queue.resume('low');
    await eventually(() => done.includes('waits'));
  });

  it('Q17 begins no more of a type within any window than its rate allows, over two workers', async () => {
    const begun: number[] = [];
    const others: string[] = [];
    const register: Register = (registry) =>
      registry
        .registerHandler('echo', async () => void begun.push(systemClock.now()), {
          limits: { rate: { count: 3, perMs: 400 } },
        })
        .registerHandler('other', async (task) => void others.push(task.dedupKey));
    const first = await work(register, { concurrency: 2 });
    await work(register, { concurrency: 2 });
    for (let n = 0; n < 10; n++) await first.queue.add(aTask(`limited ${n}`));
    await first.queue.add(aTask('free', { type: 'other' }));
    // The others of its lane do not wait behind it.
    await eventually(() => others.length === 1);
    expect(begun.length).to.be.lessThan(10);
    await eventually(() => begun.length === 10, { withinMs: 20_000 });
    begun.sort((a, b) => a - b);
    for (let at = 3; at < begun.length; at++) {
      // Admitted within the window; the handler begins a moment after that.
      expect((begun[at] ?? 0) - (begun[at - 3] ?? 0), `${at}`).to.be.at.least(300);
    }
  });

  it('Q17 has no more of a type at work at once than its limit, over two workers', async () => {
    let atWork = 0;
    let most = 0;
    const done: string[] = [];
    const register: Register = (registry) =>
      registry.registerHandler(
        'echo',
        async (task) => {
          most = Math.max(most, (atWork += 1));
          await new Promise((resolve) => setTimeout(resolve, 30));
          atWork -= 1;
          done.push(task.dedupKey);
        },
        { limits: { concurrency: 2 } },
      );
    const first = await work(register);
    await work(register);
    for (let n = 0; n < 12; n++) await first.queue.add(aTask(`task ${n}`));
    await eventually(() => done.length === 12, { withinMs: 20_000 });
    expect(most).to.equal(2);
    expect(new Set(done).size).to.equal(12);
  });

  it('keeps state, progress and result of a task that asks for it', async () => {
    let finish = (): void => undefined;
    const worker = await work((registry) =>
      registry.registerHandler('echo', async (_task, { progress }) => {
        progress({ percent: 10 });
        progress({ percent: 50 });
        await new Promise<void>((resolve) => (finish = resolve));
        return { answer: 42 };
      }),
    );
    const task = aTask('kept', { keepResult: true });
    expect(await worker.queue.task(task.id)).to.equal(undefined);
    await worker.queue.add(task);
    const during = await eventually(async () => {
      const record = await worker.queue.task(task.id);
      return (record?.progress as { percent?: number } | undefined)?.percent === 50 && record;
    });
    expect(during).to.include({ state: 'processing', attempt: 1 });
    finish();
    const after = await eventually(async () => {
      const record = await worker.queue.task(task.id);
      return record?.state === 'completed' && record;
    });
    expect(after.result).to.deep.equal({ answer: 42 });
    expect(await worker.queue.task(taskIdFrom('never heard of'))).to.equal(undefined);
  });

  it('Q5 brings dead letters back one by one, by what they are and all, but not for ever', async () => {
    let broken = true;
    const done: string[] = [];
    const worker = await work((registry) =>
      registry
        .registerHandler('echo', async (task) => {
          if (broken) throw new TradewrightError('NOT_FOUND', 'never');
          done.push(task.dedupKey);
        })
        .registerHandler('other', async () => {
          throw new TradewrightError('BARS_NOT_FOUND', 'no bars');
        }),
    );
    const { dead } = worker.messaging;
    for (const key of ['a', 'b', 'c']) await worker.queue.add(aTask(key, { lane: 'low' }));
    await worker.queue.add(aTask('d', { type: 'other' }));
    await eventually(async () => (await worker.queue.statistics()).deadDepth === 4);
    const only = async (filter: Parameters<typeof dead.list>[2]) =>
      (await dead.list(0, 10, filter)).entries.map((entry) => entry.dead.task?.dedupKey).sort();
    expect(await only({ lane: 'low' })).to.deep.equal(['a', 'b', 'c']);
    expect(await only({ code: 'BARS_NOT_FOUND' })).to.deep.equal(['d']);
    expect(await only({ type: 'other', lane: 'low' })).to.deep.equal([]);

    // Each return that ends in the dead letters again is counted, up to the cap.
    for (let replay = 1; replay <= 3; replay++) {
      expect(await dead.replayAll({ type: 'echo' }, 100)).to.deep.equal({ replayed: 3, capped: 0, left: 0 });
      await eventually(async () => {
        const { entries } = await dead.list(0, 10, { type: 'echo' });
        return entries.length === 3 && entries.every((entry) => entry.dead.replays === replay);
      });
    }
    expect(await dead.replayAll({}, 100)).to.deep.equal({ replayed: 1, capped: 3, left: 0 });
    broken = false;
    const [first] = (await dead.list(0, 1, { type: 'echo' })).entries;
    const refused = await dead.replay(first?.streamSeq ?? 0).catch((error: unknown) => error);
    expect(refused).to.include({ code: 'REPLAY_CAPPED' });
    expect(await dead.replayAll({ type: 'echo' }, 2, true)).to.deep.equal({
      replayed: 2,
      capped: 0,
      left: 1,
    });
    await eventually(() => done.length === 2);
    await eventually(async () => (await dead.purgeAll({ type: 'other' })) === 1);
    expect(await dead.purgeAll({})).to.equal(1);
    expect((await worker.queue.statistics()).deadDepth).to.equal(0);
  });
});
