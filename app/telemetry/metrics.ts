import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import type { LaneCounters, Queue } from '../../actors/queue/index.ts';
import type { SagaMetrics } from '../../actors/saga/saga-metrics.ts';
import { lanes } from '../../contracts/lanes.ts';
import type { Clock } from '../../contracts/ports/clock.ts';

const counted: readonly (keyof LaneCounters)[] = [
  'added',
  'completed',
  'failed',
  'dead',
  'recovered',
  'cancelled',
  'duplicates',
];

/** This process in Prometheus' text format: what it did since it started, and how the queue stands for all. */
export function queueMetrics(
  queue: Pick<Queue, 'statistics'>,
  sagas: Pick<SagaMetrics, 'counts'>,
  clock: Pick<Clock, 'now'>,
): () => Promise<string> {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[] = []): Gauge<L> =>
    new Gauge({ name: `tradewright_${name}`, help, labelNames, registers: [registry] });
  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[]): Counter<L> =>
    new Counter({ name: `tradewright_${name}`, help, labelNames, registers: [registry] });
  const tasks = counter('tasks_total', 'Tasks of this worker since it started, by what became of them', [
    'lane',
    'outcome',
  ]);
  const depth = gauge('lane_depth', 'Tasks stored and not taken yet', ['lane']);
  const inFlight = gauge('lane_in_flight', 'Tasks taken and not ended, over all workers', ['lane']);
  const window = gauge('lane_in_flight_limit', 'Most tasks that may be in flight; 0 without a consumer', [
    'lane',
  ]);
  const consumers = gauge('lane_waiting_pulls', 'Pull requests that wait for a task', ['lane']);
  const age = gauge('lane_oldest_seconds', 'Age of the oldest task in the lane', ['lane']);
  const paused = gauge('lane_paused', '1 while the lane is paused', ['lane']);
  const dead = gauge('dead_letters', 'Messages in the dead-letter stream');
  const delayed = gauge('delayed_tasks', 'Tasks that wait for their time');
  const fullness = gauge('stream_fullness_ratio', 'How full a stream is that refuses when it is full', [
    'stream',
  ]);
  const worker = gauge('worker_tasks', 'Tasks in this worker’s hands', ['state']);
  const workflows = counter('workflows_total', 'Workflows and steps of this worker since it started', [
    'outcome',
  ]);
  return async () => {
    const {
      worker: own,
      lanes: each,
      pauses,
      deadDepth,
      delayed: waiting,
      streams,
    } = await queue.statistics();
    const now = clock.now();
    tasks.reset();
    workflows.reset();
    for (const lane of lanes) {
      for (const outcome of counted) tasks.inc({ lane, outcome }, own.counters[lane][outcome]);
      const { depth: stored, inFlight: taken, inFlightLimit, waiting: pulls, oldestStoredAt } = each[lane];
      depth.set({ lane }, stored);
      inFlight.set({ lane }, taken);
      window.set({ lane }, inFlightLimit ?? 0);
      consumers.set({ lane }, pulls);
      age.set({ lane }, oldestStoredAt === null ? 0 : Math.max(0, now - oldestStoredAt) / 1000);
      paused.set({ lane }, pauses[lane]?.paused ? 1 : 0);
    }
    dead.set(deadDepth);
    delayed.set(waiting);
    for (const { stream, messages, maxMessages, bytes, maxBytes } of streams)
      fullness.set({ stream }, Math.max(messages / Math.max(maxMessages, 1), bytes / Math.max(maxBytes, 1)));
    worker.set({ state: 'at_work' }, own.atWork);
    worker.set({ state: 'held_ahead' }, own.heldAhead);
    worker.set({ state: 'limited' }, own.limited);
    for (const [outcome, count] of Object.entries<number>({ ...sagas.counts }))
      workflows.inc({ outcome }, count);
    return registry.metrics();
  };
}
