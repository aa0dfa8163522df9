import { z } from 'zod';
import type { TaskKeys } from '../contracts/ports/task-store.ts';
import { streams, subjects } from '../contracts/subjects.ts';
import type { NatsLink } from './connection.ts';
import { exchangeValue, lastValue } from './last-value.ts';
import type { PublishTimes } from './store-message.ts';

const Holder = z.object({ origin: z.string(), until: z.number() });

/** Who has a key is decided by the server: only one of several claims finds the subject as it was. */
export function taskKeys(link: NatsLink, times: PublishTimes): TaskKeys {
  const read = async ({ id }: Parameters<TaskKeys['holder']>[0]) => {
    const stored = await lastValue(link, streams.taskKeys, subjects.taskKey(id));
    const holder = Holder.safeParse(stored?.json).data;
    const current = holder !== undefined && holder.until > link.clock.now() ? holder : undefined;
    return { current, revision: stored?.streamSeq ?? 0 };
  };
  return {
    holder: async (task) => (await read(task)).current,
    async claim(task, origin) {
      for (;;) {
        const { current, revision } = await read(task);
        if (current !== undefined) return current;
        const holder = { origin, until: link.clock.now() + (task.dedupForMs ?? 0) };
        if ((await exchangeValue(link, subjects.taskKey(task.id), holder, revision, times)) !== undefined)
          return holder;
      }
    },
  };
}
