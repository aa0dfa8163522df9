import type { TaskRecords } from '../contracts/ports/task-store.ts';
import { streams, subjects } from '../contracts/subjects.ts';
import { TaskRecord } from '../contracts/task-record.ts';
import type { NatsLink } from './connection.ts';
import { lastValue, putValue } from './last-value.ts';
import type { PublishTimes } from './store-message.ts';

export function taskRecords(link: NatsLink, times: PublishTimes): TaskRecords {
  return {
    async get(taskId) {
      const stored = await lastValue(link, streams.taskState, subjects.taskRecord(taskId));
      return TaskRecord.safeParse(stored?.json).data;
    },
    put: (record) => putValue(link, subjects.taskRecord(record.taskId), TaskRecord.parse(record), times),
  };
}
