import { toFailure } from '../../contracts/errors.ts';
import type { Clock } from '../../contracts/ports/clock.ts';
import type { Log } from '../../contracts/ports/log.ts';
import type { AnswerStore, TraceStore } from '../../contracts/ports/traces.ts';

const DAY_MS = 24 * 3_600_000;
const EVERY_MS = 3_600_000;
/** Deleted at a time; between two lots others get to write. */
const LOT = 200;

/**
 * Deletes traces and cached answers that are older than `days`, now and every hour; the returned function ends it.
 * @param days 0: nothing is ever deleted
 */
export function keepTraceRetention(options: {
  readonly traces: Pick<TraceStore, 'retire'>;
  readonly answers: Pick<AnswerStore, 'retire'>;
  readonly days: number;
  readonly clock: Clock;
  readonly log: Log;
}): () => Promise<void> {
  const { traces, answers, days, clock, log } = options;
  if (days === 0) return () => Promise.resolve();
  let stopping = false;
  let cancel = (): void => undefined;

  const retireAll = async (store: Pick<TraceStore, 'retire'>): Promise<number> => {
    let gone = 0;
    for (let lot = LOT; lot === LOT && !stopping; gone += lot) {
      lot = await store.retire(clock.now() - days * DAY_MS, LOT);
    }
    return gone;
  };
  const retire = async (): Promise<void> => {
    try {
      const gone = { traces: await retireAll(traces), answers: await retireAll(answers) };
      if (gone.traces + gone.answers > 0) log.info({ ...gone, days }, 'old traces and answers deleted');
    } catch (error) {
      log.warn({ failure: toFailure(error) }, 'old traces could not be deleted; later again');
    }
    if (!stopping) cancel = clock.schedule(EVERY_MS, () => void (running = retire()));
  };
  let running = retire();

  return async () => {
    stopping = true;
    cancel();
    await running;
  };
}
