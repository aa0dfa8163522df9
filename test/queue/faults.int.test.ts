import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { connect } from '@nats-io/transport-node';
import { expect } from 'chai';
import { lanes } from '../../contracts/lanes.ts';
import { laneDefaults } from '../../messaging/lane-source.ts';
import { eventually } from '../support/eventually.ts';
import { aTask } from '../support/messages.ts';
import { startNats, type TestNats } from '../support/nats.ts';
import { startWorker, type TestWorker } from '../support/queue.ts';

const script = new URL('./held-worker.ts', import.meta.url).pathname;

/** A worker in a process of its own; gives the keys that its handler began and finished. */
function workerProcess(url: string, ...rest: readonly string[]) {
  const child: ChildProcess = spawn(process.execPath, ['--import=tsx', script, url, ...rest], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [began, done]: [string[], string[]] = [[], []];
  let isReady = false;
  if (child.stdout)
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line === 'ready') isReady = true;
      else if (line.startsWith('holds ')) began.push(line.slice('holds '.length));
      else if (line.startsWith('done ')) done.push(line.slice('done '.length));
    });
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
  };
  return { began, done, ready: () => isReady, end, signal: (name: NodeJS.Signals) => child.kill(name) };
}

describe('the queue under faults', () => {
  let nats: TestNats;
  const workers: TestWorker[] = [];
  const children: ReturnType<typeof workerProcess>[] = [];
  beforeEach(async () => {
    nats = await startNats();
  });
  afterEach(async () => {
    await Promise.all(children.splice(0).map((child) => child.end('SIGKILL')));
    await Promise.all(workers.splice(0).map((worker) => worker.stop()));
    await nats.stop();
  });
  const work = async (
    ...parameters: Parameters<typeof startWorker> extends [unknown, ...infer R] ? R : never
  ) => {
    const worker = await startWorker(nats, ...parameters);
    workers.push(worker);
    return worker;
  };
  const child = (mode: 'hold' | 'work', ...rest: readonly string[]) => {
    const one = workerProcess(nats.url, mode, ...rest);
    children.push(one);
    return one;
  };
  const drained = async ({ queue }: TestWorker): Promise<boolean> => {
    const { lanes: depths, worker } = await queue.statistics();
    return worker.inFlight === 0 && lanes.every((lane) => depths[lane].depth + depths[lane].inFlight === 0);
  };

  it('Q6 begins elsewhere what a killed worker held, within the lease that ships', async () => {
    const victim = child('hold');
    const giver = await work(() => undefined, { concurrency: 0 }, laneDefaults.ackWaitMs);
    for (const key of ['a', 'b', 'c']) await giver.queue.add(aTask(key));
    await eventually(() => victim.began.length === 3, { withinMs: 30_000 });
    const done: string[] = [];
    const other = await work(
      (registry) => registry.registerHandler('echo', async (task) => void done.push(task.dedupKey)),
      {},
      laneDefaults.ackWaitMs,
    );
    // It says that it works: nobody else gets them while it lives.
    await new Promise((resolve) => setTimeout(resolve, 2 * laneDefaults.ackWaitMs));
    expect(done).to.deep.equal([]);
    await victim.end('SIGKILL');
    await eventually(() => done.length === 3, { withinMs: 10_000 });
    await eventually(() => drained(other));
    expect(done.sort()).to.deep.equal(['a', 'b', 'c']);
    expect((await other.queue.statistics()).worker.counters.normal.recovered).to.equal(3);
  });

  it('Q3 is shared by several worker processes, none left without', async () => {
    const processes = [child('work'), child('work'), child('work')];
    await eventually(() => processes.every((each) => each.ready()), { withinMs: 30_000 });
    const giver = await work(() => undefined, { concurrency: 0 });
    const keys = Array.from({ length: 240 }, (_, n) => `task ${n}`);
    await giver.queue.addAll(keys.map((key) => aTask(key)));
    await eventually(() => processes.reduce((sum, { done }) => sum + done.length, 0) === 240, {
      withinMs: 30_000,
    });
    expect(processes.flatMap(({ done }) => done).sort()).to.deep.equal(keys.sort());
    for (const { done } of processes) expect(done.length).to.be.within(40, 120);
  });

  it('drains on SIGTERM: ends what is nearly done, hands back the rest, which costs no attempt', async () => {
    const leaving = child('hold', '120000');
    const giver = await work(() => undefined, { concurrency: 0 }, 120_000);
    await giver.queue.add(aTask('held', { maxRetries: 0 }));
    await giver.queue.add(aTask('short'));
    await eventually(() => leaving.began.length === 2, { withinMs: 30_000 });
    const attempts: [string, number][] = [];
    await leaving.end('SIGTERM');
    expect(leaving.done).to.deep.equal(['short']);
    // With a lease of minutes only what was handed back comes at once.
    const next = await work(
      (registry) =>
        registry.registerHandler('echo', async (task, { attempt }) => {
          attempts.push([task.dedupKey, attempt]);
        }),
      {},
      120_000,
    );
    await eventually(() => drained(next));
    expect(attempts).to.deep.equal([['held', 1]]);
    expect((await next.queue.statistics()).worker.counters.normal).to.include({ completed: 1, recovered: 0 });
  });

  it('goes on after its consumers were deleted from outside, and does nothing twice', async () => {
    const done: string[] = [];
    let finish = (): void => undefined;
    const worker = await work((registry) =>
      registry.registerHandler('echo', async (task) => {
        if (task.dedupKey === 'slow') await new Promise<void>((resolve) => (finish = resolve));
        done.push(task.dedupKey);
      }),
    );
    await worker.queue.add(aTask('slow'));
    await eventually(async () => (await worker.queue.statistics()).worker.atWork === 1);
    const plain = await connect({ servers: nats.url });
    for (const lane of lanes) await plain.request(`$JS.API.CONSUMER.DELETE.TASKS.lane-${lane}`);
    await plain.request('$JS.API.CONSUMER.DELETE.TASK_SCHEDULE.scheduler');
    await plain.close();
    await worker.queue.add(aTask('after'));
    await worker.queue.add(aTask('later', { notBefore: Date.now() + 300 }));
    await eventually(() => done.includes('after') && done.includes('later'), { withinMs: 20_000 });
    finish();
    await eventually(() => drained(worker));
    expect(done.sort()).to.deep.equal(['after', 'later', 'slow']);
  });

  it('loses nothing and does nothing twice when the server is killed with work in hand', async () => {
    const done: string[] = [];
    const worker = await work(
      (registry) =>
        registry.registerHandler('echo', async (task) => {
          await new Promise((resolve) => setTimeout(resolve, 20));
          done.push(task.dedupKey);
        }),
      { concurrency: 8 },
    );
    const keys = Array.from({ length: 100 }, (_, n) => `task ${n}`);
    await worker.queue.addAll(keys.map((key) => aTask(key)));
    await eventually(() => done.length > 10);
    await nats.kill();
    await nats.start();
    await eventually(() => drained(worker), { withinMs: 30_000 });
    expect(done.sort()).to.deep.equal(keys.sort());
  });

  it('runs nothing twice whose acknowledgement was on its way, with many others, when the server was killed', async () => {
    const runs: string[] = [];
    const finish: (() => void)[] = [];
    const worker = await work(
      (registry) =>
        registry.registerHandler('echo', async (task) => {
          runs.push(task.dedupKey);
          await new Promise<void>((resolve) => finish.push(resolve));
        }),
      { concurrency: 50 },
    );
    const keys = Array.from({ length: 50 }, (_, n) => `task ${n}`);
    await worker.queue.addAll(keys.map((key) => aTask(key)));
    await eventually(() => finish.length === 50);
    await nats.freeze();
    for (const end of finish) end();
    await new Promise((resolve) => setImmediate(resolve));
    await nats.kill();
    await nats.start();
    await eventually(() => drained(worker), { withinMs: 30_000 });
    expect(runs.sort()).to.deep.equal(keys.sort());
  });

  it('goes on after the server hung: a slow server costs no task', async () => {
    const done: string[] = [];
    const worker = await work((registry) =>
      registry.registerHandler('echo', async (task) => void done.push(task.dedupKey)),
    );
    await worker.queue.add(aTask('before'));
    await eventually(() => done.length === 1);
    await nats.freeze();
    const adding = worker.queue.add(aTask('meanwhile'));
    nats.thaw();
    await adding;
    await eventually(() => drained(worker), { withinMs: 20_000 });
    expect(done).to.deep.equal(['before', 'meanwhile']);
  });

  it('Q6 goes on around a worker that reads nothing for a while, and with it once it reads again', async () => {
    const slow = child('hold');
    const giver = await work(() => undefined, { concurrency: 0 }, laneDefaults.ackWaitMs);
    for (const key of ['a', 'b', 'c']) await giver.queue.add(aTask(key));
    await eventually(() => slow.began.length === 3, { withinMs: 30_000 });
    slow.signal('SIGSTOP');
    const done: string[] = [];
    const other = await work(
      (registry) => registry.registerHandler('echo', async (task) => void done.push(task.dedupKey)),
      {},
      laneDefaults.ackWaitMs,
    );
    for (let n = 0; n < 300; n += 1) await giver.queue.add(aTask(`meanwhile ${n}`));
    await eventually(() => done.length === 303, { withinMs: 30_000 });
    slow.signal('SIGCONT');
    await eventually(() => drained(other));
    expect(new Set(done).size).to.equal(303);
    // It takes part again: the other one stops, and what comes now is begun there.
    workers.splice(workers.indexOf(other), 1);
    await other.stop();
    await giver.queue.add(aTask('again'));
    await eventually(() => slow.began.includes('again'), { withinMs: 20_000 });
  });

  it('does not run a task twice whose worker was too busy to say so, when it gets it again itself', async () => {
    const runs: string[] = [];
    const worker = await work((registry) =>
      registry.registerHandler('echo', async (task) => {
        runs.push(task.dedupKey);
        await new Promise((resolve) => setTimeout(resolve, 10));
        // The thread stands still for longer than the lease.
        const until = Date.now() + 1_500;
        while (Date.now() < until);
        await new Promise((resolve) => setTimeout(resolve, 200));
      }),
    );
    await worker.queue.add(aTask('busy'));
    await eventually(() => drained(worker), { withinMs: 20_000 });
    expect(runs).to.deep.equal(['busy']);
  });
});
