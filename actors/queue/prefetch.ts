/** Work kept at hand beside what is at work, so that no place is empty while more is on its way, milliseconds. */
const COVER_MS = 20;
const MOST_TIMES_CONCURRENCY = 10;
/** Also with few places: a fetch takes as long for one as for many. */
const LEAST_AT_MOST = 64;

/**
 * How many tasks to hold ahead. Long ones: none, they would wait here while another worker is free. Short ones: as many as are done in the
 * time that fetching takes.
 * @param averageMs of a task; undefined when none has been done yet
 */
export function tasksAhead(concurrency: number, averageMs: number | undefined): number {
  if (averageMs === undefined || averageMs >= COVER_MS) return 0;
  const covering = Math.ceil((concurrency * COVER_MS) / Math.max(averageMs, 0.01));
  return Math.min(covering, Math.max(concurrency * MOST_TIMES_CONCURRENCY, LEAST_AT_MOST));
}

/** A moving average that follows a change within a few dozen tasks. */
export const averaged = (average: number | undefined, ms: number): number =>
  average === undefined ? ms : average + (ms - average) / 16;
