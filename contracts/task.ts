import { z } from 'zod';
import { EpochMs, Failure, TraceParent } from './envelope.ts';
import { TaskId } from './ids.ts';
import { Lane } from './lanes.ts';

export const TaskType = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,47}$/, 'expected lower-case letters, digits and -');
export type TaskType = z.infer<typeof TaskType>;

/** A unit of work on the queue, as it is stored on `tasks.<lane>.<type>`. */
export const Task = z.object({
  schema: z.literal('tradewright.task/1'),
  id: TaskId,
  type: TaskType,
  lane: Lane,
  payload: z.unknown(),
  createdAt: EpochMs,
  /** Two tasks with one key are one task; a start task's workflow id comes from it. */
  dedupKey: z.string().min(1).max(256),
  maxRetries: z.number().int().min(0).max(100),
  timeoutMs: z.number().int().positive().max(86_400_000),
  notBefore: EpochMs.optional(),
  correlationId: z.string().max(256).optional(),
  causationId: z.string().max(256).optional(),
  traceparent: TraceParent.optional(),
  /** A NATS subject that gets the result or the refusal. */
  replyTo: z.string().max(256).optional(),
  /** How long its key stays taken, beyond the stream's own window (10 minutes): up to 30 days. */
  dedupForMs: z
    .number()
    .int()
    .positive()
    .max(30 * 86_400_000)
    .optional(),
  /** Its state, progress and result can be looked up, until a week after it ended. Costs a write for each change. */
  keepResult: z.boolean().optional(),
});
export type Task = z.infer<typeof Task>;

/** What a program may leave out that publishes a task by hand: only `payload` must be there. */
export const PlainTask = Task.partial({
  schema: true,
  id: true,
  type: true,
  lane: true,
  createdAt: true,
  dedupKey: true,
  maxRetries: true,
  timeoutMs: true,
});

export const taskDefaults = { maxRetries: 3, timeoutMs: 300_000 } as const;

/** Of the system's own start and command tasks: what was accepted outlasts minutes of a full disk or of a long backlog. */
export const ownTaskLimits = { maxRetries: 100, timeoutMs: 300_000 } as const;

/** Task types the system itself knows. `start-*` are start tasks: done once the workflow's first event is durable. */
export const taskTypes = {
  startStrategy: 'start-strategy',
  startSignal: 'start-signal',
  /** Explain, analyse or refactor a strategy. */
  startStudy: 'start-study',
  /** A command for a workflow: cancel, or a person's decision. */
  workflowCommand: 'workflow-command',
} as const;

/** A task that ended for good without success, with what is needed to replay it. */
export const DeadTask = z.object({
  schema: z.literal('tradewright.dead/1'),
  subject: z.string(),
  /** The message as it came, base 64: it may not even be JSON. */
  original: z.string(),
  task: Task.optional(),
  cause: z.object({ code: z.string(), message: z.string(), stack: z.string().optional() }),
  attempts: z.number().int().nonnegative(),
  /** When its message was stored for the first time. */
  firstSeenAt: EpochMs,
  /** When its last attempt began; absent where it was never begun. */
  lastStartedAt: EpochMs.optional(),
  diedAt: EpochMs,
  /** Names the message that it was at first. */
  origin: z.string().optional(),
  /** How often it has come back from the dead letters before. */
  replays: z.number().int().nonnegative().default(0),
});
export type DeadTask = z.infer<typeof DeadTask>;

/** What a task's `replyTo` gets once the task has ended for good. */
export const TaskReply = z.object({
  schema: z.literal('tradewright.task-reply/1'),
  taskId: TaskId,
  type: TaskType,
  outcome: z.enum(['completed', 'dead', 'cancelled']),
  /** Of a handler task, what it gave; of a start task `{workflowId}`. */
  result: z.unknown().optional(),
  error: Failure.optional(),
  time: EpochMs,
});
export type TaskReply = z.infer<typeof TaskReply>;
