import type { Clock } from '../../contracts/ports/clock.ts';

/** A clock that moves when it is told to, and lets everything that became due run. */
export function manualClock(startMs = 1_000_000): Clock & { advance(ms: number): Promise<void> } {
  let now = startMs;
  const due = new Set<{ at: number; callback: () => void }>();
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return {
    now: () => now,
    schedule(ms, callback) {
      const entry = { at: now + ms, callback };
      due.add(entry);
      return () => void due.delete(entry);
    },
    async advance(ms) {
      const until = now + ms;
      await settle();
      for (;;) {
        const next = [...due].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
        if (next === undefined) break;
        due.delete(next);
        now = Math.max(now, next.at);
        next.callback();
        await settle();
      }
      now = until;
    },
  };
}
