import { z } from 'zod';

/** What a type of task may take up, over all workers together. */
export interface TypeLimits {
  /** At most so many begun within any `perMs`. */
  readonly rate?: { readonly count: number; readonly perMs: number };
  /** At most so many at work at once. */
  readonly concurrency?: number;
}

const Count = z.number().int().nonnegative();
/** Begun lately, and at work with whom; a holder that says nothing until then is gone. */
const Usage = z.object({
  begun: z.array(z.object({ at: z.number(), count: Count })),
  holders: z.record(z.string(), z.object({ count: Count, until: z.number() })),
});
export type LimitUsage = z.infer<typeof Usage>;

export const usageOf = (value: unknown): LimitUsage =>
  Usage.safeParse(value).data ?? { begun: [], holders: {} };

/** Of one window, so that a high rate does not make a long list; those in one slice count as begun with the last of them. */
const SLICES = 50;

export interface Claim {
  readonly usage: LimitUsage;
  readonly granted: number;
  /** When asking again may help; undefined when something was granted. */
  readonly waitMs: number | undefined;
}

/** How many of `want` may begin now. */
export function claim(
  before: LimitUsage,
  limits: TypeLimits,
  holder: string,
  want: number,
  now: number,
  leaseMs: number,
): Claim {
  const usage = current(before, limits, now);
  const { rate, concurrency } = limits;
  const spent = usage.begun.reduce((sum, { count }) => sum + count, 0);
  const atWork = Object.values(usage.holders).reduce((sum, { count }) => sum + count, 0);
  const byRate = rate === undefined ? want : rate.count - spent;
  const byConcurrency = concurrency === undefined ? want : concurrency - atWork;
  const granted = Math.max(0, Math.min(want, byRate, byConcurrency));
  if (granted === 0) {
    const oldest = usage.begun[0];
    const rateFreeMs =
      byRate > 0 || rate === undefined || oldest === undefined ? 0 : oldest.at + rate.perMs - now + 1;
    const leases = Object.values(usage.holders).map(({ until }) => until - now + 1);
    const workFreeMs = byConcurrency > 0 ? 0 : Math.min(...leases, leaseMs);
    return { usage, granted, waitMs: Math.max(1, rateFreeMs, workFreeMs) };
  }
  const own = usage.holders[holder]?.count ?? 0;
  return {
    granted,
    waitMs: undefined,
    usage: {
      begun: rate === undefined ? usage.begun : withBegun(usage.begun, granted, now, rate.perMs),
      holders:
        concurrency === undefined
          ? usage.holders
          : { ...usage.holders, [holder]: { count: own + granted, until: now + leaseMs } },
    },
  };
}

/** `count` of the holder's are at work from now on, and it is alive. */
export function held(
  before: LimitUsage,
  limits: TypeLimits,
  holder: string,
  count: number,
  now: number,
  leaseMs: number,
): LimitUsage {
  const usage = current(before, limits, now);
  const { [holder]: _, ...others } = usage.holders;
  return {
    ...usage,
    holders: count === 0 ? others : { ...others, [holder]: { count, until: now + leaseMs } },
  };
}

/** Without what no longer counts. */
function current({ begun, holders }: LimitUsage, { rate }: TypeLimits, now: number): LimitUsage {
  return {
    begun:
      rate === undefined ? [] : begun.filter(({ at }) => at > now - rate.perMs && at <= now + rate.perMs),
    holders: Object.fromEntries(Object.entries(holders).filter(([, { until }]) => until > now)),
  };
}

function withBegun(
  begun: LimitUsage['begun'],
  count: number,
  now: number,
  perMs: number,
): LimitUsage['begun'] {
  const last = begun.at(-1);
  if (last === undefined || now - last.at >= perMs / SLICES) return [...begun, { at: now, count }];
  return [...begun.slice(0, -1), { at: now, count: last.count + count }];
}
