import { z } from 'zod';
import { defineWorkflow, type RetryPolicy, stepsOf } from '../../workflows/engine/definition.ts';

const Input = z.object({ amount: z.number().default(1), approve: z.boolean().default(false) });
const step = stepsOf(Input);
const Booking = z.object({ booking: z.string() });

/** Book, pay, ship: three steps with compensations, the last of which may have had its effect when it fails. */
export function orderWorkflow(
  options: { retry?: Partial<RetryPolicy>; shipMayHaveHadEffect?: boolean; deadlineMs?: number } = {},
) {
  const { retry = {}, shipMayHaveHadEffect = false, deadlineMs } = options;
  const book = step({
    name: 'book',
    effect: 'test.book',
    request: ({ input }) => ({ amount: input.amount }),
    result: Booking,
    retry,
    compensation: { effect: 'test.unbook', request: (_, result) => ({ booking: result?.booking ?? null }) },
  });
  const pay = step({
    name: 'pay',
    effect: 'test.pay',
    request: ({ resultOf }) => ({ booking: resultOf(book).booking }),
    result: z.object({ paid: z.number() }),
    retry,
    gate: ({ paid }) => (paid > 1_000 ? { code: 'TOO_DEAR', reason: `${paid} is above 1000` } : undefined),
    decision: (_, { input }) =>
      input.approve ? { deadlineMs: 60_000, onDeadline: 'reject', summary: 'pay this?' } : undefined,
    compensation: { effect: 'test.refund', request: (_, result) => ({ paid: result?.paid ?? null }) },
  });
  const ship = step({
    name: 'ship',
    effect: 'test.ship',
    request: ({ resultOf }) => ({ booking: resultOf(book).booking, paid: resultOf(pay).paid }),
    result: z.object({ parcel: z.string() }),
    retry,
    timeoutMs: 1_000,
    mayHaveHadEffect: shipMayHaveHadEffect,
    compensation: { effect: 'test.recall', request: (_, result) => ({ parcel: result?.parcel ?? null }) },
  });
  return defineWorkflow({
    name: 'order',
    version: 1,
    input: Input,
    steps: [book, pay, ship],
    outcome: ({ resultOf }) => ({ outcome: 'shipped', reason: resultOf(ship).parcel }),
    ...(deadlineMs === undefined ? {} : { deadlineMs }),
  });
}
