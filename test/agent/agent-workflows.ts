import { z } from 'zod';
import { agentEffects } from '../../actors/agent/agent-effects.ts';
import type { Agent } from '../../actors/agent/agent.ts';
import type { EffectHandlers } from '../../actors/effects/effect-call.ts';
import { ReasonResult } from '../../contracts/effects/reason.ts';
import { systemClock } from '../../contracts/ports/clock.ts';
import type { Store } from '../../persistence/index.ts';
import { defineWorkflow, type RetryPolicy, stepsOf } from '../../workflows/engine/definition.ts';
import { aBarsInfo } from './agent-inputs.ts';

const Input = z.object({ idea: z.string() });
const step = stepsOf(Input);

/** So many questions one after the other, each with a seed of its own. */
export const asking = (questions: number, retry: Partial<RetryPolicy> = {}) =>
  defineWorkflow({
    name: 'asking',
    version: 1,
    input: Input,
    steps: Array.from({ length: questions }, (_, nth) =>
      step({
        name: `ask-${nth + 1}`,
        effect: 'agent.reason',
        request: ({ input: { idea } }) => ({ idea, symbol: 'SPX', seed: nth + 1 }),
        result: ReasonResult,
        timeoutMs: 60_000,
        retry: { maxAttempts: 8, initialMs: 5, factor: 1.5, maxMs: 50, ...retry },
      }),
    ),
    outcome: () => ({ outcome: 'asked' }),
  });

/** The agent's effects as the worker has them. */
export const effectsOf = (agent: Agent, store: Pick<Store, 'strategies'>): EffectHandlers =>
  agentEffects({ agent, clock: systemClock, strategies: store.strategies, barsInfo: async () => aBarsInfo });
