import type { z } from 'zod';
import type { Author } from '../contracts/author.ts';
import type { StrategyInput } from '../contracts/api.ts';
import {
  type DecideRequest,
  DecideResult,
  type PublishRequest,
  PublishResult,
} from '../contracts/effects/publish.ts';
import { type StepContext, stepsOf } from './engine/definition.ts';
import { decisionRejection, decisionRequest, patient } from './gates.ts';

type Origin = Omit<DecideRequest, 'candidates' | 'codeRisk' | 'metrics' | 'lookAheadPassed'>;

/** What the two steps need to know of the workflow that they end. */
export interface Ending<I> {
  /** Whose signals they are. */
  readonly origin: (context: StepContext<I>) => Origin;
  readonly run: (
    context: StepContext<I>,
  ) => Pick<DecideRequest, 'candidates' | 'codeRisk' | 'metrics' | 'lookAheadPassed'>;
  readonly author: (context: StepContext<I>) => Author;
  readonly decision: (input: I) => StrategyInput['decision'];
  /** The incoming signal that is answered. */
  readonly answers?: (input: I) => PublishRequest['answers'];
}

/** The last two steps of every trading workflow: score the run and ask the gates and perhaps a person; then send, once. */
export function decideAndPublish<I>(input: z.ZodType<I>, ending: Ending<I>) {
  const step = stepsOf(input);
  const decide = step({
    name: 'decide',
    effect: 'router.decide',
    request: (context) => ({ ...ending.origin(context), ...ending.run(context) }),
    result: DecideResult,
    mayHaveHadEffect: true,
    compensation: {
      effect: 'router.release',
      retry: patient,
      request: ({ workflowId }, result) => ({ workflowId, reservationId: result?.reservationId ?? null }),
    },
    gate: decisionRejection,
    decision: (result, context) =>
      decisionRequest(result, ending.decision(context.input), ending.origin(context).mode),
  });

  const publication = (context: StepContext<I>): PublishRequest => {
    const { candidates, reservationId } = context.resultOf(decide);
    return {
      ...ending.origin(context),
      candidates,
      reservationId,
      author: ending.author(context),
      traceparent: context.traceparent,
      answers: ending.answers?.(context.input),
    };
  };
  const publish = step({
    name: 'publish',
    effect: 'router.publish',
    request: publication,
    result: PublishResult,
    retry: { nonRetryable: ['SIGNAL_CONFLICT'] },
    mayHaveHadEffect: true,
    compensation: { effect: 'router.retract', request: publication, retry: patient },
  });
  return [decide, publish] as const;
}
