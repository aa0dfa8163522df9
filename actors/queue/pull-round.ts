import { type Lane, lanes } from '../../contracts/lanes.ts';
import type { Delivery, LaneSource } from '../../contracts/ports/messaging.ts';
import { type LaneCredits, type LaneWeights, nextPull, withTaken } from './lane-schedule.ts';

export interface PullRequest {
  readonly want: number;
  readonly credits: LaneCredits;
  readonly weights: LaneWeights;
  readonly paused: ReadonlySet<Lane>;
  /** Whether there may be something: otherwise it begins to wait at once. */
  readonly look: boolean;
  /** Whether what is taken is held ahead, and chosen from by weight. */
  readonly ahead: boolean;
  /** How long to wait for a first task when every lane is empty. */
  readonly idleWaitMs: number;
  /** Takes what a wait brought after the round had its first task. */
  readonly surplus: (pulled: readonly Pulled[]) => void;
}

export interface Pulled {
  readonly lane: Lane;
  readonly delivery: Delivery;
}

export interface PullResult {
  readonly taken: readonly Pulled[];
  readonly credits: LaneCredits;
  /** Whether there may be more. */
  readonly more: boolean;
}

/**
 * One round over the lanes: takes what is there, in the order of the weights, up to what is wanted; with nothing there it
 * waits on all lanes at once for the first task. The wait may bring one task per lane where several arrive together.
 */
export async function pullRound(
  source: LaneSource,
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
    const { lane, max } = next.pull;
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
  const first = await firstOf(source, open, request.idleWaitMs, request.surplus, signal);
  return { taken: first, credits, more: first.some(({ delivery }) => delivery.behind > 0) };
}

/**
 * Gives the first task of any lane at once. The waits for the others are called off behind its back: what they bring all the same comes
 * with the next pull.
 */
function firstOf(
  source: LaneSource,
  open: readonly Lane[],
  waitMs: number,
  surplus: (pulled: readonly Pulled[]) => void,
  signal: AbortSignal,
): Promise<readonly Pulled[]> {
  const found = new AbortController();
  const either = AbortSignal.any([signal, found.signal]);
  return new Promise((resolve, reject) => {
    let left = open.length;
    let told = false;
    let failed: Error | undefined;
    const ended = (): void => {
      left -= 1;
      if (left > 0) return;
      if (failed === undefined) resolve([]);
      else reject(failed);
    };
    for (const lane of open) {
      source
        .pull(lane, 1, waitMs, either, (delivery) => surplus([{ lane, delivery }]))
        .then(
          (deliveries) => {
            const pulled = deliveries.map((delivery) => ({ lane, delivery }));
            if (pulled.length > 0 && told) surplus(pulled);
            else if (pulled.length > 0) resolve(pulled);
            told ||= pulled.length > 0;
            // Found: the other lanes need not wait their time out. The task goes first, and it takes a turn to begin.
            setImmediate(() => setImmediate(() => found.abort()));
            ended();
          },
          (error: unknown) => {
            failed = error instanceof Error ? error : new Error('a pull failed', { cause: error });
            found.abort();
            ended();
          },
        );
    }
  });
}
