import { toFailure } from '../contracts/errors.ts';
import { type Clock, delay } from '../contracts/ports/clock.ts';
import type { Journal } from '../contracts/ports/journal.ts';
import type { Log } from '../contracts/ports/log.ts';
import type { EventFeed } from '../contracts/ports/messaging.ts';
import type { SealedCommit } from '../contracts/workflow-event.ts';

export interface RelayOptions {
  readonly journal: Pick<Journal, 'sealedCommits' | 'lastCommit' | 'onCommit' | 'readCursor' | 'writeCursor'>;
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
/** A cursor that is behind costs nothing: EVENTS itself says where it ends. So it is not worth a disk write for every commit. */
const CURSOR_EVERY_COMMITS = 1_000;
const CURSOR_EVERY_MS = 500;
/** Messages under way to EVENTS at once. */
const WINDOW = 256;
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

  const cursorDue = (): boolean =>
    position - savedCursor >= CURSOR_EVERY_COMMITS || clock.now() - savedAt >= CURSOR_EVERY_MS;

  const resync = async (): Promise<void> => {
    const inFeed = await feed.lastCommit();
    // A feed that is ahead belongs to another journal: then only our own cursor counts.
    position = inFeed <= journal.lastCommit() ? inFeed : await journal.readCursor(CURSOR);
  };

  /** Copies what the journal holds; up to `WINDOW` messages are under way, each of which must follow the one before. */
  const drainJournal = async (): Promise<void> => {
    const window = new Set<Promise<void>>();
    let failure: { readonly error: unknown } | undefined;
    let sent = position;
    let streamSeq: number | undefined;

    const send = async (commit: SealedCommit): Promise<void> => {
      try {
        const stored = await feed.publish(commit, streamSeq === undefined ? undefined : streamSeq++);
        // Given up meanwhile: the journal may be closed by now, and the next start asks EVENTS anyway.
        if (aborter.signal.aborted || failure !== undefined) return;
        // Where a message is there already, it need not be the last one.
        if (stored.kind === 'stored') streamSeq ??= stored.streamSeq;
        position = commit.commit;
      } catch (error) {
        failure ??= { error };
      }
    };

    while (sent < journal.lastCommit() && failure === undefined && !aborter.signal.aborted) {
      const commits = await journal.sealedCommits(sent, WINDOW);
      if (commits.length === 0) break;
      for (const commit of commits) {
        // Without the first one's place in the stream, the others' is not known.
        if (window.size >= WINDOW || (streamSeq === undefined && window.size > 0)) await Promise.race(window);
        if (failure !== undefined || aborter.signal.aborted) break;
        const sending: Promise<void> = send(commit).finally(() => window.delete(sending));
        window.add(sending);
        sent = commit.commit;
      }
      if (cursorDue()) await saveCursor();
    }
    await Promise.all(window);
    if (failure !== undefined) throw failure.error;
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
        if (stopping || cursorDue()) await saveCursor();
        failures = 0;
        if (stopping) return;
        const cancel =
          savedCursor === position ? undefined : clock.schedule(CURSOR_EVERY_MS, () => wake.now());
        await wake.next();
        cancel?.();
        // Those who wait for the commit go first, and what they commit in the meantime goes along.
        await delay(clock, 0, aborter.signal);
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
