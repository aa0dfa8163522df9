import { z } from 'zod';
import { toFailure } from '../contracts/errors.ts';
import { type Lane, lanes } from '../contracts/lanes.ts';
import type { LaneControl, LanePause } from '../contracts/ports/task-store.ts';
import { streams, subjects } from '../contracts/subjects.ts';
import type { NatsLink } from './connection.ts';
import { lastValue, putValue } from './last-value.ts';
import type { PublishTimes } from './store-message.ts';

const Pause = z.object({
  paused: z.boolean(),
  by: z.string(),
  reason: z.string(),
  at: z.number(),
});

/** A word that got lost is found again that soon. */
const LOOK_EVERY_MS = 5_000;
const TRY_AGAIN_MS = 250;

export function laneControl(link: NatsLink, times: PublishTimes): LaneControl {
  const control: LaneControl = {
    set: (lane, pause) => putValue(link, subjects.laneControl(lane), Pause.parse(pause), times),
    async all() {
      const each = await Promise.all(
        lanes.map(async (lane) => {
          const stored = await lastValue(link, streams.taskControl, subjects.laneControl(lane));
          return [lane, Pause.safeParse(stored?.json).data] as const;
        }),
      );
      return Object.fromEntries(each) as Record<Lane, LanePause | undefined>;
    },
    follow(listener) {
      let ended = false;
      let cancel = (): void => undefined;
      let again = (): void => undefined;
      let looks = 0;
      const look = async (): Promise<void> => {
        cancel();
        const own = (looks += 1);
        let againMs = LOOK_EVERY_MS;
        try {
          const all = await control.all();
          // A later look knows better.
          if (!ended && own === looks) listener(new Set(lanes.filter((lane) => all[lane]?.paused === true)));
        } catch (error) {
          againMs = TRY_AGAIN_MS;
          link.log.debug({ error: toFailure(error) }, 'the lanes’ pauses could not be read');
        }
        if (ended || own !== looks) return;
        cancel();
        cancel = link.clock.schedule(againMs, () => void look());
      };
      // What the stream stored is what counts; the message itself only says that it is time to look, again once it is stored.
      const subscription = link.nc.subscribe('taskcontrol.lane.*', {
        callback: () => {
          void look();
          again();
          again = link.clock.schedule(TRY_AGAIN_MS, () => void look());
        },
      });
      void look();
      return () => {
        ended = true;
        cancel();
        again();
        if (!link.nc.isClosed() && !link.nc.isDraining()) subscription.unsubscribe();
      };
    },
  };
  return control;
}
