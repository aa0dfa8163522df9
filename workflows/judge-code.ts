import type { z } from 'zod';
import { CodeReview } from '../contracts/code-review.ts';
import { AssessResult, BacktestStepResult } from '../contracts/effects/backtest.ts';
import { type Rejection, type StepContext, stepsOf } from './engine/definition.ts';
import { blockedCode, lookAheadRejection } from './gates.ts';

/** Where the judging steps find what they ask with. */
export interface Judged<I> {
  readonly code: (context: StepContext<I>) => string;
  readonly symbol: (context: StepContext<I>) => string;
  readonly signalBars: (context: StepContext<I>) => number;
  /** A price seen after the last bar. */
  readonly observation?: (context: StepContext<I>) => {
    readonly time: number | string;
    readonly price: number;
  };
  readonly backtestGate?: (result: BacktestStepResult, context: StepContext<I>) => Rejection | undefined;
  /** Whether a strategy that looks ahead ends the workflow, or is only told of. */
  readonly lookAhead: 'rejects' | 'is a result';
}

/** The steps that every workflow judges code with: validate, back-test, assess. */
export function judgeCode<I>(input: z.ZodType<I>, judged: Judged<I>) {
  const { code, symbol, signalBars, observation, backtestGate, lookAhead } = judged;
  const step = stepsOf(input);
  const seen = (context: StepContext<I>): object =>
    observation ? { observation: observation(context) } : {};
  const validate = step({
    name: 'validate',
    effect: 'sandbox.review',
    request: (context) => ({ code: code(context) }),
    result: CodeReview,
    timeoutMs: 10_000,
    gate: blockedCode,
  });
  const backtest = step({
    name: 'backtest',
    effect: 'sandbox.backtest',
    request: (context) => ({
      code: code(context),
      symbol: symbol(context),
      signalBars: signalBars(context),
      ...seen(context),
    }),
    result: BacktestStepResult,
    timeoutMs: 60_000,
    ...(backtestGate && { gate: backtestGate }),
  });
  const assess = step({
    name: 'assess',
    effect: 'sandbox.assess',
    request: (context) => {
      const { positions, warmupBars } = context.resultOf(backtest);
      return { code: code(context), symbol: symbol(context), positions, warmupBars, ...seen(context) };
    },
    result: AssessResult,
    timeoutMs: 120_000,
    ...(lookAhead === 'rejects' && { gate: lookAheadRejection }),
  });
  return { validate, backtest, assess };
}
