import { StudyInput } from '../../contracts/api.ts';
import {
  AnalyseResult,
  ExplainResult,
  ReadStrategyResult,
  RefactorResult,
} from '../../contracts/effects/study.ts';
import { defineWorkflow, type StepRef, stepsOf } from '../engine/definition.ts';
import { judgeCode, type Judged } from '../judge-code.ts';
import { DEVELOP_TIMEOUT_MS, MODEL_TIMEOUT_MS, patientModelRetry } from '../model-steps.ts';

const step = stepsOf(StudyInput);
const SIGNAL_BARS = 1;

const read = step({
  name: 'read',
  effect: 'strategy.read',
  request: ({ input: { strategyId, version } }) => ({ strategyId, version }),
  result: ReadStrategyResult,
});

const judging = <R extends { readonly code: string }>(
  of: StepRef<R>,
  lookAhead: Judged<StudyInput>['lookAhead'],
) =>
  judgeCode(StudyInput, {
    code: ({ resultOf }) => resultOf(of).code,
    symbol: ({ resultOf }) => resultOf(read).symbol,
    signalBars: () => SIGNAL_BARS,
    lookAhead,
  });

const explain = step({
  name: 'explain',
  effect: 'agent.explain',
  request: ({ input: { seed, question }, resultOf }) => ({ ...resultOf(read), seed, question }),
  result: ExplainResult,
  timeoutMs: MODEL_TIMEOUT_MS,
  retry: patientModelRetry,
});

/** What a strategy does, for its reader. */
export const explainWorkflow = defineWorkflow({
  name: 'explain',
  version: 1,
  input: StudyInput,
  steps: [read, explain],
  outcome: () => ({ outcome: 'explained' }),
});

const asItIs = judging(read, 'is a result');
const analyse = step({
  name: 'analyse',
  effect: 'agent.analyse',
  request: ({ input: { seed }, resultOf }) => {
    const { bars, metrics } = resultOf(asItIs.backtest);
    return { ...resultOf(read), seed, bars, metrics, lookAhead: resultOf(asItIs.assess).lookAhead };
  },
  result: AnalyseResult,
  timeoutMs: MODEL_TIMEOUT_MS,
  retry: patientModelRetry,
});

/** What a fresh back-test says about a strategy. */
export const analyseWorkflow = defineWorkflow({
  name: 'analyse',
  version: 1,
  input: StudyInput,
  steps: [read, asItIs.validate, asItIs.backtest, asItIs.assess, analyse],
  outcome: () => ({ outcome: 'analysed' }),
});

const refactor = step({
  name: 'refactor',
  effect: 'agent.refactor',
  request: ({ input: { seed, goal, autoFix, maxAttempts, critique }, resultOf }) => ({
    ...resultOf(read),
    seed,
    goal,
    autoFix,
    maxAttempts,
    critique,
  }),
  result: RefactorResult,
  timeoutMs: DEVELOP_TIMEOUT_MS,
  retry: patientModelRetry,
  compensation: {
    effect: 'strategy.withdraw',
    request: (_, result) => ({ strategyId: result?.strategyId, version: result?.version }),
  },
});

const rewritten = judging(refactor, 'rejects');

/** The next version of a strategy: written, judged and measured like a new one, and left a draft. */
export const refactorWorkflow = defineWorkflow({
  name: 'refactor',
  version: 1,
  input: StudyInput,
  steps: [read, refactor, rewritten.validate, rewritten.backtest, rewritten.assess],
  outcome: ({ resultOf }) => ({
    outcome: 'refactored',
    reason: `version ${resultOf(refactor).version}, from version ${resultOf(refactor).parentVersion}`,
  }),
});
