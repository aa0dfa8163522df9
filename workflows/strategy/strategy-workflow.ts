import { StrategyInput } from '../../contracts/api.ts';
import { CodeReview } from '../../contracts/code-review.ts';
import { AssessResult, BacktestStepResult } from '../../contracts/effects/backtest.ts';
import { GenerateResult } from '../../contracts/effects/generate.ts';
import { DecideResult, PublishResult } from '../../contracts/effects/publish.ts';
import { ReasonResult } from '../../contracts/effects/reason.ts';
import { strategyIdFrom } from '../../contracts/ids.ts';
import { defineWorkflow, type RetryPolicy, stepsOf, type StepContext } from '../engine/definition.ts';
import { blockedCode, decisionRequest, decisionRejection, lookAheadRejection, patient } from '../gates.ts';

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

/** What `decide` and `publish` both say of the run. */
function origin({ workflowId, input: { symbol, mode }, resultOf }: StepContext<StrategyInput>) {
  const { strategyId, version } = resultOf(generate);
  const { bars } = resultOf(backtest);
  const { confidence } = resultOf(reason);
  return { workflowId, strategyId, version, symbol, mode, timeframe: bars.timeframe, confidence };
}

const decide = step({
  name: 'decide',
  effect: 'router.decide',
  request: (context) => {
    const { metrics, candidates } = context.resultOf(backtest);
    const { codeRisk } = context.resultOf(validate);
    const lookAheadPassed = context.resultOf(assess).lookAhead.passed;
    return { ...origin(context), candidates, codeRisk, metrics, lookAheadPassed };
  },
  result: DecideResult,
  mayHaveHadEffect: true,
  compensation: {
    effect: 'router.release',
    retry: patient,
    request: ({ workflowId }, result) => ({ workflowId, reservationId: result?.reservationId ?? null }),
  },
  gate: decisionRejection,
  decision: (result, { input }) => decisionRequest(result, input.decision, input.mode),
});

function publication(context: StepContext<StrategyInput>) {
  const { candidates, reservationId } = context.resultOf(decide);
  const { author } = context.resultOf(generate);
  return { ...origin(context), candidates, reservationId, author, traceparent: context.traceparent };
}

const publish = step({
  name: 'publish',
  effect: 'router.publish',
  request: publication,
  result: PublishResult,
  retry: { nonRetryable: ['SIGNAL_CONFLICT'] },
  mayHaveHadEffect: true,
  compensation: { effect: 'router.retract', request: publication, retry: patient },
});

/** From an idea to published signals: reason → generate → validate → backtest → assess → decide → publish. */
export const strategyWorkflow = defineWorkflow({
  name: 'strategy',
  version: 1,
  input: StrategyInput,
  steps: [reason, generate, validate, backtest, assess, decide, publish],
  outcome: () => ({ outcome: 'published' }),
});
