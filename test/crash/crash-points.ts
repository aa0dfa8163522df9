import type { EffectHandlers } from '../../actors/effects/effect-call.ts';
import type { Journal } from '../../contracts/ports/journal.ts';
import type { EventFeed } from '../../contracts/ports/messaging.ts';

/** Called with the name of every point that is passed, such as `append 3 before`. */
export type Passing = (point: string) => void;

/** Numbers what happens: the nth append, effect, publish, snapshot, cursor of this process. */
export function counting(passing: Passing) {
  const counts = new Map<string, number>();
  return async function around<T>(what: string, act: () => Promise<T>): Promise<T> {
    const count = (counts.get(what) ?? 0) + 1;
    counts.set(what, count);
    passing(`${what} ${count} before`);
    try {
      return await act();
    } finally {
      passing(`${what} ${count} after`);
    }
  };
}
export type Around = ReturnType<typeof counting>;

/** The journal, with a point on either side of everything it makes durable. */
export function journalWithPoints(journal: Journal, around: Around): Journal {
  return {
    append: (...given) => around('append', () => journal.append(...given)),
    saveSnapshot: (snapshot) => around('snapshot', () => journal.saveSnapshot(snapshot)),
    writeCursor: (name, value) => around('cursor', () => journal.writeCursor(name, value)),
    read: (...given) => journal.read(...given),
    latestSnapshot: (workflowId) => journal.latestSnapshot(workflowId),
    summary: (workflowId) => journal.summary(workflowId),
    list: (filter) => journal.list(filter),
    open: () => journal.open(),
    commits: (...given) => journal.commits(...given),
    sealedCommits: (...given) => journal.sealedCommits(...given),
    lastCommit: () => journal.lastCommit(),
    onCommit: (listener) => journal.onCommit(listener),
    readCursor: (name) => journal.readCursor(name),
    eventCount: () => journal.eventCount(),
    close: () => journal.close(),
  };
}

/** Before the raw call is made, and after it was made but before anybody here knows how it went. */
export const effectsWithPoints = (effects: EffectHandlers, around: Around): EffectHandlers =>
  Object.fromEntries(
    Object.entries(effects).map(([name, perform]) => [
      name,
      (request, call) => around('effect', () => perform(request, call)),
    ]),
  );

export const feedWithPoints = (feed: EventFeed, around: Around): EventFeed => ({
  follow: (...given) => feed.follow(...given),
  end: () => feed.end(),
  append: (...given) => around('publish', () => feed.append(...given)),
});
