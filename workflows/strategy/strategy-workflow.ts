import { StrategyInput } from '../../contracts/api.ts';
import { DevelopResult } from '../../contracts/effects/develop.ts';
import { GenerateResult } from '../../contracts/effects/generate.ts';
import { ReasonResult } from '../../contracts/effects/reason.ts';
import { strategyIdFrom } from '../../contracts/ids.ts';
import { decideAndPublish } from '../decide-and-publish.ts';
import {
  type AnyWorkflow,
  defineWorkflow,
  type StepContext,
  type StepDefinition,
  type StepRef,
  stepsOf,
} from '../engine/definition.ts';
import { judgeCode } from '../judge-code.ts';
import { DEVELOP_TIMEOUT_MS, MODEL_TIMEOUT_MS, modelRetry, patientModelRetry } from '../model-steps.ts';

const step = stepsOf(StrategyInput);
const FIRST_VERSION = 1;

const reason = step({
  name: 'reason',
  effect: 'agent.reason',
  request: ({ input: { idea, symbol, seed } }) => ({ idea, symbol, seed }),
  result: ReasonResult,
  timeoutMs: MODEL_TIMEOUT_MS,
  retry: modelRetry,
});

const toWrite = ({ input: { idea, symbol, seed }, workflowId, resultOf }: StepContext<StrategyInput>) => {
  const { view, plan, confidence } = resultOf(reason);
  const strategyId = strategyIdFrom(workflowId);
  return { idea, symbol, seed, strategyId, version: FIRST_VERSION, plan: { view, plan, confidence } };
};

const withdraw = {
  mayHaveHadEffect: true,
  compensation: {
    effect: 'strategy.withdraw',
    request: ({ workflowId }: StepContext<StrategyInput>) => ({
      strategyId: strategyIdFrom(workflowId),
      version: FIRST_VERSION,
    }),
  },
} as const;

/** Version 1: one answer; code that does not pass ends the run. */
const generateOnce = step({
  name: 'generate',
  effect: 'agent.generate',
  request: toWrite,
  result: GenerateResult,
  timeoutMs: MODEL_TIMEOUT_MS,
  retry: modelRetry,
  ...withdraw,
});

/** Version 2: the model mends what the validator or a run on a slice of the bars finds. */
const generateAndFix = step({
  name: 'generate',
  effect: 'agent.develop',
  request: (context) => {
    const { autoFix, maxAttempts, critique } = context.input;
    return { ...toWrite(context), autoFix, maxAttempts, critique };
  },
  result: DevelopResult,
  timeoutMs: DEVELOP_TIMEOUT_MS,
  retry: patientModelRetry,
  ...withdraw,
});

/** From an idea to published signals: reason → generate → validate → backtest → assess → decide → publish. */
function strategyWorkflowOf(
  version: number,
  reasonStep: typeof reason,
  generate: StepDefinition<StrategyInput> & StepRef<GenerateResult>,
): AnyWorkflow {
  const { validate, backtest, assess } = judgeCode(StrategyInput, {
    code: ({ resultOf }) => resultOf(generate).code,
    symbol: ({ input }) => input.symbol,
    signalBars: ({ input }) => input.signalBars,
    lookAhead: 'rejects',
  });

  const [decide, publish] = decideAndPublish(StrategyInput, {
    origin: ({ workflowId, input: { symbol, mode }, resultOf }) => {
      const { strategyId, version: written } = resultOf(generate);
      const { timeframe } = resultOf(backtest).bars;
      const { confidence } = resultOf(reasonStep);
      return { workflowId, strategyId, version: written, symbol, mode, timeframe, confidence };
    },
    run: ({ resultOf }) => {
      const { metrics, candidates } = resultOf(backtest);
      const lookAheadPassed = resultOf(assess).lookAhead.passed;
      return { candidates, codeRisk: resultOf(validate).codeRisk, metrics, lookAheadPassed };
    },
    author: ({ resultOf }) => resultOf(generate).author,
    decision: (input) => input.decision,
  });

  return defineWorkflow({
    name: 'strategy',
    version,
    input: StrategyInput,
    steps: [reasonStep, generate, validate, backtest, assess, decide, publish],
    outcome: () => ({ outcome: 'published' }),
  });
}

const patientReason = { ...reason, retry: { ...reason.retry, ...patientModelRetry } };

export const strategyWorkflow1 = strategyWorkflowOf(1, reason, generateOnce);
export const strategyWorkflow2 = strategyWorkflowOf(2, patientReason, generateAndFix);
