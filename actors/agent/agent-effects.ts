import type { BarsInfo } from '../../contracts/bars.ts';
import { DevelopRequest, type DevelopResult } from '../../contracts/effects/develop.ts';
import { GenerateRequest, type GenerateResult } from '../../contracts/effects/generate.ts';
import { ReasonRequest, type ReasonResult } from '../../contracts/effects/reason.ts';
import {
  AnalyseRequest,
  type AnalyseResult,
  ExplainRequest,
  type ExplainResult,
  RefactorRequest,
  type RefactorResult,
} from '../../contracts/effects/study.ts';
import type { StrategyId, WorkflowId } from '../../contracts/ids.ts';
import type { Clock } from '../../contracts/ports/clock.ts';
import type { StoredStrategy, StrategyStore } from '../../contracts/ports/stores.ts';
import type { Symbol } from '../../contracts/symbol.ts';
import type { EffectCall, EffectHandlers } from '../effects/effect-call.ts';
import type { AgentCall } from './agent-call.ts';
import type { Agent } from './agent.ts';

export interface AgentEffectsOptions {
  readonly agent: Agent;
  readonly clock: Clock;
  readonly strategies: StrategyStore;
  readonly barsInfo: (symbol: Symbol) => Promise<BarsInfo>;
}

/** The effects that ask the model. What it writes is kept as a draft before the step counts as done. */
export function agentEffects({ agent, clock, strategies, barsInfo }: AgentEffectsOptions): EffectHandlers {
  /** Versions of refactorings are given out one after another. */
  let numbering: Promise<unknown> = Promise.resolve();

  return {
    'agent.reason': async (request, call): Promise<ReasonResult> => {
      const asked = ReasonRequest.parse(request);
      return agent.reason({ ...asked, bars: await barsInfo(asked.symbol) }, agentCall(call));
    },

    'agent.generate': async (request, call): Promise<GenerateResult> => {
      const asked = GenerateRequest.parse(request);
      const result = await agent.generate({ ...asked, bars: await barsInfo(asked.symbol) }, agentCall(call));
      const { confidence } = asked.plan;
      await keepDraft(result, { ...asked, confidence, workflowId: call.workflowId });
      return result;
    },

    'agent.develop': async (request, call): Promise<DevelopResult> => {
      const asked = DevelopRequest.parse(request);
      const result = await agent.develop({ ...asked, bars: await barsInfo(asked.symbol) }, agentCall(call));
      const { confidence } = asked.plan;
      await keepDraft(result, { ...asked, confidence, workflowId: call.workflowId });
      return result;
    },

    'agent.explain': async (request, call): Promise<ExplainResult> =>
      agent.explain(ExplainRequest.parse(request), agentCall(call)),

    'agent.analyse': async (request, call): Promise<AnalyseResult> =>
      agent.analyse(AnalyseRequest.parse(request), agentCall(call)),

    'agent.refactor': async (request, call): Promise<RefactorResult> => {
      const asked = RefactorRequest.parse(request);
      const input = { ...asked, bars: await barsInfo(asked.symbol) };
      const result = await agent.refactor(input, asked.version + 1, agentCall(call));
      const about = { ...asked, workflowId: call.workflowId, parentVersion: asked.version };
      const mine = numbering.then(async () => {
        const version = await nextVersion(asked.strategyId, call.workflowId);
        await keepDraft({ ...result, version }, about);
        return { ...result, version };
      });
      numbering = mine.catch(() => undefined);
      return mine;
    },
  };

  /** The one that this workflow took before a crash, else the first that is free. */
  async function nextVersion(strategyId: StrategyId, workflowId: WorkflowId): Promise<number> {
    const versions = await strategies.versions(strategyId);
    const own = versions.find((strategy) => strategy.workflowId === workflowId);
    return own?.version ?? Math.max(0, ...versions.map(({ version }) => version)) + 1;
  }

  async function keepDraft(
    { strategyId, version, code, codeSha256, author }: GenerateResult,
    {
      symbol,
      idea,
      confidence,
      workflowId,
      parentVersion,
    }: Pick<StoredStrategy, 'idea' | 'confidence' | 'workflowId' | 'parentVersion'> & {
      readonly symbol: Symbol;
    },
  ): Promise<void> {
    const now = clock.now();
    await strategies.put({
      strategyId,
      version,
      symbol,
      idea,
      code,
      codeSha256,
      author,
      confidence,
      workflowId,
      ...(parentVersion === undefined ? {} : { parentVersion }),
      status: 'draft',
      createdAt: now,
      updatedAt: now,
    });
  }
}

const agentCall = (call: EffectCall): AgentCall => ({
  workflowId: call.workflowId,
  step: call.step,
  stepAttempt: call.attempt,
  priority: call.priority,
  signal: call.signal,
  waiting: call.waiting,
  onReasoning: (text) => call.live('reasoning', text),
  onAnswer: (text) => call.live('answer', text),
  onOutput: (text) => call.live('output', text),
});
