import { expect } from 'chai';
import { queueMetrics } from '../../app/telemetry/metrics.ts';
import { SagaMetrics } from '../../actors/saga/saga-metrics.ts';
import { lanes } from '../../contracts/lanes.ts';
import { systemClock } from '../../contracts/ports/clock.ts';
import type { QueueStatus } from '../../contracts/queue-api.ts';
import { queueWarnings } from '../../contracts/queue-health.ts';
import { eventually } from '../support/eventually.ts';
import { aTask } from '../support/messages.ts';
import { startNats } from '../support/nats.ts';
import { startWorker } from '../support/queue.ts';

describe('what the queue says of itself', () => {
  it('Q7 gives every figure per lane for Prometheus', async () => {
    const nats = await startNats();
    const worker = await startWorker(nats, (registry) =>
      registry.registerHandler('echo', async () => undefined),
    );
    await worker.queue.add(aTask('a'));
    await worker.queue.add(aTask('b', { lane: 'low', notBefore: Date.now() + 3_600_000 }));
    await worker.queue.pause('high');
    await eventually(async () => (await worker.queue.statistics()).worker.counters.normal.completed === 1);
    const text = await queueMetrics(worker.queue, new SagaMetrics(), systemClock)();
    const line = (name: string): string | undefined =>
      text
        .split('\n')
        .find((each) => each.startsWith(`tradewright_${name} `))
        ?.split(' ')[1];
    expect(line('tasks_total{lane="normal",outcome="completed"}')).to.equal('1');
    expect(line('tasks_total{lane="normal",outcome="added"}')).to.equal('1');
    expect(line('delayed_tasks')).to.equal('1');
    expect(line('dead_letters')).to.equal('0');
    expect(line('lane_paused{lane="high"}')).to.equal('1');
    for (const lane of lanes) {
      expect(line(`lane_depth{lane="${lane}"}`), lane).to.equal('0');
      expect(line(`lane_oldest_seconds{lane="${lane}"}`), lane).to.equal('0');
    }
    await worker.stop();
    await nats.stop();
  });

  it('Q7 names what stands still: a paused lane, a missing consumer, a full window, a full stream, dead letters', () => {
    const quiet = {
      depth: 0,
      inFlight: 0,
      waiting: 1,
      redelivered: 0,
      inFlightLimit: 10,
      oldestStoredAt: null,
      paused: null,
    };
    const status = (change: Partial<QueueStatus>): Omit<QueueStatus, 'warnings'> => ({
      lanes: { critical: quiet, high: quiet, normal: quiet, low: quiet },
      delayed: 0,
      deadLetters: 0,
      streams: [{ stream: 'TASKS', messages: 10, maxMessages: 100, bytes: 1, maxBytes: 100 }],
      ...change,
    });
    const of = (change: Partial<QueueStatus>) => queueWarnings(status(change), 100_000);
    const lane = (change: Partial<typeof quiet> | object) =>
      of({ lanes: { ...status({}).lanes, low: { ...quiet, ...change } } });
    expect(of({})).to.deep.equal([]);
    expect(lane({ paused: { by: 'ann', reason: '', since: 1 }, depth: 3 })[0]).to.contain(
      'low is paused by ann, 3',
    );
    expect(lane({ inFlightLimit: null, depth: 3 })[0]).to.contain('no consumer');
    expect(lane({ inFlight: 10 })[0]).to.contain('window full, 10 of 10');
    expect(lane({ depth: 1, waiting: 0, oldestStoredAt: 1 })[0]).to.contain('nobody takes from lane low');
    expect(of({ deadLetters: 2 })[0]).to.contain('2 dead letters');
    expect(
      of({ streams: [{ stream: 'TASKS', messages: 90, maxMessages: 100, bytes: 1, maxBytes: 100 }] })[0],
    ).to.contain('TASKS is 90 % full');
  });
});
