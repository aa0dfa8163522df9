import type { BarsInfo } from '../../contracts/bars.ts';
import { GenerateRequest, type GenerateResult } from '../../contracts/effects/generate.ts';
import { ReasonRequest, type ReasonResult } from '../../contracts/effects/reason.ts';
import type { Clock } from '../../contracts/ports/clock.ts';
import type { StrategyStore } from '../../contracts/ports/stores.ts';
import type { Symbol } from '../../contracts/symbol.ts';
import type { EffectCall, EffectHandlers } from '../effects/effect-call.ts';
import type { Agent, AgentCall } from './agent.ts';

export interface AgentEffectsOptions {
  readonly agent: Agent;
  readonly clock: Clock;
  readonly strategies: StrategyStore;
  readonly barsInfo: (symbol: Symbol) => Promise<BarsInfo>;
}

/** The effects that ask the model. What it writes is kept as a draft before the step counts as done. */
export function agentEffects({ agent, clock, strategies, barsInfo }: AgentEffectsOptions): EffectHandlers {
  return {
    'agent.reason': async (request, call): Promise<ReasonResult> => {
      const asked = ReasonRequest.parse(request);
      return agent.reason({ ...asked, bars: await barsInfo(asked.symbol) }, agentCall(call));
    },

    'agent.generate': async (request, call): Promise<GenerateResult> => {
      const asked = GenerateRequest.parse(request);
      const result = await agent.generate({ ...asked, bars: await barsInfo(asked.symbol) }, agentCall(call));
      const { strategyId, version, code, codeSha256, author } = result;
      const now = clock.now();
      await strategies.put({
        strategyId,
        version,
        symbol: asked.symbol,
        idea: asked.idea,
        code,
        codeSha256,
        author,
        confidence: asked.plan.confidence,
        workflowId: call.workflowId,
        status: 'draft',
        createdAt: now,
        updatedAt: now,
      });
      return result;
    },
  };
}

/** The rate limit is nobody's fault: until the model is really asked, the step's time-out stands still. */
function agentCall(call: EffectCall): AgentCall {
  let admitted: () => void = () => undefined;
  void call.waiting(new Promise<void>((resolve) => (admitted = resolve)));
  return {
    signal: call.signal,
    onAdmitted: admitted,
    onReasoning: (text) => call.live('reasoning', text),
    onAnswer: (text) => call.live('answer', text),
  };
}
