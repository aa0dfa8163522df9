import { z } from 'zod';
import { toFailure } from '../contracts/errors.ts';
import { TaskId } from '../contracts/ids.ts';
import type { TaskCancels } from '../contracts/ports/task-store.ts';
import { streams, subjects } from '../contracts/subjects.ts';
import type { NatsLink } from './connection.ts';
import { lastValue, putValue, readJson } from './last-value.ts';
import type { PublishTimes } from './store-message.ts';

const Cancellation = z.object({ taskId: TaskId, by: z.string(), reason: z.string(), at: z.number() });
const ALL = 'taskstate.cancel.*';
/** One that got lost on its way is found again that soon. */
const LOOK_EVERY_MS = 10_000;
const TRY_AGAIN_MS = 250;

export function taskCancels(link: NatsLink, times: PublishTimes): TaskCancels {
  return {
    put: (cancellation) =>
      putValue(link, subjects.taskCancel(cancellation.taskId), Cancellation.parse(cancellation), times),
    follow(listener, allKnown) {
      const known = new Map<string, number>();
      let ended = false;
      let cancel = (): void => undefined;
      const take = (json: unknown): void => {
        const { data } = Cancellation.safeParse(json);
        if (ended || data === undefined || known.get(data.taskId) === data.at) return;
        known.set(data.taskId, data.at);
        listener(data);
      };
      let lastSeen = -1;
      let said = false;
      const look = async (): Promise<void> => {
        cancel();
        let againMs = LOOK_EVERY_MS;
        try {
          const { state } = await link.jsm.streams.info(streams.taskState, { subjects_filter: ALL });
          const there = new Set(Object.keys(state.subjects ?? {}));
          if (state.last_seq !== lastSeen) {
            for (const subject of there) {
              if (known.has(subject.split('.')[2] ?? '')) continue;
              take((await lastValue(link, streams.taskState, subject))?.json);
            }
            lastSeen = state.last_seq;
          }
          if (!said && !ended) allKnown();
          said = true;
          // What the stream has let go of is too old to matter.
          for (const taskId of known.keys())
            if (!there.has(subjects.taskCancel(taskId as TaskId))) known.delete(taskId);
        } catch (error) {
          againMs = TRY_AGAIN_MS;
          link.log.debug({ error: toFailure(error) }, 'cancelled tasks could not be read');
        }
        cancel();
        if (!ended) cancel = link.clock.schedule(againMs, () => void look());
      };
      const subscription = link.nc.subscribe(ALL, {
        callback: (error, message) => {
          if (error === null) take(readJson(message.data));
        },
      });
      void look();
      return () => {
        ended = true;
        cancel();
        if (!link.nc.isClosed() && !link.nc.isDraining()) subscription.unsubscribe();
      };
    },
  };
}
