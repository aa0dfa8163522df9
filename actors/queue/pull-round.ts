import { type Lane, lanes } from '../../contracts/lanes.ts';
import type { Delivery, LaneSource } from '../../contracts/ports/messaging.ts';
import { type LaneCredits, nextPull, withTaken } from './lane-schedule.ts';

export interface TakenTask {
  readonly lane: Lane;
  readonly delivery: Delivery;
}

export interface PullRequest {
  readonly free: number;
  readonly credits: LaneCredits;
  readonly paused: ReadonlySet<Lane>;
  /** How long to wait for a first task when every lane is empty. */
  readonly idleWaitMs: number;
}

export interface PullResult {
  readonly taken: readonly TakenTask[];
  readonly credits: LaneCredits;
}

/**
 * One round over the lanes: takes what is there, in the order of the weights, up to the free places; with nothing there it
 * waits on all lanes at once for the first task. The wait may bring one task per lane where several arrive together.
 */
export async function pullRound(
  source: LaneSource,
  request: PullRequest,
  signal: AbortSignal,
): Promise<PullResult> {
  const open = lanes.filter((lane) => !request.paused.has(lane));
  const candidates = new Set(open);
  const taken: TakenTask[] = [];
  let credits = request.credits;
  while (!signal.aborted) {
    const next = nextPull(credits, candidates, request.free - taken.length);
    if (next === undefined) break;
    const { lane, max } = next.pull;
    let deliveries: readonly Delivery[];
    try {
      deliveries = await source.pull(lane, max, 0, signal);
    } catch (error) {
      // What other lanes gave already must not be lost with it.
      if (taken.length > 0) break;
      throw error;
    }
    taken.push(...deliveries.map((delivery) => ({ lane, delivery })));
    credits = withTaken(next.credits, lane, deliveries.length);
    if (deliveries.length < max) candidates.delete(lane);
  }
  if (taken.length > 0 || open.length === 0 || signal.aborted) return { taken, credits };
  return { taken: await firstOf(source, open, request.idleWaitMs, signal), credits };
}

async function firstOf(
  source: LaneSource,
  open: readonly Lane[],
  waitMs: number,
  signal: AbortSignal,
): Promise<readonly TakenTask[]> {
  const found = new AbortController();
  const either = AbortSignal.any([signal, found.signal]);
  const pulls = open.map(async (lane) => {
    try {
      const deliveries = await source.pull(lane, 1, waitMs, either);
      return deliveries.map((delivery) => ({ lane, delivery }));
    } finally {
      // Found or failed: either way the other lanes need not wait their time out.
      found.abort();
    }
  });
  const settled = await Promise.allSettled(pulls);
  const taken = settled.flatMap((each) => (each.status === 'fulfilled' ? each.value : []));
  const failed = settled.find((each) => each.status === 'rejected');
  if (taken.length === 0 && failed !== undefined) throw failed.reason;
  return taken;
}
