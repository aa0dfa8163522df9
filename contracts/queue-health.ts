import { type Lane, lanes } from './lanes.ts';
import type { QueueStatus } from './queue-api.ts';

const FULL_FROM = 0.8;
const OLD_FROM_MS = 60_000;

/** What stands still in the queue or is about to, one line each. */
export function queueWarnings(
  { lanes: each, streams, deadLetters }: Omit<QueueStatus, 'warnings'>,
  now: number,
): readonly string[] {
  const ofLane = (lane: Lane): string[] => {
    const { depth, inFlight, inFlightLimit, oldestStoredAt, paused, waiting } = each[lane];
    const ageMs = oldestStoredAt === null ? 0 : now - oldestStoredAt;
    return [
      ...(paused ? [`lane ${lane} is paused by ${paused.by}, ${depth} tasks wait`] : []),
      ...(inFlightLimit === null && depth > 0
        ? [`lane ${lane} has no consumer: ${depth} tasks wait for a first worker`]
        : []),
      ...(inFlightLimit !== null && inFlightLimit > 0 && inFlight >= inFlightLimit
        ? [`lane ${lane} has its in-flight window full: ${inFlight} of ${inFlightLimit}`]
        : []),
      ...(!paused &&
      inFlightLimit !== null &&
      depth > 0 &&
      inFlight === 0 &&
      waiting === 0 &&
      ageMs > OLD_FROM_MS
        ? [`nobody takes from lane ${lane}: the oldest task waits for ${Math.round(ageMs / 1000)} s`]
        : []),
    ];
  };
  const full = streams.flatMap(({ stream, messages, maxMessages, bytes, maxBytes }) => {
    const share = Math.max(maxMessages > 0 ? messages / maxMessages : 0, maxBytes > 0 ? bytes / maxBytes : 0);
    return share >= FULL_FROM
      ? [`stream ${stream} is ${Math.floor(share * 100)} % full; full, it refuses`]
      : [];
  });
  const dead = deadLetters > 0 ? [`${deadLetters} dead letters wait for a person`] : [];
  return [...lanes.flatMap(ofLane), ...full, ...dead];
}
