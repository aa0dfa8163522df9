import { z } from 'zod';
import { EpochMs } from './envelope.ts';
import { TaskId } from './ids.ts';
import { Lane, lanes } from './lanes.ts';
import { DeadTask, Task, taskTypes, TaskType } from './task.ts';
import { TaskRecord } from './task-record.ts';

const ownTypes: readonly string[] = Object.values(taskTypes);

/** `POST /v1/tasks` */
export const PostTask = z.strictObject({
  type: TaskType.refine(
    (type) => !ownTypes.includes(type),
    'workflows are started and told things through /v1/workflows',
  ),
  payload: z.unknown(),
  lane: Lane.default('normal'),
  /** Two tasks with one key are one. Also taken from the header `Idempotency-Key`. */
  dedupKey: z.string().min(1).max(200).optional(),
  dedupForMs: Task.shape.dedupForMs,
  /** Not before so many milliseconds have passed. */
  delayMs: z
    .number()
    .int()
    .positive()
    .max(365 * 86_400_000)
    .optional(),
  maxRetries: Task.shape.maxRetries.optional(),
  timeoutMs: Task.shape.timeoutMs.optional(),
  replyTo: Task.shape.replyTo,
  keepResult: z.boolean().default(true),
});
export type PostTask = z.infer<typeof PostTask>;
export type PostTaskDraft = z.input<typeof PostTask>;

/** 202: the task is stored. */
export const TaskAccepted = z.object({ taskId: TaskId, duplicate: z.boolean(), location: z.string() });
export type TaskAccepted = z.infer<typeof TaskAccepted>;

export const TaskQuery = z.object({ taskId: TaskId });
export { TaskRecord };

/** `POST /v1/tasks/:taskId/cancel`, `POST /v1/lanes/:lane/pause`, `/resume` */
export const PostWord = z.strictObject({
  by: z.string().trim().min(1).max(128).default('api'),
  reason: z.string().max(1_000).default(''),
});
export type PostWord = z.infer<typeof PostWord>;
export type PostWordDraft = z.input<typeof PostWord>;

/** `cancelled`: it waited for its time. `requested`: whoever has it or takes it drops it. `ended`: too late. */
export const TaskCancelled = z.object({
  taskId: TaskId,
  outcome: z.enum(['cancelled', 'requested', 'ended']),
});
export type TaskCancelled = z.infer<typeof TaskCancelled>;

const Count = z.number().int().nonnegative();
const LaneStatus = z.object({
  depth: Count,
  inFlight: Count,
  waiting: Count,
  redelivered: Count,
  inFlightLimit: z.number().int().nullable(),
  oldestStoredAt: EpochMs.nullable(),
  paused: z.object({ by: z.string(), reason: z.string(), since: EpochMs }).nullable(),
});

/** `GET /v1/lanes` */
export const QueueStatus = z.object({
  lanes: z.object(
    Object.fromEntries(lanes.map((lane) => [lane, LaneStatus])) as Record<Lane, typeof LaneStatus>,
  ),
  delayed: Count,
  deadLetters: Count,
  streams: z.array(
    z.object({
      stream: z.string(),
      messages: Count,
      maxMessages: z.number().int(),
      bytes: Count,
      maxBytes: z.number().int(),
    }),
  ),
  /** What stands still or is about to, one line each; empty when all is well. */
  warnings: z.array(z.string()),
});
export type QueueStatus = z.infer<typeof QueueStatus>;

export const LaneQuery = z.object({ lane: Lane });
export const LaneAccepted = z.object({ lane: Lane, paused: z.boolean() });
export type LaneAccepted = z.infer<typeof LaneAccepted>;

const Instant = z.union([z.iso.datetime({ offset: true }), z.iso.date()]);
/** Which dead letters: every field given must fit. */
export const DeadLetterFilter = z.strictObject({
  lane: Lane.optional(),
  type: z.string().max(64).optional(),
  /** Of the cause, such as `TASK_TIMEOUT`. */
  code: z.string().max(64).optional(),
  /** Died then or later (ISO 8601). */
  diedFrom: Instant.optional(),
  diedBefore: Instant.optional(),
});
export type DeadLetterFilter = z.infer<typeof DeadLetterFilter>;

/** `GET /v1/dead-letters` */
export const DeadLetterListQuery = DeadLetterFilter.extend({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  /** From the page before. */
  after: z.coerce.number().int().nonnegative().default(0),
});
export type DeadLetterListQuery = z.infer<typeof DeadLetterListQuery>;

export const DeadLetter = z.object({
  streamSeq: z.number().int().positive(),
  lane: Lane,
  type: z.string(),
  dead: DeadTask,
});
export type DeadLetter = z.infer<typeof DeadLetter>;
export const DeadLetterList = z.object({ items: z.array(DeadLetter), after: Count.optional() });
export type DeadLetterList = z.infer<typeof DeadLetterList>;
export const DeadLetterQuery = z.object({ streamSeq: z.coerce.number().int().positive() });

/** `POST /v1/dead-letters/:streamSeq/replay` */
export const PostReplay = z.strictObject({
  /** Also when it has come back as often as it may. */
  force: z.boolean().default(false),
});
/** `POST /v1/dead-letters/replay` */
export const PostReplayAll = z.strictObject({
  filter: DeadLetterFilter.default({}),
  limit: z.number().int().min(1).max(100_000).default(1_000),
  force: z.boolean().default(false),
});
export type PostReplayAllDraft = z.input<typeof PostReplayAll>;
export const Replayed = z.object({ replayed: Count, capped: Count, left: Count });
export type Replayed = z.infer<typeof Replayed>;

/** `POST /v1/dead-letters/purge`: what is purged is gone. Without a filter `all` must be said. */
export const PostPurge = z
  .strictObject({ filter: DeadLetterFilter.default({}), all: z.boolean().default(false) })
  .refine(
    ({ filter, all }) => all || Object.values(filter).some((wanted) => wanted !== undefined),
    'give a filter, or say all',
  );
export type PostPurgeDraft = z.input<typeof PostPurge>;
export const Purged = z.object({ purged: Count });
export type Purged = z.infer<typeof Purged>;
