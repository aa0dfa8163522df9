import {
  type LaneWeights,
  type Queue,
  type QueuePorts,
  refuseDeadSignal,
  spawnQueue,
  TaskRegistry,
} from '../../actors/queue/index.ts';
import type { ActorSystem } from '../../actors/kernel/index.ts';
import type { Sagas } from '../../actors/saga/saga-supervisor.ts';
import type { Clock } from '../../contracts/ports/clock.ts';
import type { Log } from '../../contracts/ports/log.ts';
import { taskTypes } from '../../contracts/task.ts';
import type { WorkflowRegistry } from '../../workflows/engine/definition.ts';
import { taskHandlers } from './starts.ts';

/** People wait for these: they are tried again soon, and often. */
const retry = { firstMs: 250, factor: 2, mostMs: 5_000 };

/** The QueueActor with what the product's tasks do. */
export function startQueue(options: {
  readonly system: ActorSystem;
  readonly ports: QueuePorts;
  readonly sagas: Sagas;
  readonly registry: WorkflowRegistry;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  readonly concurrency: number;
  readonly weights: LaneWeights;
}): Queue {
  const { system, ports, clock, log, random, concurrency, weights } = options;
  const { startStrategy, startSignal, startStudy, command } = taskHandlers(options.sagas, options.registry);
  const registry = new TaskRegistry()
    .registerStart(taskTypes.startStrategy, startStrategy, { retry })
    .registerStart(taskTypes.startSignal, startSignal, {
      retry,
      died: (task, failure) => refuseDeadSignal(task, failure, { outbox: ports.outbox, clock }),
    })
    .registerStart(taskTypes.startStudy, startStudy, { retry })
    .registerHandler(taskTypes.workflowCommand, command, { retry });
  return spawnQueue(system, { ports, registry, clock, log, random, concurrency, weights });
}
