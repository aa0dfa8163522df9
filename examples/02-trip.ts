// A parallel group, a durable timer and a person's decision, with the program restarted in the middle.
//
//   node --import tsx examples/02-trip.ts
//
// The last line is {state, outcome, reason}.
import { z } from 'zod';
import type { EffectHandlers } from '../actors/effects/effect-call.ts';
import { isTerminal } from '../contracts/workflow-view.ts';
import { defineWorkflow, nodesOf } from '../workflows/engine/index.ts';
import { openEngine, withFolder } from './open-engine.ts';

const Trip = z.object({ to: z.string(), coolOffMs: z.number() });
const { step, parallel, sleepUntil, waitForDecision } = nodesOf(Trip);
const Booking = z.object({ price: z.number() });

const flight = step({
  name: 'flight',
  effect: 'book.flight',
  request: ({ input }) => ({ to: input.to }),
  result: Booking,
  compensation: { effect: 'book.cancel', request: () => ({ what: 'flight' }) },
});
const hotel = step({
  name: 'hotel',
  effect: 'book.hotel',
  request: ({ input }) => ({ in: input.to }),
  result: Booking,
  // Silence for that long is a stall, and the step is tried again.
  heartbeatMs: 1_000,
  compensation: { effect: 'book.cancel', request: () => ({ what: 'hotel' }) },
});
const approval = waitForDecision('approval', {
  deadlineMs: 60_000,
  onDeadline: 'reject',
  summary: ({ resultOf }) => ({ total: resultOf(flight).price + resultOf(hotel).price }),
});

const trip = defineWorkflow({
  name: 'trip',
  version: 1,
  input: Trip,
  steps: [
    parallel('bookings', [flight, hotel]),
    sleepUntil('cool-off', ({ input }, now) => now + input.coolOffMs),
    approval,
  ],
  outcome: ({ resultOf }) => ({ outcome: 'booked', reason: `approved by ${resultOf(approval).by}` }),
});

const effects: EffectHandlers = {
  'book.flight': async () => ({ price: 320 }),
  'book.hotel': async (_, { heartbeat }) => {
    heartbeat();
    return { price: 410 };
  },
  'book.cancel': async () => ({}),
};

await withFolder(async (folder) => {
  const before = await openEngine(folder, [trip], effects);
  const workflowId = await before.start(trip, 'trip-1', { to: 'Lisbon', coolOffMs: 300 });
  await before.until(workflowId, ({ state }) => state === 'WAITING');
  await before.close();
  console.log('     … the program ends while the timer runs, and is started again …');

  const after = await openEngine(folder, [trip], effects);
  const { decision } = await after.until(workflowId, (view) => view.decision !== undefined);
  console.log('     a person is asked:', decision?.summary);
  await after.sagas.command(workflowId, { type: 'decide', verdict: 'approve', by: 'ada', reason: '' }, 'ada');
  const { state, outcome, reason } = await after.until(workflowId, (view) => isTerminal(view.state));
  await after.close();
  console.log(JSON.stringify({ state, outcome, reason }));
});
