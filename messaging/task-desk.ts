import type { TaskReplies } from '../contracts/ports/messaging.ts';
import type { TaskDesk, TaskStore } from '../contracts/ports/task-store.ts';
import { toFailure, TradewrightError } from '../contracts/errors.ts';
import { hasEnded } from '../contracts/task-record.ts';
import type { NatsLink } from './connection.ts';

export function taskDesk(link: NatsLink, store: TaskStore, replies: TaskReplies): TaskDesk {
  const now = (): number => link.clock.now();
  return {
    get: (taskId) => store.records.get(taskId),
    async cancel(taskId, by, reason) {
      const record = await store.records.get(taskId);
      if (record !== undefined && hasEnded(record.state)) return 'ended';
      // First the word that holds everywhere: the task may be on its way from the schedule to its lane right now.
      await store.cancels.put({ taskId, by, reason, at: now() });
      const removed = await store.schedule.remove(taskId);
      if (removed === undefined) return 'requested';
      const error = toFailure(new TradewrightError('CANCELLED', `cancelled by ${by}: ${reason}`));
      if (record !== undefined)
        await store.records.put({
          ...record,
          state: 'cancelled',
          error: { ...error, details: undefined },
          updatedAt: now(),
        });
      if (removed.kind === 'task' && removed.task.replyTo !== undefined) {
        const { id, type, replyTo } = removed.task;
        await replies.send(replyTo, {
          schema: 'tradewright.task-reply/1',
          taskId: id,
          type,
          outcome: 'cancelled',
          error: { ...error, details: undefined },
          time: now(),
        });
      }
      return 'cancelled';
    },
    pause: (lane, by, reason) => store.lanes.set(lane, { paused: true, by, reason, at: now() }),
    resume: (lane, by) => store.lanes.set(lane, { paused: false, by, reason: '', at: now() }),
    pauses: () => store.lanes.all(),
  };
}
