import { z } from 'zod';
import type { RetryPolicy } from '../../workflows/engine/definition.ts';
import { defineWorkflow, nodesOf } from '../../workflows/engine/index.ts';

const Input = z.object({
  drafts: z.number().default(1),
  sleepMs: z.number().default(0),
});
const { step, parallel, loop, sleepUntil, waitForDecision } = nodesOf(Input);
const Id = z.object({ id: z.string() });

export interface TripOptions {
  readonly retry?: Partial<RetryPolicy>;
  readonly onExhausted?: 'fail' | 'pause';
  readonly hotelMayHaveHadEffect?: boolean;
  readonly version?: number;
}

/** A loop of drafts, flight and hotel at the same time, a timer, a person's word, and the ticket: every node there is. */
export function tripWorkflow(options: TripOptions = {}) {
  const { retry = { jitter: 0 }, onExhausted = 'fail', hotelMayHaveHadEffect = false, version = 1 } = options;
  const undo = (effect: string) => ({
    effect,
    request: (_: unknown, result: { id: string } | undefined) => ({ id: result?.id ?? null }),
  });
  const draft = step({
    name: 'draft',
    effect: 'trip.draft',
    request: ({ roundOf }) => ({ round: roundOf({ name: 'draft' }) }),
    result: Id,
    retry,
    compensation: undo('trip.shred'),
  });
  const review = step({
    name: 'review',
    effect: 'trip.review',
    request: ({ resultOf }) => ({ draft: resultOf(draft).id }),
    result: Id,
    retry,
  });
  const flight = step({
    name: 'flight',
    effect: 'trip.flight',
    request: ({ resultOf }) => ({ draft: resultOf(draft).id }),
    result: Id,
    retry,
    onExhausted,
    compensation: undo('trip.cancel-flight'),
  });
  const hotel = step({
    name: 'hotel',
    effect: 'trip.hotel',
    request: ({ resultOf }) => ({ draft: resultOf(draft).id }),
    result: Id,
    retry,
    mayHaveHadEffect: hotelMayHaveHadEffect,
    compensation: undo('trip.cancel-hotel'),
  });
  const ticket = step({
    name: 'ticket',
    effect: 'trip.ticket',
    request: ({ resultOf }) => ({ flight: resultOf(flight).id, hotel: resultOf(hotel).id }),
    result: Id,
    retry,
    onExhausted,
  });
  return defineWorkflow({
    name: 'trip',
    version,
    input: Input,
    steps: [
      loop('drafting', {
        atMost: 3,
        again: ({ input, roundOf }) => roundOf({ name: 'drafting' }) < input.drafts,
        steps: [draft, review],
      }),
      parallel('bookings', [flight, hotel]),
      sleepUntil('cool-off', ({ input }, now) => now + input.sleepMs),
      waitForDecision('approval', { deadlineMs: 60_000, onDeadline: 'reject', summary: () => 'go?' }),
      ticket,
    ],
    outcome: ({ resultOf }) => ({ outcome: 'booked', reason: resultOf(ticket).id }),
  });
}
