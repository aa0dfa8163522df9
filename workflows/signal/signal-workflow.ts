import { SignalInput } from '../../contracts/api.ts';
import { AcceptSignalResult } from '../../contracts/effects/incoming-signal.ts';
import { SelectStrategyResult } from '../../contracts/effects/strategy-library.ts';
import type { SignalIn } from '../../contracts/signal.ts';
import { decideAndPublish } from '../decide-and-publish.ts';
import { defineWorkflow, type Rejection, stepsOf, type StepContext } from '../engine/definition.ts';
import { patient } from '../gates.ts';
import { judgeCode } from '../judge-code.ts';

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

const { validate, backtest, assess } = judgeCode(SignalInput, {
  code: (context) => selected(context).code,
  symbol: ({ input }) => input.signal.symbol,
  signalBars: () => 1,
  observation: ({ input: { signal } }) => ({ time: signal.time, price: signal.price }),
  backtestGate: ({ candidates }, { input: { signal } }) =>
    disagreement(signal, candidates.at(-1)?.targetPosition ?? 0),
  lookAhead: 'rejects',
});

/** A buy that the strategy does not want long, or a sale that it wants long, goes no further. */
function disagreement({ action }: SignalIn, target: number): Rejection | undefined {
  const against = (action === 'buy' && target <= 0) || (action === 'sell' && target > 0);
  return against
    ? { code: 'STRATEGY_DISAGREES', reason: `the signal says ${action}; the strategy's target is ${target}` }
    : undefined;
}

const [decide, publish] = decideAndPublish(SignalInput, {
  origin: (context) => {
    const { workflowId, input, resultOf } = context;
    const { strategyId, version, ...strategy } = selected(context);
    const { symbol, mode } = input.signal;
    const { timeframe } = resultOf(backtest).bars;
    // The strategy's and the signal's confidence both count: the weaker one limits.
    const confidence = Math.min(strategy.confidence, input.signal.confidence);
    return { workflowId, strategyId, version, symbol, mode, timeframe, confidence };
  },
  run: ({ resultOf }) => {
    const { metrics, candidates } = resultOf(backtest);
    const lookAheadPassed = resultOf(assess).lookAhead.passed;
    return {
      candidates: candidates.slice(-1),
      codeRisk: resultOf(validate).codeRisk,
      metrics,
      lookAheadPassed,
    };
  },
  author: (context) => selected(context).author,
  decision: (input) => input.decision,
  answers: (input) => input.signal,
});

/** From an incoming trade signal to an outgoing one or a stated refusal, through the symbol's active strategy. */
export const signalWorkflow = defineWorkflow({
  name: 'signal',
  version: 1,
  input: SignalInput,
  steps: [accept, select, validate, backtest, assess, decide, publish],
  outcome: () => ({ outcome: 'published' }),
});
