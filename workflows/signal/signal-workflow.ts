import { SignalInput } from '../../contracts/api.ts';
import { CodeReview } from '../../contracts/code-review.ts';
import { AssessResult, BacktestStepResult } from '../../contracts/effects/backtest.ts';
import { AcceptSignalResult } from '../../contracts/effects/incoming-signal.ts';
import { DecideResult, PublishResult } from '../../contracts/effects/publish.ts';
import { SelectStrategyResult } from '../../contracts/effects/strategy-library.ts';
import type { SignalIn } from '../../contracts/signal.ts';
import { defineWorkflow, type Rejection, stepsOf, type StepContext } from '../engine/definition.ts';
import { blockedCode, decisionRejection, decisionRequest, lookAheadRejection, patient } from '../gates.ts';

const step = stepsOf(SignalInput);

/** Undone last: whatever ends the workflow early, the sender of the signal is told why. */
const accept = step({
  name: 'accept',
  effect: 'signal.accept',
  request: ({ input: { signal } }) => ({ signal }),
  result: AcceptSignalResult,
  mayHaveHadEffect: true,
  compensation: {
    effect: 'router.refuse',
    retry: patient,
    request: ({ workflowId, input: { signal }, undoing }) => ({
      workflowId,
      signal,
      code: undoing?.code ?? 'INTERNAL',
      reason: undoing?.reason ?? 'no reason was recorded',
    }),
  },
  gate: ({ accepted, why }) => (accepted ? undefined : { code: 'SIGNAL_STALE', reason: why }),
});

const select = step({
  name: 'select',
  effect: 'strategy.select',
  request: ({ input: { signal } }) => ({ symbol: signal.symbol }),
  result: SelectStrategyResult,
  gate: ({ strategy }, { input: { signal } }) =>
    strategy
      ? undefined
      : {
          code: 'STRATEGY_NOT_FOUND',
          reason: `no active strategy exists for ${signal.symbol}: make one first`,
        },
});

function selected({ resultOf }: StepContext<SignalInput>) {
  const { strategy } = resultOf(select);
  if (!strategy) throw new Error('the select gate let a workflow pass without a strategy');
  return strategy;
}

const observation = ({ signal }: SignalInput) => ({ time: signal.time, price: signal.price });

const validate = step({
  name: 'validate',
  effect: 'sandbox.review',
  request: (context) => ({ code: selected(context).code }),
  result: CodeReview,
  timeoutMs: 10_000,
  gate: blockedCode,
});

const backtest = step({
  name: 'backtest',
  effect: 'sandbox.backtest',
  request: (context) => ({
    code: selected(context).code,
    symbol: context.input.signal.symbol,
    signalBars: 1,
    observation: observation(context.input),
  }),
  result: BacktestStepResult,
  timeoutMs: 60_000,
  gate: ({ candidates }, { input: { signal } }) =>
    disagreement(signal, candidates.at(-1)?.targetPosition ?? 0),
});

/** A buy that the strategy does not want long, or a sale that it wants long, goes no further. */
function disagreement({ action }: SignalIn, target: number): Rejection | undefined {
  const against = (action === 'buy' && target <= 0) || (action === 'sell' && target > 0);
  return against
    ? { code: 'STRATEGY_DISAGREES', reason: `the signal says ${action}; the strategy's target is ${target}` }
    : undefined;
}

const assess = step({
  name: 'assess',
  effect: 'sandbox.assess',
  request: (context) => {
    const { positions, warmupBars } = context.resultOf(backtest);
    const { code } = selected(context);
    const { symbol } = context.input.signal;
    return {
      code,
      symbol,
      positions,
      warmupBars,
      observation: observation(context.input),
    };
  },
  result: AssessResult,
  timeoutMs: 120_000,
  gate: lookAheadRejection,
});

/** The strategy's and the signal's confidence both count: the weaker one limits. */
function origin(context: StepContext<SignalInput>) {
  const { workflowId, input, resultOf } = context;
  const { strategyId, version, confidence } = selected(context);
  const { symbol, mode } = input.signal;
  const { timeframe } = resultOf(backtest).bars;
  return {
    workflowId,
    strategyId,
    version,
    symbol,
    mode,
    timeframe,
    confidence: Math.min(confidence, input.signal.confidence),
  };
}

const decide = step({
  name: 'decide',
  effect: 'router.decide',
  request: (context) => {
    const { metrics, candidates } = context.resultOf(backtest);
    const { codeRisk } = context.resultOf(validate);
    const lookAheadPassed = context.resultOf(assess).lookAhead.passed;
    return { ...origin(context), candidates: candidates.slice(-1), codeRisk, metrics, lookAheadPassed };
  },
  result: DecideResult,
  mayHaveHadEffect: true,
  compensation: {
    effect: 'router.release',
    retry: patient,
    request: ({ workflowId }, result) => ({ workflowId, reservationId: result?.reservationId ?? null }),
  },
  gate: decisionRejection,
  decision: (result, { input }) => decisionRequest(result, input.decision, input.signal.mode),
});

function publication(context: StepContext<SignalInput>) {
  const { candidates, reservationId } = context.resultOf(decide);
  const { author } = selected(context);
  const { traceparent, input } = context;
  return { ...origin(context), candidates, reservationId, author, traceparent, answers: input.signal };
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

/** From an incoming trade signal to an outgoing one or a stated refusal, through the symbol's active strategy. */
export const signalWorkflow = defineWorkflow({
  name: 'signal',
  version: 1,
  input: SignalInput,
  steps: [accept, select, validate, backtest, assess, decide, publish],
  outcome: () => ({ outcome: 'published' }),
});
