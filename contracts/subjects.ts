import type { RunId, SignalId, StrategyId, TaskId, WorkflowId } from './ids.ts';
import type { Lane } from './lanes.ts';
import { type Symbol, toSubjectToken } from './symbol.ts';

/** Every subject and stream name of the system, in one place. */
export const streams = {
  tasks: 'TASKS',
  signalsIn: 'SIGNALS_IN',
  signals: 'SIGNALS',
  events: 'EVENTS',
  dead: 'DEAD',
  schedule: 'TASK_SCHEDULE',
  taskState: 'TASK_STATE',
  taskControl: 'TASK_CONTROL',
  taskKeys: 'TASK_KEYS',
} as const;

/** What a worker is asked over NATS request/reply. */
export type QueryName =
  | 'workflow-get'
  | 'workflow-list'
  | 'workflow-replay'
  | 'journal-verify'
  | 'journal-backup'
  | 'journal-retire'
  | 'trace-list'
  | 'trace-get'
  | 'trace-page'
  | 'strategy-evolution'
  | 'sandbox-review'
  | 'sandbox-run'
  | 'status';

export const subjects = {
  task: (lane: Lane, type: string) => `tasks.${lane}.${type}`,
  lane: (lane: Lane) => `tasks.${lane}.>`,
  dead: (lane: Lane, type: string) => `dead.${lane}.${type}`,
  scheduled: (taskId: TaskId) => `schedule.${taskId}`,
  taskRecord: (taskId: TaskId) => `taskstate.record.${taskId}`,
  taskCancel: (taskId: TaskId) => `taskstate.cancel.${taskId}`,
  /** What earlier deliveries of a stored message came to. */
  taskNote: (streamSeq: number, storedAt: number) => `taskstate.note.${streamSeq}-${storedAt}`,
  laneControl: (lane: Lane) => `taskcontrol.lane.${lane}`,
  typeLimit: (type: string) => `taskcontrol.limit.${type}`,
  taskKey: (taskId: TaskId) => `taskkeys.${taskId}`,
  signalIn: (symbol: Symbol) => `signals.in.${toSubjectToken(symbol)}`,
  signalRejected: (symbolToken: string) => `signals.rejected.${symbolToken}`,
  /** Where the router publishes; the server republishes what it stored to {@link subjects.signalOut}. */
  signalOutbox: (symbol: Symbol, strategyId: StrategyId, signalId: SignalId) =>
    `outbox.signals.${toSubjectToken(symbol)}.${strategyId}.${signalId}`,
  signalOut: (symbol: Symbol, strategyId: StrategyId, signalId: SignalId) =>
    `signals.out.${toSubjectToken(symbol)}.${strategyId}.${signalId}`,
  events: (workflowId: WorkflowId) => `events.${workflowId}`,
  live: (workflowId: WorkflowId, channel: LiveChannel) => `live.${workflowId}.${channel}`,
  /** Of a program without a workflow: what it prints, and the order to end it. Not stored. */
  programOutput: (runId: RunId) => `program.${runId}.output`,
  programCancel: (runId: RunId) => `program.${runId}.cancel`,
  query: (name: QueryName) => `query.${name}`,
} as const;

/** What is shown while it happens and not stored: the model's thinking and answer, and what the program prints. */
export const liveChannels = ['reasoning', 'answer', 'output'] as const;
export type LiveChannel = (typeof liveChannels)[number];
