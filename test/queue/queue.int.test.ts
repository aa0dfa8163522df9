import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { connect } from '@nats-io/transport-node';
import { expect } from 'chai';
import type { TaskContext } from '../../actors/queue/index.ts';
import { TradewrightError } from '../../contracts/errors.ts';
import { workflowIdFrom } from '../../contracts/ids.ts';
import { lanes } from '../../contracts/lanes.ts';
import { type Task, TaskReply } from '../../contracts/task.ts';
import { eventually } from '../support/eventually.ts';
import { aTask } from '../support/messages.ts';
import type { startWorker } from '../support/queue.ts';
import { queueHost, type TestWorker } from '../support/queue.ts';

/** Longer than any test waits. */
const LONG_LEASE_MS = 120_000;

describe('QueueActor', () => {
  const host = queueHost();
  const { workers, work } = host;
  /** A worker whose `echo` handler notes the keys it was called with, in order. */
  const echo = async (done: string[], options: Parameters<typeof startWorker>[2] = {}) =>
    work(
      (registry) => registry.registerHandler('echo', async (task) => void done.push(task.dedupKey)),
      options,
    );
  const drained = async ({ queue }: TestWorker): Promise<boolean> => {
    const { lanes: depths, worker } = await queue.statistics();
    return worker.inFlight === 0 && lanes.every((lane) => depths[lane].depth + depths[lane].inFlight === 0);
  };
  const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);

  it('Q1 adds and consumes: the payload comes through whole, the counters say so', async () => {
    const seen: unknown[] = [];
    const worker = await work((registry) =>
      registry.registerHandler('echo', async (task) => void seen.push(task.payload)),
    );
    const payload = { text: 'ä€🙂', nested: { list: [1, 2.5, null, true] } };
    expect((await worker.queue.add(aTask('one', { payload }))).kind).to.equal('stored');
    await eventually(() => drained(worker));
    expect(seen).to.deep.equal([payload]);
    const { worker: own, deadDepth } = await worker.queue.statistics();
    expect(own.counters.normal).to.deep.equal({
      added: 1,
      completed: 1,
      failed: 0,
      dead: 0,
      recovered: 0,
      cancelled: 0,
      duplicates: 0,
    });
    expect(deadDepth).to.equal(0);
  });

  it('Q2 serves critical, high, normal, low, however they were added', async () => {
    const done: string[] = [];
    const producer = await work(() => undefined, { concurrency: 0, takeSignals: false });
    for (const lane of ['low', 'critical', 'normal', 'high'] as const) {
      await producer.queue.add(aTask(lane, { lane }));
    }
    await echo(done, { concurrency: 1 });
    await eventually(() => done.length === 4);
    expect(done).to.deep.equal(['critical', 'high', 'normal', 'low']);
  });

  it('Q2 serves a low task while critical ones keep coming', async () => {
    const done: string[] = [];
    const flood = await work(() => undefined, { concurrency: 0, takeSignals: false });
    for (let n = 0; n < 40; n++) await flood.queue.add(aTask(`critical ${n}`, { lane: 'critical' }));
    await flood.queue.add(aTask('low', { lane: 'low' }));
    await echo(done, { concurrency: 1 });
    await eventually(() => done.length === 41);
    expect(done.indexOf('low')).to.be.lessThan(15);
  });

  it('Q3 lets two workers share ten tasks: each is done once', async () => {
    const [mine, yours]: [string[], string[]] = [[], []];
    const slowEcho = (done: string[]) => (registry: Parameters<Parameters<typeof startWorker>[1]>[0]) =>
      registry.registerHandler('echo', async (task) => {
        done.push(task.dedupKey);
        // Neither may take all: each goes on only when the other has begun one too.
        await eventually(() => mine.length > 0 && yours.length > 0);
      });
    const first = await work(slowEcho(mine), { concurrency: 1 });
    await work(slowEcho(yours), { concurrency: 1 });
    for (let n = 0; n < 10; n++) await first.queue.add(aTask(`task ${n}`));
    await eventually(() => drained(first));
    expect([...mine, ...yours].sort()).to.deep.equal(Array.from({ length: 10 }, (_, n) => `task ${n}`));
  });

  it('Q4 tries again after a failure: fails, fails, succeeds', async () => {
    const attempts: number[] = [];
    const worker = await work((registry) =>
      registry.registerHandler('echo', async (_task, { attempt }) => {
        attempts.push(attempt);
        if (attempt < 3) throw new Error('not yet');
      }),
    );
    await worker.queue.add(aTask('flaky'));
    await eventually(() => drained(worker));
    expect(attempts).to.deep.equal([1, 2, 3]);
    const { counters } = (await worker.queue.statistics()).worker;
    expect(counters.normal).to.deep.equal({
      added: 1,
      completed: 1,
      failed: 2,
      dead: 0,
      recovered: 0,
      cancelled: 0,
      duplicates: 0,
    });
  });

  it('Q5 buries a task after its retries, with cause, attempts and original, and brings it back on replay', async () => {
    let broken = true;
    const done: string[] = [];
    const worker = await work((registry) =>
      registry.registerHandler('echo', async (task) => {
        if (broken) throw new TradewrightError('NATS_UNAVAILABLE', 'still away');
        done.push(task.dedupKey);
      }),
    );
    const task = aTask('doomed', { maxRetries: 1 });
    await worker.queue.add(task);
    const entry = await eventually(async () => (await worker.messaging.dead.list(0, 10)).entries[0]);
    expect(entry).to.deep.include({ lane: 'normal', type: 'echo' });
    expect(entry.dead).to.deep.include({
      attempts: 2,
      task,
      replays: 0,
    });
    expect(entry.dead.cause).to.include({ code: 'NATS_UNAVAILABLE', message: 'still away' });
    expect(entry.dead.cause.stack).to.contain('queue.int.test.ts');
    expect(entry.dead.lastStartedAt).to.be.within(entry.dead.firstSeenAt, entry.dead.diedAt);
    expect(JSON.parse(Buffer.from(entry.dead.original, 'base64').toString())).to.deep.equal(task);
    await eventually(() => drained(worker));

    broken = false;
    await worker.messaging.dead.replay(entry.streamSeq);
    await eventually(() => done.length === 1);
    expect((await worker.queue.statistics()).deadDepth).to.equal(0);
  });

  it('Q5 buries a terminal failure at once, and a type nobody knows', async () => {
    const worker = await work((registry) =>
      registry.registerHandler('echo', async () => {
        throw new TradewrightError('BARS_NOT_FOUND', 'never');
      }),
    );
    await worker.queue.add(aTask('a'));
    await worker.queue.add(aTask('b', { type: 'unheard-of' }));
    const dead = await eventually(async () => {
      const { entries } = await worker.messaging.dead.list(0, 10);
      return entries.length === 2 && entries;
    });
    expect(dead.map(({ dead: { cause, attempts } }) => [cause.code, attempts])).to.have.deep.members([
      ['BARS_NOT_FOUND', 1],
      ['TASK_TYPE_UNKNOWN', 1],
    ]);
  });

  it('Q6 finishes what a worker held that was killed with SIGKILL, each once', async () => {
    const script = new URL('./held-worker.ts', import.meta.url).pathname;
    const victim = spawn(process.execPath, ['--import=tsx', script, host.nats.url], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const held: string[] = [];
    createInterface({ input: victim.stdout }).on('line', (line) => {
      if (line.startsWith('holds ')) held.push(line.slice('holds '.length));
    });
    const keys = Array.from({ length: 5 }, (_, n) => `task ${n}`);
    const producer = await work(() => undefined, { concurrency: 0, takeSignals: false });
    for (const key of keys) await producer.queue.add(aTask(key));
    await eventually(() => held.length === 5, { withinMs: 30_000 });
    victim.kill('SIGKILL');
    await once(victim, 'exit');

    const done: string[] = [];
    const worker = await echo(done);
    await eventually(() => drained(worker), { withinMs: 30_000 });
    expect(done.sort()).to.deep.equal(keys);
    expect((await worker.queue.statistics()).worker.counters.normal).to.include({
      completed: 5,
      recovered: 5,
    });
  });

  it('Q6 finishes what another worker held that was stopped, without waiting for its lease', async () => {
    let began = false;
    const first = await work(
      (registry) =>
        registry.registerHandler('echo', async (_task, { signal }) => {
          began = true;
          await untilAborted(signal);
        }),
      {},
      LONG_LEASE_MS,
    );
    await first.queue.add(aTask('a', { maxRetries: 0 }));
    await eventually(() => began);
    workers.splice(0);
    await first.stop();
    const done: string[] = [];
    const second = await work(
      (registry) => registry.registerHandler('echo', async (task) => void done.push(task.dedupKey)),
      {},
      LONG_LEASE_MS,
    );
    await eventually(() => drained(second));
    expect(done).to.deep.equal(['a']);
  });

  it('Q8 aborts a task at its time-out and tries it again', async () => {
    const reasons: unknown[] = [];
    const worker = await work((registry) =>
      registry.registerHandler('echo', async (_task, { signal, attempt }) => {
        if (attempt > 1) return;
        await untilAborted(signal).catch((reason: unknown) => reasons.push(reason));
      }),
    );
    await worker.queue.add(aTask('slow', { timeoutMs: 50 }));
    await eventually(() => drained(worker));
    expect(reasons).to.have.length(1);
    expect(reasons[0]).to.include({ code: 'TASK_TIMEOUT' });
    expect((await worker.queue.statistics()).worker.counters.normal).to.include({ completed: 1, failed: 1 });
  });

  it('Q8 keeps a task that works longer than the lease with its worker', async () => {
    let finish = (): void => undefined;
    const runs: number[] = [];
    const worker = await work((registry) =>
      registry.registerHandler('echo', async (task, { attempt }) => {
        if (task.dedupKey === 'long') {
          runs.push(attempt);
          await new Promise<void>((resolve) => (finish = resolve));
        }
      }),
    );
    await worker.queue.add(aTask('long'));
    await eventually(() => runs.length === 1);
    // A lost task of the same lease length comes back: by then the long one would have, too.
    const [lost] = await takeDirectly(worker, 'witness');
    expect(lost?.deliveryCount).to.equal(1);
    await eventually(async () => (await worker.queue.statistics()).worker.counters.low.completed === 1);
    finish();
    await eventually(() => drained(worker));
    expect(runs).to.deep.equal([1]);
  });

  it('Q9 takes thirty tasks of three producers at once', async () => {
    const done: string[] = [];
    const worker = await echo(done);
    const producers = await Promise.all(
      [0, 1, 2].map(() => work(() => undefined, { concurrency: 0, takeSignals: false })),
    );
    await Promise.all(
      producers.flatMap(({ queue }, p) =>
        Array.from({ length: 10 }, (_, n) => queue.add(aTask(`${p}.${n}`))),
      ),
    );
    await eventually(() => drained(worker));
    expect(new Set(done).size).to.equal(30);
    expect(done).to.have.length(30);
  });

  it('Q11 drains mixed lanes with failures among them; every counter is exact', async () => {
    const worker = await work((registry) =>
      registry.registerHandler('echo', async (task, { attempt }) => {
        if (task.dedupKey.endsWith('flaky') && attempt === 1) throw new Error('once');
        if (task.dedupKey.endsWith('doomed')) throw new TradewrightError('NOT_FOUND', 'never');
      }),
    );
    for (const lane of lanes) {
      for (const key of ['fine', 'fine too', 'flaky', 'doomed'])
        await worker.queue.add(aTask(`${lane} ${key}`, { lane }));
    }
    await eventually(() => drained(worker));
    const { worker: own, deadDepth } = await worker.queue.statistics();
    for (const lane of lanes) {
      expect(own.counters[lane], lane).to.deep.equal({
        added: 4,
        completed: 3,
        failed: 1,
        dead: 1,
        recovered: 0,
        cancelled: 0,
        duplicates: 0,
      });
    }
    expect(deadDepth).to.equal(4);
    expect(sum(lanes.map((lane) => own.counters[lane].added))).to.equal(16);
  });

  it('Q16 takes nothing from a paused lane until it is resumed', async () => {
    const done: string[] = [];
    const worker = await echo(done);
    await worker.queue.pause('normal');
    await worker.queue.add(aTask('waits'));
    await worker.queue.add(aTask('goes', { lane: 'low' }));
    await eventually(() => done.includes('goes'));
    expect(done).to.deep.equal(['goes']);
    await worker.queue.resume('normal');
    await eventually(() => done.length === 2);
    expect(done).to.deep.equal(['goes', 'waits']);
  });

  it('Q18 buries malformed messages with the reason and goes on with the lane', async () => {
    const done: string[] = [];
    const worker = await echo(done, { concurrency: 1 });
    const plain = await connect({ servers: host.nats.url });
    plain.publish('tasks.normal.echo', '{"payload":');
    plain.publish('tasks.normal.Not.A.Type', '{"payload":1}');
    plain.publish('tasks.normal.echo', new Uint8Array([0xff, 0xfe]));
    plain.publish('tasks.normal.echo', '{"payload":{"n":1}}', {});
    await plain.drain();
    await eventually(() => done.length === 1);
    await eventually(() => drained(worker));
    const { entries: dead } = await worker.messaging.dead.list(0, 10);
    expect(dead.map(({ type, dead: { cause, subject } }) => [type, cause.code, subject])).to.deep.equal([
      ['malformed', 'JSON_MALFORMED', 'tasks.normal.echo'],
      ['malformed', 'INPUT_INVALID', 'tasks.normal.Not.A.Type'],
      ['malformed', 'JSON_MALFORMED', 'tasks.normal.echo'],
    ]);
    expect(Buffer.from(dead[0]?.dead.original ?? '', 'base64').toString()).to.equal('{"payload":');
  });

  it('tells the result or the death of a task on its reply subject', async () => {
    const worker = await work((registry) =>
      registry
        .registerHandler('echo', async (task) => ({ got: task.payload }))
        .registerStart('start-it', async (task) => ({ workflowId: workflowIdFrom(task.dedupKey) })),
    );
    const plain = await connect({ servers: host.nats.url });
    const replies: TaskReply[] = [];
    plain.subscribe('my.answers', {
      callback: (_error, message) => void replies.push(TaskReply.parse(message.json())),
    });
    await plain.flush();
    const replyTo = 'my.answers';
    await worker.queue.add(aTask('a', { payload: 1, replyTo }));
    await eventually(() => replies.length === 1);
    await worker.queue.add(aTask('b', { type: 'start-it', replyTo }));
    await eventually(() => replies.length === 2);
    await worker.queue.add(aTask('c', { type: 'unheard-of', replyTo }));
    await eventually(() => replies.length === 3);
    await plain.close();
    expect(replies.map(({ outcome, result, error }) => [outcome, result ?? error?.code])).to.deep.equal([
      ['completed', { got: 1 }],
      ['completed', { workflowId: workflowIdFrom('b') }],
      ['dead', 'TASK_TYPE_UNKNOWN'],
    ]);
  });

  it('goes on by itself when the server is killed and comes back, and loses nothing', async () => {
    const done = new Set<string>();
    const worker = await work((registry) =>
      registry.registerHandler('echo', async (task) => void done.add(task.dedupKey)),
    );
    for (let n = 0; n < 20; n++) await worker.queue.add(aTask(`before ${n}`));
    await host.nats.kill();
    await host.nats.start();
    await eventually(() => worker.queue.add(aTask('after')), { withinMs: 20_000 });
    await eventually(() => drained(worker), { withinMs: 20_000 });
    expect(done.size).to.equal(21);
  });

  const untilAborted = (signal: TaskContext['signal']): Promise<never> =>
    new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    });

  /** Takes a task of the low lane past the worker and never ends it. */
  async function takeDirectly(worker: TestWorker, key: string) {
    await worker.queue.pause('low');
    await worker.queue.add(aTask(key, { lane: 'low' }) satisfies Task);
    const taken = await worker.messaging.lanes.pull('low', 1, 5_000, new AbortController().signal);
    await worker.queue.resume('low');
    return taken;
  }
});
