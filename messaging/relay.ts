import { toFailure } from '../contracts/errors.ts';
import { type Clock, delay } from '../contracts/ports/clock.ts';
import type { Journal } from '../contracts/ports/journal.ts';
import type { Log } from '../contracts/ports/log.ts';
import type { EventFeed } from '../contracts/ports/messaging.ts';

export interface RelayOptions {
  readonly journal: Pick<Journal, 'sealedCommits' | 'lastCommit' | 'onCommit' | 'readCursor' | 'writeCursor'>;
  readonly feed: Pick<EventFeed, 'append' | 'end'>;
  readonly clock: Clock;
  readonly log: Log;
  /** Messages of which one answer says that all are stored. Default 256. */
  readonly group?: number;
}

export interface Relay {
  /** The last commit that EVENTS is known to hold. */
  position(): number;
  /** Sends what the journal holds by now, as long as NATS answers within `withinMs`; then ends. */
  stop(withinMs?: number): Promise<void>;
}

const CURSOR = 'relay';
/** A cursor that is behind costs nothing: EVENTS itself says where it ends. So it is not worth a disk write for every commit. */
const CURSOR_EVERY_COMMITS = 1_000;
const CURSOR_EVERY_MS = 500;
const GROUP = 256;
/** What comes this soon after a commit goes along in its group: a feed is later by as much, and costs a fraction. */
const LINGER_MS = 5;
const BACK_OFF_MS = { first: 100, most: 5_000 };
const STOP_WITHIN_MS = 5_000;

/**
 * Copies the journal to EVENTS: one message per commit, in commit order, without gaps, for ever. After a restart and after
 * every failure it asks EVENTS how far it is: a server that lost its unsynced tail gets that part again.
 */
export function startRelay(options: RelayOptions): Relay {
  const { journal, feed, clock, log, group = GROUP } = options;
  const aborter = new AbortController();
  const wake = wakeUp();
  let position = 0;
  /** Where it is in the stream. */
  let streamSeq = 0;
  let savedCursor = 0;
  let savedAt = 0;
  let stopping = false;

  const saveCursor = async (): Promise<void> => {
    if (savedCursor === position) return;
    await journal.writeCursor(CURSOR, position);
    savedCursor = position;
    savedAt = clock.now();
  };

  const cursorDue = (): boolean =>
    position - savedCursor >= CURSOR_EVERY_COMMITS || clock.now() - savedAt >= CURSOR_EVERY_MS;

  const resync = async (): Promise<void> => {
    const end = await feed.end();
    streamSeq = end.streamSeq;
    // A feed that is ahead belongs to another journal: then only our own cursor counts.
    position = end.commit <= journal.lastCommit() ? end.commit : await journal.readCursor(CURSOR);
  };

  /** Copies what the journal holds, group behind group, until one is not full; before the end, all of it. */
  const drainJournal = async (): Promise<void> => {
    for (let room = 0; room === 0 || stopping;) {
      const commits = await journal.sealedCommits(position, group);
      const last = commits.at(-1);
      if (last === undefined || aborter.signal.aborted) return;
      await feed.append(commits, streamSeq);
      // Given up meanwhile: the journal may be closed by now, and the next start asks EVENTS anyway.
      if (aborter.signal.aborted) return;
      streamSeq += commits.length;
      position = last.commit;
      if (cursorDue()) await saveCursor();
      room = group - commits.length;
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
        failures = 0;
        if (stopping || cursorDue()) await saveCursor();
        if (stopping) return;
        const cancel =
          savedCursor === position ? undefined : clock.schedule(CURSOR_EVERY_MS, () => wake.now());
        await wake.next();
        cancel?.();
        await delay(clock, LINGER_MS, aborter.signal);
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
