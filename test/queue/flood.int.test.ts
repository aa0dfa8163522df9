import { expect } from 'chai';
import { type Lane, lanes } from '../../contracts/lanes.ts';
import { laneWeights, type LaneWeights } from '../../actors/queue/lane-schedule.ts';
import { eventually } from '../support/eventually.ts';
import { aTask } from '../support/messages.ts';
import { queueHost, startWorker } from '../support/queue.ts';

const WAITING = 3_000;
const WORKERS = 3;
const CONCURRENCY = 8;

/** Every lane is full and several workers take from all of them, in the order in which the handlers begin. */
describe('the lanes under a flood', function () {
  this.timeout(180_000);
  const host = queueHost();
  const { workers } = host;
  /** Lanes of the tasks begun, in order, once `until` of them have; it goes on by itself after that. */
  async function flooded(
    weights: LaneWeights,
    workMs: number,
    waiting: Partial<Record<Lane, number>>,
    until: number,
  ): Promise<Lane[]> {
    const order: Lane[] = [];
    const keys = new Set<string>();
    const producer = await startWorker(host.nats, () => undefined, { concurrency: 0, takeSignals: false });
    workers.push(producer);
    // The least urgent first: they have waited longest and are in front of the stream.
    for (const lane of [...lanes].reverse()) {
      const tasks = Array.from({ length: waiting[lane] ?? 0 }, (_, n) => aTask(`${lane} ${n}`, { lane }));
      const stored = await producer.queue.addAll(tasks);
      expect(stored.every(({ status }) => status === 'fulfilled')).to.equal(true);
    }
    for (let n = 0; n < WORKERS; n += 1)
      workers.push(
        await startWorker(
          host.nats,
          (registry) =>
            registry.registerHandler('echo', async (task) => {
              order.push(task.lane);
              expect(keys.has(task.dedupKey), task.dedupKey).to.equal(false);
              keys.add(task.dedupKey);
              if (workMs > 0) await new Promise((resolve) => setTimeout(resolve, workMs));
            }),
          { concurrency: CONCURRENCY, weights, takeSignals: false },
          10_000,
        ),
      );
    await eventually(() => order.length >= until, { withinMs: 120_000, everyMs: 5 });
    return order;
  }
  const everyLane = (count: number): Record<Lane, number> => ({
    critical: count,
    high: count,
    normal: count,
    low: count,
  });
  /** Share of each lane among the first `count` tasks. */
  const shares = (order: readonly Lane[], count: number): Record<Lane, number> => {
    const part = order.slice(0, count);
    const each = lanes.map((lane) => [lane, part.filter((other) => other === lane).length / count]);
    return Object.fromEntries(each) as Record<Lane, number>;
  };
  const expectShares = (order: readonly Lane[], count: number, weights: LaneWeights): void => {
    const sum = lanes.reduce((total, lane) => total + weights[lane], 0);
    const got = shares(order, count);
    for (const lane of lanes) {
      const due = weights[lane] / sum;
      // A fifth of its share, and two in a hundred for the rounds that are cut at the end.
      expect(got[lane], `${lane} of ${JSON.stringify(got)}`).to.be.within(due * 0.8 - 0.02, due * 1.2 + 0.02);
    }
  };
  /** The longest run of begun tasks without one of this lane. */
  const longestWait = (order: readonly Lane[], of: Lane): number => {
    let longest = 0;
    let run = 0;
    for (const lane of order) {
      run = lane === of ? 0 : run + 1;
      longest = Math.max(longest, run);
    }
    return longest;
  };

  it('Q2 thousands waiting in every lane, three workers: critical first, the weights hold, low is never starved, each once', async () => {
    const order = await flooded(laneWeights, 0, everyLane(WAITING), 4 * WAITING);
    expect(order).to.have.length(4 * WAITING);
    // All lanes have work left until 8/15 of it is done.
    expectShares(order, 5_000, laneWeights);
    expect(order.slice(0, 8)).to.deep.equal(Array(8).fill('critical'));
    expect(longestWait(order.slice(0, 5_000), 'low')).to.be.lessThan(600);
    const end = (lane: Lane): number => order.lastIndexOf(lane);
    expect(end('critical')).to.be.lessThan(end('high'));
    expect(end('high')).to.be.lessThan(end('normal'));
    expect(end('normal')).to.be.lessThan(end('low'));
  });

  it('Q2 the weights hold for tasks that take their time, too, and are what the operator sets', async () => {
    const weights: LaneWeights = { critical: 4, high: 3, normal: 2, low: 1 };
    // Longer than what is held ahead for: each is taken when there is room for it.
    const order = await flooded(weights, 25, everyLane(600), 1_000);
    expectShares(order, 1_000, weights);
    expect(longestWait(order.slice(0, 1_000), 'low')).to.be.lessThan(100);
  });

  it('Q2 a critical task that comes into a flood of low ones goes before nearly all of them', async () => {
    const order = await flooded(laneWeights, 5, { low: WAITING }, 100);
    const began = order.length;
    await workers[0]?.queue.add(aTask('urgent', { lane: 'critical' }));
    await eventually(() => order.includes('critical'), { withinMs: 60_000, everyMs: 5 });
    // Behind those at work and held ahead at most: some forty a worker.
    expect(order.indexOf('critical') - began).to.be.lessThan(WAITING / 6);
    await eventually(() => order.length === WAITING + 1, { withinMs: 60_000 });
  });
});
