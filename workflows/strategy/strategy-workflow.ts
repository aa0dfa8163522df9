import { StrategyInput } from '../../contracts/api.ts';
import { CodeReview } from '../../contracts/code-review.ts';
import { AssessResult, BacktestStepResult } from '../../contracts/effects/backtest.ts';
import { GenerateResult } from '../../contracts/effects/generate.ts';
import { ReasonResult } from '../../contracts/effects/reason.ts';
import { strategyIdFrom } from '../../contracts/ids.ts';
import { decideAndPublish } from '../decide-and-publish.ts';
import { defineWorkflow, type RetryPolicy, stepsOf } from '../engine/definition.ts';
import { blockedCode, lookAheadRejection } from '../gates.ts';

const step = stepsOf(StrategyInput);
const FIRST_VERSION = 1;

/** Models fail for minutes at a time: more attempts, further apart. */
const modelRetry: Partial<RetryPolicy> = { maxAttempts: 6, maxMs: 30_000 };
const MODEL_TIMEOUT_MS = 300_000;

const reason = step({
  name: 'reason',
  effect: 'agent.reason',
  request: ({ input: { idea, symbol, seed } }) => ({ idea, symbol, seed }),
  result: ReasonResult,
  timeoutMs: MODEL_TIMEOUT_MS,
  retry: modelRetry,
});

const generate = step({
  name: 'generate',
  effect: 'agent.generate',
  request: ({ input: { idea, symbol, seed }, workflowId, resultOf }) => {
    const { view, plan, confidence } = resultOf(reason);
    const strategyId = strategyIdFrom(workflowId);
    return { idea, symbol, seed, strategyId, version: FIRST_VERSION, plan: { view, plan, confidence } };
  },
  result: GenerateResult,
  timeoutMs: MODEL_TIMEOUT_MS,
  retry: modelRetry,
  mayHaveHadEffect: true,
  compensation: {
    effect: 'strategy.withdraw',
    request: ({ workflowId }) => ({ strategyId: strategyIdFrom(workflowId), version: FIRST_VERSION }),
  },
});

const validate = step({
  name: 'validate',
  effect: 'sandbox.review',
  request: ({ resultOf }) => ({ code: resultOf(generate).code }),
  result: CodeReview,
  timeoutMs: 10_000,
  gate: blockedCode,
});

const backtest = step({
  name: 'backtest',
  effect: 'sandbox.backtest',
  request: ({ input: { symbol, signalBars }, resultOf }) => ({
    code: resultOf(generate).code,
    symbol,
    signalBars,
  }),
  result: BacktestStepResult,
  timeoutMs: 60_000,
});

const assess = step({
  name: 'assess',
  effect: 'sandbox.assess',
  request: ({ input: { symbol }, resultOf }) => {
    const { positions, warmupBars } = resultOf(backtest);
    return { code: resultOf(generate).code, symbol, positions, warmupBars };
  },
  result: AssessResult,
  timeoutMs: 120_000,
  gate: lookAheadRejection,
});

const [decide, publish] = decideAndPublish(StrategyInput, {
  origin: ({ workflowId, input: { symbol, mode }, resultOf }) => {
    const { strategyId, version } = resultOf(generate);
    const { timeframe } = resultOf(backtest).bars;
    return {
      workflowId,
      strategyId,
      version,
      symbol,
      mode,
      timeframe,
      confidence: resultOf(reason).confidence,
    };
  },
  run: ({ resultOf }) => {
    const { metrics, candidates } = resultOf(backtest);
    const lookAheadPassed = resultOf(assess).lookAhead.passed;
    return { candidates, codeRisk: resultOf(validate).codeRisk, metrics, lookAheadPassed };
  },
  author: ({ resultOf }) => resultOf(generate).author,
  decision: (input) => input.decision,
});

/** From an idea to published signals: reason → generate → validate → backtest → assess → decide → publish. */
export const strategyWorkflow = defineWorkflow({
  name: 'strategy',
  version: 1,
  input: StrategyInput,
  steps: [reason, generate, validate, backtest, assess, decide, publish],
  outcome: () => ({ outcome: 'published' }),
});
