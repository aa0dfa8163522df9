import { type Lane, lanes } from '../contracts/lanes.ts';
import type { LaneSource } from '../contracts/ports/messaging.ts';
import { streams, subjects } from '../contracts/subjects.ts';
import type { NatsLink } from './connection.ts';
import { pullConsumer, type PullConsumer } from './pull-consumer.ts';

export interface LaneOptions {
  /** A task whose worker says nothing for this long goes to another one. Workers say something three times as often. */
  readonly ackWaitMs: number;
  /** Per lane, over all workers: tasks in work and those that wait for a short retry. */
  readonly maxAckPending: number;
}
export const laneDefaults: LaneOptions = { ackWaitMs: 1_500, maxAckPending: 10_000 };

export const laneConsumer = (lane: Lane): string => `lane-${lane}`;

/** One durable consumer per lane, shared by all workers. */
export function laneSource(link: NatsLink, options: LaneOptions = laneDefaults): LaneSource {
  const consumers = new Map<Lane, PullConsumer>(
    lanes.map((lane) => [
      lane,
      pullConsumer(link, {
        stream: streams.tasks,
        durable: laneConsumer(lane),
        filter: subjects.lane(lane),
        ...options,
      }),
    ]),
  );
  return {
    pull: async (lane, max, waitMs, signal, late) =>
      (await consumers.get(lane)?.pull(max, waitMs, signal, late)) ?? [],
  };
}
