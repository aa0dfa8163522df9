import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { connect } from '@nats-io/transport-node';
import { jetstreamManager } from '@nats-io/jetstream';
import { expect } from 'chai';
import { TradewrightError } from '../../contracts/errors.ts';
import { eventually } from '../support/eventually.ts';
import { aTask } from '../support/messages.ts';
import { queueHost } from '../support/queue.ts';

/** What was wrong with the queue that this one replaces, each shown not to be so here. */
describe('defects of the original queue, absent', () => {
  const host = queueHost();
  const { work } = host;
  /** Messages that the stream itself holds, whatever consumers say. */
  async function stored(stream: string): Promise<{ messages: number; pending: number }> {
    const plain = await connect({ servers: host.nats.url });
    const { streams, consumers } = await jetstreamManager(plain);
    const { state } = await streams.info(stream);
    let pending = 0;
    for await (const { num_ack_pending, num_pending } of consumers.list(stream))
      pending += num_ack_pending + num_pending;
    await plain.close();
    return { messages: state.messages, pending };
  }

  it('Q4 retries without back-off: here every retry waits, and longer than the one before', async () => {
    const began: number[] = [];
    const ended: number[] = [];
    const worker = await work(
      (registry) =>
        registry.registerHandler('echo', async (_task, { attempt }) => {
          began.push(Date.now());
          ended.push(Date.now());
          if (attempt < 4) throw new Error('not yet');
        }),
      // Of each wait half is drawn: here three quarters of it all.
      { retry: { firstMs: 200, factor: 3, mostMs: 60_000 }, random: () => 0.5 },
    );
    await worker.queue.add(aTask('flaky'));
    await eventually(() => began.length === 4, { withinMs: 20_000 });
    const waits = [1, 2, 3].map((at) => (began[at] ?? 0) - (ended[at - 1] ?? 0));
    // The server counts the wait from when it hears of it: never shorter, whatever the machine does.
    [150, 450, 1_350].forEach((due, at) => expect(waits[at], `wait ${at + 1}`).to.be.at.least(due - 5));
  });

  it('Q6 recovered messages claimed but never redelivered: here a handler of another worker gets them, and ends them', async () => {
    const script = new URL('./held-worker.ts', import.meta.url).pathname;
    const victim = spawn(process.execPath, ['--import=tsx', script, host.nats.url], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const held: string[] = [];
    createInterface({ input: victim.stdout }).on('line', (line) => {
      if (line.startsWith('holds ')) held.push(line.slice('holds '.length));
    });
    const done: string[] = [];
    // It is there the whole time: it waits for work, and claims what the dead one held by itself.
    const producer = await work(() => undefined, { concurrency: 0, takeSignals: false });
    for (const key of ['a', 'b', 'c']) await producer.queue.add(aTask(key));
    await eventually(() => held.length === 3, { withinMs: 30_000 });
    const other = await work((registry) =>
      registry.registerHandler('echo', async (task) => void done.push(task.dedupKey)),
    );
    victim.kill('SIGKILL');
    await once(victim, 'exit');
    await eventually(() => done.length === 3, { withinMs: 30_000 });
    await eventually(async () => (await stored('TASKS')).messages === 0);
    expect(done.sort()).to.deep.equal(['a', 'b', 'c']);
    expect((await other.queue.statistics()).worker.counters.normal).to.include({
      recovered: 3,
      completed: 3,
    });
  });

  it('Q8 timeout never enforced: here the handler is aborted at its time, the attempt has failed, and it ends in DEAD', async () => {
    const aborted: unknown[] = [];
    const worker = await work((registry) =>
      registry.registerHandler('echo', (_task, { signal }) => {
        return new Promise((_resolve, reject) =>
          signal.addEventListener('abort', () => {
            aborted.push(signal.reason);
            reject(signal.reason as Error);
          }),
        );
      }),
    );
    await worker.queue.add(aTask('endless', { timeoutMs: 60, maxRetries: 1 }));
    const dead = await eventually(async () => (await worker.messaging.dead.list(0, 10)).entries[0]);
    expect(dead.dead).to.include({ attempts: 2 });
    expect(dead.dead.cause.code).to.equal('TASK_TIMEOUT');
    expect(aborted).to.have.length(2);
  });

  it('Q5 Q18 failed originals left in the stream: here nothing of a task stays in TASKS once it has ended, however it did', async () => {
    const worker = await work((registry) =>
      registry.registerHandler('echo', async (task, { attempt }) => {
        if (task.dedupKey === 'flaky' && attempt < 3) throw new Error('not yet');
        if (task.dedupKey === 'doomed') throw new Error('never');
        if (task.dedupKey === 'terminal') throw new TradewrightError('NOT_FOUND', 'never');
      }),
    );
    for (const key of ['fine', 'flaky', 'terminal']) await worker.queue.add(aTask(key));
    await worker.queue.add(aTask('doomed', { maxRetries: 2 }));
    await worker.queue.add(aTask('unheard-of', { type: 'unheard-of' }));
    const plain = await connect({ servers: host.nats.url });
    plain.publish('tasks.normal.echo', '{"payload":');
    await plain.drain();
    await eventually(async () => (await stored('DEAD')).messages === 4, { withinMs: 20_000 });
    await eventually(async () => (await stored('TASKS')).messages === 0, { withinMs: 20_000 });
    expect(await stored('TASKS')).to.deep.equal({ messages: 0, pending: 0 });
    const causes = (await worker.messaging.dead.list(0, 10)).entries.map(({ dead }) => dead.cause.code);
    expect(causes.sort()).to.deep.equal(['INTERNAL', 'JSON_MALFORMED', 'NOT_FOUND', 'TASK_TYPE_UNKNOWN']);
    expect((await worker.queue.statistics()).worker.counters.normal).to.include({ completed: 2, dead: 4 });
  });
});
