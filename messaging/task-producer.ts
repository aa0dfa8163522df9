import { TradewrightError } from '../contracts/errors.ts';
import type { TaskProducer } from '../contracts/ports/messaging.ts';
import { subjects } from '../contracts/subjects.ts';
import { Task } from '../contracts/task.ts';
import type { NatsLink } from './connection.ts';
import { isFull } from './nats-errors.ts';
import { TASK_LIMIT_BYTES } from './parse-task.ts';
import { messageId, publishTimes, storeMessage, type PublishTimes } from './store-message.ts';

export function taskProducer(link: NatsLink, times: PublishTimes = publishTimes): TaskProducer {
  return {
    async publish(draft) {
      const task = Task.parse(draft);
      const bytes = Buffer.from(JSON.stringify(task));
      if (bytes.byteLength > TASK_LIMIT_BYTES) {
        throw new TradewrightError('INPUT_TOO_LARGE', `task ${task.id} has ${bytes.byteLength} bytes`, {
          details: { bytes: bytes.byteLength, limit: TASK_LIMIT_BYTES },
        });
      }
      try {
        return await storeMessage(link, {
          subject: subjects.task(task.lane, task.type),
          bytes,
          msgId: messageId('task', task.dedupKey),
          headers: { traceparent: task.traceparent },
          times,
        });
      } catch (error) {
        if (isFull(error))
          throw new TradewrightError('QUEUE_FULL', 'the task queue is full', { cause: error });
        throw error;
      }
    },
  };
}
