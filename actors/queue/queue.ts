import type { TaskId } from '../../contracts/ids.ts';
import { randomKey } from '../../contracts/ids.ts';
import type { Lane } from '../../contracts/lanes.ts';
import type { Clock } from '../../contracts/ports/clock.ts';
import type { Log } from '../../contracts/ports/log.ts';
import type {
  DeadLetters,
  LaneDepth,
  LaneSource,
  LaneStatistics,
  Parsers,
  SignalInbox,
  SignalOutbox,
  Stored,
  StreamFullness,
  TaskProducer,
  TaskReplies,
} from '../../contracts/ports/messaging.ts';
import type { LanePause, TaskDesk, TaskStore } from '../../contracts/ports/task-store.ts';
import type { Task } from '../../contracts/task.ts';
import type { TaskRecord } from '../../contracts/task-record.ts';
import { ask, type Ref, type Spawner, stop, tell } from '../kernel/index.ts';
import { laneWeights, type LaneWeights } from './lane-schedule.ts';
import { queueActor, type QueueMessage, type WorkerStatistics } from './queue-actor.ts';
import { retryPolicy, type RetryPolicy } from './retry-policy.ts';
import { takeSignal } from './signal-intake.ts';
import type { TaskRegistry } from './task-registry.ts';

/** What the queue says and hears; `Messaging` has all of it. */
export interface QueuePorts {
  readonly tasks: TaskProducer;
  readonly lanes: LaneSource;
  readonly statistics: LaneStatistics;
  readonly inbox: SignalInbox;
  readonly dead: DeadLetters;
  readonly outbox: Pick<SignalOutbox, 'reject'>;
  readonly replies: TaskReplies;
  readonly parse: Parsers;
  readonly store: TaskStore;
  readonly desk: TaskDesk;
}

export interface QueueOptions {
  readonly ports: QueuePorts;
  readonly registry: TaskRegistry;
  readonly clock: Clock;
  readonly log: Log;
  /** In [0, 1). */
  readonly random: () => number;
  /** Tasks at work at a time. Default 16; 0 takes none: a producer. */
  readonly concurrency?: number;
  /** How many tasks each lane gets of a round under load. Default 8 : 4 : 2 : 1; each at least 1. */
  readonly weights?: LaneWeights;
  /** Default 500 ms; a third of the lanes' ack wait at most. */
  readonly heartbeatMs?: number;
  /** Default 5 s. */
  readonly idleWaitMs?: number;
  /** How long an aborted handler may take to end. Default 3 s. */
  readonly graceMs?: number;
  /** How long `stop` lets tasks at work come to their end before it aborts them and hands them back. Default 5 s. */
  readonly drainMs?: number;
  readonly retry?: RetryPolicy;
  /** Also turn incoming signals into tasks. Default true. */
  readonly takeSignals?: boolean;
}

export interface QueueStatistics {
  readonly worker: WorkerStatistics;
  readonly lanes: Readonly<Record<Lane, LaneDepth>>;
  readonly pauses: Readonly<Record<Lane, LanePause | undefined>>;
  readonly deadDepth: number;
  /** Tasks that wait for their time. */
  readonly delayed: number;
  readonly streams: readonly StreamFullness[];
}

export interface Queue {
  readonly ref: Ref<QueueMessage>;
  /** Durable when it resolves. @throws QUEUE_FULL, NATS_UNAVAILABLE, INPUT_TOO_LARGE */
  add(task: Task): Promise<Stored>;
  /** Many at once; each answer by itself, in the order of the tasks. */
  addAll(tasks: readonly Task[]): Promise<readonly PromiseSettledResult<Stored>[]>;
  /** No worker takes more from the lane until `resume`; what is at work goes on. */
  pause(lane: Lane, reason?: string): Promise<void>;
  resume(lane: Lane): Promise<void>;
  /** See {@link TaskDesk.cancel}. */
  cancel(taskId: TaskId, reason?: string): Promise<'cancelled' | 'requested' | 'ended'>;
  /** State, progress and result of a task with `keepResult`. */
  task(taskId: TaskId): Promise<TaskRecord | undefined>;
  /** @throws NATS_UNAVAILABLE */
  statistics(): Promise<QueueStatistics>;
  /** Takes nothing new, lets what is at work end for a while, aborts and hands back the rest, then ends. */
  stop(): Promise<void>;
}

const defaults = {
  concurrency: 16,
  weights: laneWeights,
  heartbeatMs: 500,
  idleWaitMs: 5_000,
  graceMs: 3_000,
  drainMs: 5_000,
} as const;
const ASK_TIMEOUT_MS = 5_000;

/** Spawns the QueueActor and begins to take tasks and incoming signals. */
export function spawnQueue(parent: Pick<Spawner, 'spawn'>, options: QueueOptions): Queue {
  const { ports, clock, log, retry = retryPolicy, takeSignals = true } = options;
  const workerId = randomKey();
  const actorOptions = { ...defaults, ...options, ...ports, retry, workerId };
  const ref = parent.spawn(queueActor(actorOptions));
  const intake = new AbortController();
  const by = `queue ${workerId}`;
  const added = (lane: Lane, count: number): void => void tell(ref, { type: 'added', lane, count });
  const add = async (task: Task): Promise<Stored> => {
    const stored = await ports.tasks.publish(task);
    if (stored.kind === 'stored') added(task.lane, 1);
    return stored;
  };
  /** The others hear of it in a moment, this one at once. */
  const heed = (lane: Lane, paused: boolean): Promise<void> =>
    ask<QueueMessage, void>(ref, (replyTo) => ({ type: 'lane-paused', lane, paused, replyTo }), {
      timeoutMs: ASK_TIMEOUT_MS,
    });
  const tools = { clock, log, parse: ports.parse, outbox: ports.outbox, add };
  const taking = Promise.all([
    takeSignals ? ports.inbox.consume((delivery) => takeSignal(delivery, tools), intake.signal) : undefined,
    ports.store.schedule.run(intake.signal),
  ]);
  return {
    ref,
    add,
    async addAll(tasks) {
      const answers = await ports.tasks.publishAll(tasks);
      const counts = new Map<Lane, number>();
      answers.forEach((answer, at) => {
        const lane = tasks[at]?.lane;
        if (lane !== undefined && answer.status === 'fulfilled' && answer.value.kind === 'stored')
          counts.set(lane, (counts.get(lane) ?? 0) + 1);
      });
      for (const [lane, count] of counts) added(lane, count);
      return answers;
    },
    async pause(lane, reason = '') {
      await ports.desk.pause(lane, by, reason);
      await heed(lane, true);
    },
    async resume(lane) {
      await ports.desk.resume(lane, by);
      await heed(lane, false);
    },
    cancel: (taskId, reason = '') => ports.desk.cancel(taskId, by, reason),
    task: (taskId) => ports.desk.get(taskId),
    async statistics() {
      const { statistics, desk } = ports;
      const [worker, lanes, pauses, deadDepth, delayed, streams] = await Promise.all([
        ask<QueueMessage, WorkerStatistics>(ref, (replyTo) => ({ type: 'statistics', replyTo }), {
          timeoutMs: ASK_TIMEOUT_MS,
        }),
        statistics.all(),
        desk.pauses(),
        statistics.deadDepth(),
        statistics.delayed(),
        statistics.fullness(),
      ]);
      return { worker, lanes, pauses, deadDepth, delayed, streams };
    },
    async stop() {
      intake.abort();
      const { drainMs, graceMs } = actorOptions;
      const cancel = clock.schedule(drainMs, () => tell(ref, { type: 'interrupt' }));
      await ask<QueueMessage, void>(ref, (replyTo) => ({ type: 'drain', replyTo }), {
        timeoutMs: drainMs + graceMs + ASK_TIMEOUT_MS,
      }).catch(() => undefined);
      cancel();
      await taking;
      await stop(ref);
    },
  };
}
