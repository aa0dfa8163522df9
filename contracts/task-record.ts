import { z } from 'zod';
import { EpochMs, Failure } from './envelope.ts';
import { TaskId } from './ids.ts';
import { Lane } from './lanes.ts';
import { TaskType } from './task.ts';

/** `failed` waits for its next attempt; `dead_letter`, `completed` and `cancelled` are ends. */
export const TaskState = z.enum([
  'pending',
  'delayed',
  'processing',
  'completed',
  'failed',
  'cancelled',
  'dead_letter',
]);
export type TaskState = z.infer<typeof TaskState>;

/** What can be looked up of a task with `keepResult`, as it is stored on `taskstate.record.<taskId>`. */
export const TaskRecord = z.object({
  schema: z.literal('tradewright.task-record/1'),
  taskId: TaskId,
  type: TaskType,
  lane: Lane,
  state: TaskState,
  /** Of the attempt under way or the last one; 0 before the first. */
  attempt: z.number().int().nonnegative(),
  /** What the handler said last. */
  progress: z.unknown().optional(),
  result: z.unknown().optional(),
  /** The result is larger than what is kept; only `replyTo` got it. */
  resultTooLarge: z.boolean().optional(),
  error: Failure.optional(),
  updatedAt: EpochMs,
});
export type TaskRecord = z.infer<typeof TaskRecord>;

const ends: readonly TaskState[] = ['completed', 'cancelled', 'dead_letter'];
export const hasEnded = (state: TaskState): boolean => ends.includes(state);
