import { type Queue, type QueueOptions, spawnQueue, TaskRegistry } from '../../actors/queue/index.ts';
import { type ActorSystem, createActorSystem } from '../../actors/kernel/index.ts';
import { systemClock } from '../../contracts/ports/clock.ts';
import { silentLog } from '../../contracts/ports/log.ts';
import type { Messaging } from '../../messaging/index.ts';
import { messagingOn, startNats, type TestNats } from './nats.ts';

/** A worker of its own: connection, actor system, queue. */
export interface TestWorker {
  readonly messaging: Messaging;
  readonly queue: Queue;
  readonly system: ActorSystem;
  stop(): Promise<void>;
}

export async function startWorker(
  nats: TestNats,
  register: (registry: TaskRegistry, messaging: Messaging) => unknown,
  options: Partial<QueueOptions> = {},
  ackWaitMs = 1_000,
  connection: Parameters<typeof messagingOn>[1] = {},
): Promise<TestWorker> {
  const messaging = await messagingOn(nats, {
    ...connection,
    lanes: { ackWaitMs, maxAckPending: 1_000 },
    inbox: { ackWaitMs, batch: 16 },
  });
  const system = createActorSystem({ name: 'worker', clock: systemClock, log: silentLog });
  const registry = new TaskRegistry();
  register(registry, messaging);
  const queue = spawnQueue(system, {
    ports: messaging,
    registry,
    clock: systemClock,
    log: silentLog,
    random: () => 0.5,
    heartbeatMs: ackWaitMs / 4,
    graceMs: 200,
    drainMs: 100,
    retry: { firstMs: 20, factor: 2, mostMs: 200 },
    ...options,
  });
  return {
    messaging,
    queue,
    system,
    async stop() {
      await queue.stop();
      await system.stop();
      await messaging.close();
    },
  };
}

type WorkerParameters = Parameters<typeof startWorker> extends [unknown, ...infer Rest] ? Rest : never;

export interface QueueHost {
  readonly nats: TestNats;
  /** Those that the end of the test stops. */
  readonly workers: TestWorker[];
  readonly work: (...parameters: WorkerParameters) => Promise<TestWorker>;
}

/** For each test of the suite that calls it a server of its own, and workers that end with the test. */
export function queueHost(): QueueHost {
  let nats: TestNats;
  const workers: TestWorker[] = [];
  beforeEach(async () => {
    nats = await startNats();
  });
  afterEach(async () => {
    await Promise.all(workers.splice(0).map((worker) => worker.stop()));
    await nats.stop();
  });
  return {
    get nats() {
      return nats;
    },
    workers,
    async work(...parameters) {
      const worker = await startWorker(nats, ...parameters);
      workers.push(worker);
      return worker;
    },
  };
}
