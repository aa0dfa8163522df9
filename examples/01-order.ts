// Steps, retries and compensations: an order whose parcel cannot be sent is paid back and its stock put back.
//
//   node --import tsx examples/01-order.ts
//
// The last line is {state, undone}.
import { z } from 'zod';
import type { EffectHandlers } from '../actors/effects/effect-call.ts';
import { TradewrightError } from '../contracts/errors.ts';
import { isTerminal } from '../contracts/workflow-view.ts';
import { defineWorkflow, nodesOf } from '../workflows/engine/index.ts';
import { openEngine, withFolder } from './open-engine.ts';

const Order = z.object({ item: z.string(), cents: z.number().int().positive() });
const { step } = nodesOf(Order);

const reserve = step({
  name: 'reserve',
  effect: 'stock.reserve',
  request: ({ input }) => ({ item: input.item }),
  result: z.object({ shelf: z.string() }),
  // Registered before the step runs; it gets the step's result, after a restart too.
  compensation: { effect: 'stock.release', request: (_, result) => ({ shelf: result?.shelf ?? null }) },
});

const charge = step({
  name: 'charge',
  effect: 'card.charge',
  request: ({ input }) => ({ cents: input.cents }),
  result: z.object({ receipt: z.string() }),
  timeoutMs: 5_000,
  retry: { maxAttempts: 5, initialMs: 50, factor: 2, maxMs: 1_000, jitter: 0.2, totalMs: 20_000 },
  // A charge that timed out may have gone through: it is paid back as well.
  mayHaveHadEffect: true,
  compensation: { effect: 'card.refund', request: (_, result) => ({ receipt: result?.receipt ?? null }) },
});

const send = step({
  name: 'send',
  effect: 'post.send',
  request: ({ resultOf }) => ({ from: resultOf(reserve).shelf }),
  result: z.object({ parcel: z.string() }),
});

const order = defineWorkflow({
  name: 'order',
  version: 1,
  input: Order,
  steps: [reserve, charge, send],
  outcome: ({ resultOf }) => ({ outcome: 'sent', reason: resultOf(send).parcel }),
  deadlineMs: 60_000,
});

const effects: EffectHandlers = {
  'stock.reserve': async () => ({ shelf: 'B7' }),
  'stock.release': async () => ({}),
  'card.charge': async (_, { attempt, idempotencyKey }) => {
    if (attempt < 3) throw new TradewrightError('NOT_READY', 'the bank is busy');
    return { receipt: `receipt for ${idempotencyKey}` };
  },
  'card.refund': async () => ({}),
  // A terminal error: trying again cannot help.
  'post.send': async () => {
    throw new TradewrightError('INPUT_INVALID', 'no such street');
  },
};

await withFolder(async (folder) => {
  const engine = await openEngine(folder, [order], effects);
  const workflowId = await engine.start(order, 'order-1', { item: 'lamp', cents: 4_900 });
  const { state, compensations } = await engine.until(workflowId, (view) => isTerminal(view.state));
  await engine.close();
  console.log(JSON.stringify({ state, undone: compensations.map(({ step: name }) => name) }));
});
