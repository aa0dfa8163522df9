import type { LimitLedger } from '../contracts/ports/task-store.ts';
import { streams, subjects } from '../contracts/subjects.ts';
import type { NatsLink } from './connection.ts';
import { exchangeValue, lastValue } from './last-value.ts';
import type { PublishTimes } from './store-message.ts';

export function limitLedger(link: NatsLink, times: PublishTimes): LimitLedger {
  return {
    async read(type) {
      const stored = await lastValue(link, streams.taskControl, subjects.typeLimit(type));
      return { value: stored?.json, revision: stored?.streamSeq ?? 0 };
    },
    write: async (type, value, revision) =>
      (await exchangeValue(link, subjects.typeLimit(type), value, revision, times)) !== undefined,
  };
}
