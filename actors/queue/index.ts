export { type Queue, type QueueOptions, type QueuePorts, type QueueStatistics, spawnQueue } from './queue.ts';
export { type QueueCounters, type LaneCounters } from './queue-counters.ts';
export { type WorkerStatistics } from './queue-actor.ts';
export { refuseDeadSignal } from './signal-intake.ts';
export { type LaneWeights } from './lane-schedule.ts';
export { type TypeLimits } from './limit-rules.ts';
export { type StartOutcome, type TaskContext, type TaskOptions, TaskRegistry } from './task-registry.ts';
export { type RetryPolicy } from './retry-policy.ts';
