import { z } from 'zod';
import type { EffectHandlers } from '../../actors/effects/effect-call.ts';
import { TradewrightError } from '../../contracts/errors.ts';
import { defineWorkflow, nodesOf } from '../../workflows/engine/index.ts';
import type { AnyWorkflow } from '../../workflows/engine/definition.ts';
import type { Calls } from './recorder.ts';

export const Input = z.object({ ends: z.enum(['well', 'badly']) });
export type Input = z.infer<typeof Input>;

const Receipt = z.object({ id: z.string() });
const { step, parallel } = nodesOf(Input);

const bookable = (name: string) =>
  step({
    name,
    effect: 'crash.do',
    request: () => ({ step: name }),
    result: Receipt,
    retry: { maxAttempts: 3, initialMs: 20, maxMs: 20 },
    compensation: {
      effect: 'crash.undo',
      request: (_, result) => ({ step: name, id: result?.id }),
      retry: { maxAttempts: 3, initialMs: 20, maxMs: 20 },
    },
  });

/** Six steps: one, two side by side, one that is retried, one, and one that fails for good where it is to end badly. */
export const crashWorkflow: AnyWorkflow = defineWorkflow({
  name: 'crash',
  version: 1,
  input: Input,
  steps: [
    bookable('reserve'),
    parallel('bookings', [bookable('flight'), bookable('hotel')]),
    bookable('insure'),
    bookable('pay'),
    step({
      name: 'issue',
      effect: 'crash.do',
      request: ({ input }) => ({ step: 'issue', refuse: input.ends === 'badly' }),
      result: Receipt,
    }),
  ],
  outcome: () => ({ outcome: 'issued' }),
});

const Request = z.object({ step: z.string(), refuse: z.boolean().default(false), id: z.string().optional() });

/** The raw calls are made where they are recorded: outside of the process that is killed. */
export function crashEffects(calls: Calls): EffectHandlers {
  const perform = async (kind: 'do' | 'undo', request: unknown, key: string): Promise<{ id: string }> => {
    const { step: name, refuse, id } = Request.parse(request);
    const answer = await calls.call({ kind, step: name, key, ...(id === undefined ? {} : { id }) });
    if (refuse) throw new TradewrightError('INPUT_INVALID', 'no ticket is left');
    if (answer === 'failed') throw new TradewrightError('NATS_UNAVAILABLE', 'the insurer is away');
    return { id: `${name}-1` };
  };
  return {
    'crash.do': (request, { idempotencyKey }) => perform('do', request, idempotencyKey),
    'crash.undo': (request, { idempotencyKey }) => perform('undo', request, idempotencyKey),
  };
}
