import { TradewrightError } from '../contracts/errors.ts';
import type { Stored, TaskProducer } from '../contracts/ports/messaging.ts';
import type { TaskKeys, TaskRecords } from '../contracts/ports/task-store.ts';
import { subjects } from '../contracts/subjects.ts';
import { Task } from '../contracts/task.ts';
import type { NatsLink } from './connection.ts';
import { isFull } from './nats-errors.ts';
import { TASK_LIMIT_BYTES } from './parse-task.ts';
import { messageId, publishTimes, storeMessage, type PublishTimes } from './store-message.ts';
import { scheduleHeaders } from './task-schedule.ts';

export function taskProducer(
  link: NatsLink,
  kept: { readonly keys: TaskKeys; readonly records: TaskRecords },
  times: PublishTimes = publishTimes,
): TaskProducer {
  const producer: TaskProducer = {
    async publish(draft) {
      const task = Task.parse(draft);
      const bytes = Buffer.from(JSON.stringify(task));
      if (bytes.byteLength > TASK_LIMIT_BYTES) {
        throw new TradewrightError('INPUT_TOO_LARGE', `task ${task.id} has ${bytes.byteLength} bytes`, {
          details: { bytes: bytes.byteLength, limit: TASK_LIMIT_BYTES },
        });
      }
      if (task.dedupForMs !== undefined && (await kept.keys.holder(task)) !== undefined)
        return { kind: 'duplicate', streamSeq: 0 };
      const later = task.notBefore !== undefined && task.notBefore > link.clock.now();
      // Before it can be taken: otherwise a fast worker's word on it would be older than this one.
      if (task.keepResult) await announce(task, later);
      const { lane, type, dedupKey, traceparent } = task;
      try {
        return await storeMessage(link, {
          subject: later ? subjects.scheduled(task.id) : subjects.task(lane, type),
          bytes,
          msgId: messageId('task', dedupKey),
          headers: {
            traceparent,
            ...(later ? scheduleHeaders(task.notBefore ?? 0, subjects.task(lane, type)) : {}),
          },
          times,
        });
      } catch (error) {
        if (isFull(error))
          throw new TradewrightError('QUEUE_FULL', 'the task queue is full', { cause: error });
        throw error;
      }
    },
    async publishAll(tasks) {
      const answers: PromiseSettledResult<Stored>[] = [];
      let next = 0;
      const lot = async (): Promise<void> => {
        for (let at = next++; at < tasks.length; at = next++) {
          const task = tasks[at];
          if (task === undefined) continue;
          answers[at] = await producer.publish(task).then(
            (value) => ({ status: 'fulfilled', value }),
            (reason: unknown) => ({ status: 'rejected', reason }),
          );
        }
      };
      await Promise.all(Array.from({ length: Math.min(AT_ONCE, tasks.length) }, lot));
      return answers;
    },
  };
  return producer;

  async function announce(task: Task, later: boolean): Promise<void> {
    if ((await kept.records.get(task.id)) !== undefined) return;
    await kept.records.put({
      schema: 'tradewright.task-record/1',
      taskId: task.id,
      type: task.type,
      lane: task.lane,
      state: later ? 'delayed' : 'pending',
      attempt: 0,
      updatedAt: link.clock.now(),
    });
  }
}

/** Publishes under way of one `publishAll`. */
const AT_ONCE = 1_000;
