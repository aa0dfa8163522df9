import { toFailure } from '../../contracts/errors.ts';
import type { Clock } from '../../contracts/ports/clock.ts';
import type { JournalUpkeep } from '../../contracts/ports/journal.ts';
import type { Log } from '../../contracts/ports/log.ts';

const DAY_MS = 24 * 3_600_000;
const EVERY_MS = 3_600_000;
/** Workflows moved at a time; between two lots others get to write. */
const LOT = 500;

/**
 * Moves workflows that ended more than `days` ago to the archive, now and every hour; the returned function ends it.
 * @param days 0: nothing is ever moved
 */
export function keepRetention(options: {
  readonly upkeep: Pick<JournalUpkeep, 'retire'>;
  readonly days: number;
  readonly clock: Clock;
  readonly log: Log;
}): () => Promise<void> {
  const { upkeep, days, clock, log } = options;
  if (days === 0) return () => Promise.resolve();
  const stopping = new AbortController();
  let cancel = (): void => undefined;
  let running = Promise.resolve();

  const retire = async (): Promise<void> => {
    try {
      let workflows = 0;
      for (let lot = LOT; lot === LOT; workflows += lot) {
        const olderThan = clock.now() - days * DAY_MS;
        const retired = await upkeep.retire(olderThan, { limit: LOT, signal: stopping.signal });
        lot = retired.workflows;
      }
      if (workflows > 0) log.info({ workflows, days }, 'ended workflows moved to the archive');
    } catch (error) {
      if (!stopping.signal.aborted)
        log.warn({ failure: toFailure(error) }, 'nothing could be archived; later again');
    }
    if (!stopping.signal.aborted) cancel = clock.schedule(EVERY_MS, () => void (running = retire()));
  };
  running = retire();

  return async () => {
    stopping.abort();
    cancel();
    await running;
  };
}
