import { type Lane, lanes } from '../../contracts/lanes.ts';
import type { Delivery, LaneSource } from '../../contracts/ports/messaging.ts';
import type { IdleWaits } from './idle-waits.ts';
import { type LaneCredits, type LaneWeights, nextPull, withTaken } from './lane-schedule.ts';
import type { Pulled } from './taken-task.ts';

export interface PullRequest {
  readonly want: number;
  readonly credits: LaneCredits;
  readonly weights: LaneWeights;
  readonly paused: ReadonlySet<Lane>;
  /** Whether there may be something: otherwise it begins to wait at once. */
  readonly look: boolean;
  /** Whether what is taken is held ahead, and chosen from by weight. */
  readonly ahead: boolean;
  /** Takes what a request brought that was given up. */
  readonly surplus: (pulled: readonly Pulled[]) => void;
}

export interface PullResult {
  readonly taken: readonly Pulled[];
  readonly credits: LaneCredits;
  /** Whether there may be more. */
  readonly more: boolean;
}

/**
 * One round over the lanes: takes what is there, in the order of the weights, up to what is wanted; with nothing there it
 * waits on all lanes at once for the first task.
 */
export async function pullRound(
  source: LaneSource,
  waits: IdleWaits,
  request: PullRequest,
  signal: AbortSignal,
): Promise<PullResult> {
  const open = lanes.filter((lane) => !request.paused.has(lane));
  const candidates = new Set(request.look ? open : []);
  const taken: Pulled[] = [];
  let credits = request.credits;
  const { weights } = request;
  const worth = Math.ceil(request.want / lanes.reduce((sum, lane) => sum + weights[lane], 0));
  // Where tasks are held ahead anyway, all lanes are asked for their share at once; one after the other would take as many turns.
  if (request.look && request.ahead) {
    const shares = await Promise.all(
      open.map(async (lane) => {
        const max = weights[lane] * worth;
        const deliveries = await source
          .pull(lane, max, 0, signal, (delivery) => request.surplus([{ lane, delivery }]))
          .catch((): readonly Delivery[] => []);
        if (deliveries.length < max) candidates.delete(lane);
        return deliveries.map((delivery) => ({ lane, delivery }));
      }),
    );
    taken.push(...shares.flat());
  }
  while (!signal.aborted) {
    const next = nextPull(credits, candidates, request.want - taken.length, weights, worth);
    if (next === undefined) break;
    const { lane } = next.pull;
    // The last one that may have something need not share.
    const max = candidates.size === 1 ? request.want - taken.length : next.pull.max;
    let deliveries: readonly Delivery[];
    try {
      deliveries = await source.pull(lane, max, 0, signal, (delivery) =>
        request.surplus([{ lane, delivery }]),
      );
    } catch (error) {
      // What other lanes gave already must not be lost with it.
      if (taken.length > 0) break;
      throw error;
    }
    for (const delivery of deliveries) taken.push({ lane, delivery });
    credits = withTaken(next.credits, lane, deliveries.length, worth);
    if (deliveries.length < max) candidates.delete(lane);
  }
  if (taken.length > 0 || open.length === 0 || signal.aborted)
    return { taken, credits, more: taken.length >= request.want };
  const first = await waits.first(open, signal);
  return { taken: first, credits, more: first.some(({ delivery }) => delivery.behind > 0) };
}
