import { type Lane, lanes } from './lanes.ts';
import type { QueueStatus } from './queue-api.ts';

const FULL_FROM = 0.8;
const OLD_FROM_MS = 60_000;

const tasksWait = (depth: number): string => `${depth} task${depth === 1 ? ' waits' : 's wait'}`;

const roomIn: Readonly<Record<string, string>> = {
  TASKS: 'add workers, or send fewer tasks',
  DEAD: 'tradewright dead-letters list, then replay or purge',
  TASK_SCHEDULE: 'delay fewer tasks',
  SIGNALS: 'raise TRADEWRIGHT_SIGNAL_STORE_BYTES',
};

/** What stands still in the queue or is about to, and what to do, one line each. */
export function queueWarnings(
  { lanes: each, streams, deadLetters }: Omit<QueueStatus, 'warnings'>,
  now: number,
): readonly string[] {
  const ofLane = (lane: Lane): string[] => {
    const { depth, inFlight, inFlightLimit, oldestStoredAt, paused, waiting } = each[lane];
    const ageMs = oldestStoredAt === null ? 0 : now - oldestStoredAt;
    return [
      ...(paused
        ? [`lane ${lane} is paused by ${paused.by}, ${tasksWait(depth)}: tradewright lanes resume ${lane}`]
        : []),
      ...(inFlightLimit === null && depth > 0
        ? [`lane ${lane} has no consumer, ${tasksWait(depth)}: start a worker, tradewright start`]
        : []),
      ...(inFlightLimit !== null && inFlightLimit > 0 && inFlight >= inFlightLimit
        ? [
            `lane ${lane} has its in-flight window full, ${inFlight} of ${inFlightLimit}: nobody gets more until some of them end; see whether their handlers hang`,
          ]
        : []),
      ...(!paused &&
      inFlightLimit !== null &&
      depth > 0 &&
      inFlight === 0 &&
      waiting === 0 &&
      ageMs > OLD_FROM_MS
        ? [
            `nobody takes from lane ${lane}, the oldest task waits for ${Math.round(ageMs / 1000)} s: start a worker, or see why those that run take nothing`,
          ]
        : []),
    ];
  };
  const full = streams.flatMap(({ stream, messages, maxMessages, bytes, maxBytes }) => {
    const share = Math.max(maxMessages > 0 ? messages / maxMessages : 0, maxBytes > 0 ? bytes / maxBytes : 0);
    return share >= FULL_FROM
      ? [
          `stream ${stream} is ${Math.floor(share * 100)} % full and refuses more at 100 %: ${roomIn[stream] ?? 'make room in it'}`,
        ]
      : [];
  });
  const dead =
    deadLetters > 0
      ? [
          `${deadLetters} dead letter${deadLetters === 1 ? ' waits' : 's wait'} for a person: tradewright dead-letters list, then replay or purge`,
        ]
      : [];
  return [...lanes.flatMap(ofLane), ...full, ...dead];
}
