import { toFailure } from '../contracts/errors.ts';
import { type Clock, delay } from '../contracts/ports/clock.ts';
import type { Journal } from '../contracts/ports/journal.ts';
import type { Log } from '../contracts/ports/log.ts';
import type { EventFeed } from '../contracts/ports/messaging.ts';

export interface RelayOptions {
  readonly journal: Pick<Journal, 'commits' | 'lastCommit' | 'onCommit' | 'readCursor' | 'writeCursor'>;
  readonly feed: Pick<EventFeed, 'publish' | 'lastCommit'>;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Relay {
  /** The last commit that EVENTS is known to hold. */
  position(): number;
  /** Sends what the journal holds by now, as long as NATS answers within `withinMs`; then ends. */
  stop(withinMs?: number): Promise<void>;
}

const CURSOR = 'relay';
const CURSOR_EVERY_COMMITS = 100;
const CURSOR_EVERY_MS = 200;
const READ_COMMITS = 100;
const BACK_OFF_MS = { first: 100, most: 5_000 };
const STOP_WITHIN_MS = 5_000;

/**
 * Copies the journal to EVENTS: one message per commit, in commit order, without gaps, for ever. After a restart and after
 * every failure it asks EVENTS how far it is: a server that lost its unsynced tail gets that part again.
 */
export function startRelay(options: RelayOptions): Relay {
  const { journal, feed, clock, log } = options;
  const aborter = new AbortController();
  const wake = wakeUp();
  let position = 0;
  let savedCursor = 0;
  let savedAt = 0;
  let stopping = false;

  const saveCursor = async (): Promise<void> => {
    if (savedCursor === position) return;
    await journal.writeCursor(CURSOR, position);
    savedCursor = position;
    savedAt = clock.now();
  };

  const resync = async (): Promise<void> => {
    const inFeed = await feed.lastCommit();
    // A feed that is ahead belongs to another journal: then only our own cursor counts.
    position = inFeed <= journal.lastCommit() ? inFeed : await journal.readCursor(CURSOR);
  };

  const drainJournal = async (): Promise<void> => {
    while (position < journal.lastCommit() && !aborter.signal.aborted) {
      const batches = await journal.commits(position, READ_COMMITS);
      if (batches.length === 0) return;
      for (const batch of batches) {
        if (aborter.signal.aborted) return;
        await feed.publish(batch);
        // Given up meanwhile: the journal may be closed by now, and the next start asks EVENTS anyway.
        if (aborter.signal.aborted) return;
        position = batch.commit;
        const due =
          position - savedCursor >= CURSOR_EVERY_COMMITS || clock.now() - savedAt >= CURSOR_EVERY_MS;
        if (due) await saveCursor();
      }
    }
  };

  const run = async (): Promise<void> => {
    let synced = false;
    let failures = 0;
    while (!aborter.signal.aborted) {
      try {
        if (!synced) await resync();
        synced = true;
        await drainJournal();
        if (aborter.signal.aborted) return;
        await saveCursor();
        failures = 0;
        if (stopping) return;
        await wake.next();
      } catch (error) {
        if (aborter.signal.aborted) return;
        synced = false;
        failures++;
        const backOffMs = Math.min(BACK_OFF_MS.first * 2 ** (failures - 1), BACK_OFF_MS.most);
        log.warn(
          { error: toFailure(error), position, backOffMs },
          'the relay to EVENTS failed; trying again',
        );
        await delay(clock, backOffMs, aborter.signal).catch(() => undefined);
      }
    }
  };

  const unsubscribe = journal.onCommit(() => wake.now());
  const running = run();
  return {
    position: () => position,
    async stop(withinMs = STOP_WITHIN_MS) {
      stopping = true;
      unsubscribe();
      wake.now();
      await new Promise<void>((resolve) => {
        const cancel = clock.schedule(withinMs, () => {
          aborter.abort();
          resolve();
        });
        void running.then(() => {
          cancel();
          resolve();
        });
      });
    },
  };
}

/** A latch: `now()` before `next()` is not lost. */
function wakeUp(): { now(): void; next(): Promise<void> } {
  let woken = false;
  let resume: (() => void) | undefined;
  return {
    now() {
      woken = true;
      resume?.();
    },
    async next() {
      if (!woken) await new Promise<void>((resolve) => (resume = resolve));
      woken = false;
      resume = undefined;
    },
  };
}
