import { type Lane, lanes } from '../contracts/lanes.ts';
import type { LaneDepth, LaneStatistics } from '../contracts/ports/messaging.ts';
import { streams, subjects } from '../contracts/subjects.ts';
import type { NatsLink } from './connection.ts';
import { laneConsumer } from './lane-source.ts';
import { apiErrorCode, apiErrors, isTransient, unavailable } from './nats-errors.ts';

export function laneStatistics(link: NatsLink): LaneStatistics {
  const statistics: LaneStatistics = {
    async lane(lane) {
      try {
        const [consumer, oldestStoredAt] = await Promise.all([consumerInfo(link, lane), oldest(link, lane)]);
        return {
          depth: consumer?.num_pending ?? (oldestStoredAt === null ? 0 : await stored(link, lane)),
          inFlight: consumer?.num_ack_pending ?? 0,
          waiting: consumer?.num_waiting ?? 0,
          oldestStoredAt,
          inFlightLimit: consumer?.config.max_ack_pending ?? null,
          redelivered: consumer?.num_redelivered ?? 0,
        };
      } catch (error) {
        if (isTransient(error)) throw unavailable('NATS does not answer about the lanes', error);
        throw error;
      }
    },
    async all() {
      const each = await Promise.all(lanes.map(async (lane) => [lane, await statistics.lane(lane)] as const));
      return Object.fromEntries(each) as Record<Lane, LaneDepth>;
    },
    deadDepth: async () => (await streamInfo(link, streams.dead)).state.messages,
    delayed: async () => (await streamInfo(link, streams.schedule)).state.messages,
    fullness: () =>
      Promise.all(
        [streams.tasks, streams.dead, streams.schedule, streams.signals].map(async (stream) => {
          const { state, config } = await streamInfo(link, stream);
          return {
            stream,
            messages: state.messages,
            maxMessages: config.max_msgs,
            bytes: state.bytes,
            maxBytes: config.max_bytes,
          };
        }),
      ),
  };
  return statistics;
}

async function streamInfo(link: NatsLink, stream: string) {
  try {
    return await link.jsm.streams.info(stream);
  } catch (error) {
    if (isTransient(error)) throw unavailable(`NATS does not answer about stream ${stream}`, error);
    throw error;
  }
}

async function consumerInfo(link: NatsLink, lane: Lane) {
  try {
    return await link.jsm.consumers.info(streams.tasks, laneConsumer(lane));
  } catch (error) {
    // No worker has run on this lane yet.
    if (apiErrorCode(error) === apiErrors.consumerNotFound) return undefined;
    throw error;
  }
}

async function stored(link: NatsLink, lane: Lane): Promise<number> {
  const { state } = await link.jsm.streams.info(streams.tasks, { subjects_filter: subjects.lane(lane) });
  return Object.values(state.subjects ?? {}).reduce((sum, count) => sum + count, 0);
}

async function oldest(link: NatsLink, lane: Lane): Promise<number | null> {
  const message = await link.jsm.direct
    .getMessage(streams.tasks, { seq: 1, next_by_subj: subjects.lane(lane) })
    .catch((error: unknown) => {
      if (isTransient(error)) throw error;
      return null;
    });
  return message === null ? null : message.time.getTime();
}
