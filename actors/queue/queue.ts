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
  TaskProducer,
  TaskReplies,
} from '../../contracts/ports/messaging.ts';
import type { Task } from '../../contracts/task.ts';
import { ask, type Ref, type Spawner, stop, tell } from '../kernel/index.ts';
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
}

export interface QueueOptions {
  readonly ports: QueuePorts;
  readonly registry: TaskRegistry;
  readonly clock: Clock;
  readonly log: Log;
  /** In [0, 1). */
  readonly random: () => number;
  /** Tasks at work at a time. Default 16. */
  readonly concurrency?: number;
  /** Default 10 s; a third of the lanes' ack wait at most. */
  readonly heartbeatMs?: number;
  /** Default 5 s. */
  readonly idleWaitMs?: number;
  /** How long an aborted handler may take to end. Default 3 s. */
  readonly graceMs?: number;
  readonly retry?: RetryPolicy;
  /** Also turn incoming signals into tasks. Default true. */
  readonly takeSignals?: boolean;
}

export interface QueueStatistics {
  readonly worker: WorkerStatistics;
  readonly lanes: Readonly<Record<Lane, LaneDepth>>;
  readonly deadDepth: number;
}

export interface Queue {
  readonly ref: Ref<QueueMessage>;
  /** Durable when it resolves. @throws QUEUE_FULL, NATS_UNAVAILABLE, INPUT_TOO_LARGE */
  add(task: Task): Promise<Stored>;
  /** This worker takes no more from the lane until `resume`; what it has taken goes on. */
  pause(lane: Lane): Promise<void>;
  resume(lane: Lane): Promise<void>;
  /** @throws NATS_UNAVAILABLE */
  statistics(): Promise<QueueStatistics>;
  /** Takes nothing new, aborts what is at work and hands it back, then ends. */
  stop(): Promise<void>;
}

const defaults = { concurrency: 16, heartbeatMs: 10_000, idleWaitMs: 5_000, graceMs: 3_000 } as const;
const ASK_TIMEOUT_MS = 5_000;

/** Spawns the QueueActor and begins to take tasks and incoming signals. */
export function spawnQueue(parent: Pick<Spawner, 'spawn'>, options: QueueOptions): Queue {
  const { ports, clock, log, retry = retryPolicy, takeSignals = true } = options;
  const ref = parent.spawn(queueActor({ ...defaults, ...options, ...ports, retry }));
  const intake = new AbortController();
  const add = async (task: Task): Promise<Stored> => {
    const stored = await ports.tasks.publish(task);
    if (stored.kind === 'stored') tell(ref, { type: 'added', lane: task.lane });
    return stored;
  };
  const tools = { clock, log, parse: ports.parse, outbox: ports.outbox, add };
  const taking = takeSignals
    ? ports.inbox.consume((delivery) => takeSignal(delivery, tools), intake.signal)
    : Promise.resolve();
  return {
    ref,
    add,
    pause: (lane) =>
      ask<QueueMessage, void>(ref, (replyTo) => ({ type: 'pause', lane, replyTo }), {
        timeoutMs: ASK_TIMEOUT_MS,
      }),
    resume: (lane) =>
      ask<QueueMessage, void>(ref, (replyTo) => ({ type: 'resume', lane, replyTo }), {
        timeoutMs: ASK_TIMEOUT_MS,
      }),
    async statistics() {
      const [worker, depths, deadDepth] = await Promise.all([
        ask<QueueMessage, WorkerStatistics>(ref, (replyTo) => ({ type: 'statistics', replyTo }), {
          timeoutMs: ASK_TIMEOUT_MS,
        }),
        ports.statistics.all(),
        ports.statistics.deadDepth(),
      ]);
      return { worker, lanes: depths, deadDepth };
    },
    async stop() {
      intake.abort();
      await taking;
      await stop(ref);
    },
  };
}
