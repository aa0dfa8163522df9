import { z } from 'zod';
import { toFailure } from '../contracts/errors.ts';
import { Lane as LaneName, type Lane, lanes } from '../contracts/lanes.ts';
import type { LaneControl, LanePause } from '../contracts/ports/task-store.ts';
import { streams, subjects } from '../contracts/subjects.ts';
import type { NatsLink } from './connection.ts';
import { lastValue, putValue, readJson } from './last-value.ts';
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
  const followers = new Set<(lane: Lane, pause: LanePause) => void>();
  const control: LaneControl = {
    async set(lane, pause) {
      await putValue(link, subjects.laneControl(lane), Pause.parse(pause), times);
      // At once, so that a look which began before this word does not take it back.
      for (const hear of followers) hear(lane, pause);
    },
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
      const known = new Map<Lane, LanePause>();
      let ended = false;
      let cancel = (): void => undefined;
      // Whichever way it comes, the latest word counts.
      const learn = (lane: Lane, pause: LanePause | undefined): void => {
        if (pause !== undefined && pause.at >= (known.get(lane)?.at ?? 0)) known.set(lane, pause);
      };
      const say = (): void => {
        if (!ended) listener(new Set(lanes.filter((lane) => known.get(lane)?.paused === true)));
      };
      const hear = (lane: Lane, pause: LanePause | undefined): void => {
        learn(lane, pause);
        say();
      };
      followers.add(hear);
      const look = async (): Promise<void> => {
        let againMs = LOOK_EVERY_MS;
        try {
          const all = await control.all();
          for (const lane of lanes) learn(lane, all[lane]);
          say();
        } catch (error) {
          againMs = TRY_AGAIN_MS;
          link.log.debug({ error: toFailure(error) }, 'the lanes’ pauses could not be read');
        }
        if (!ended) cancel = link.clock.schedule(againMs, () => void look());
      };
      const subscription = link.nc.subscribe('taskcontrol.lane.*', {
        callback: (error, message) => {
          const lane = LaneName.safeParse(message.subject.split('.')[2]).data;
          if (error !== null || lane === undefined) return;
          hear(lane, Pause.safeParse(readJson(message.data)).data);
        },
      });
      void look();
      return () => {
        ended = true;
        followers.delete(hear);
        cancel();
        if (!link.nc.isClosed() && !link.nc.isDraining()) subscription.unsubscribe();
      };
    },
  };
  return control;
}
