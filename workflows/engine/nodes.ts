import { z } from 'zod';
import { DecisionVerdict } from '../../contracts/workflow-event.ts';
import { checkName, invalid } from './checks.ts';
import { type StepContext, type StepDefinition, type StepRef, stepsOf } from './definition.ts';

/** Waits for an instant, durably: a worker that is away at that time fires it when it is back. */
export interface SleepDefinition<I> {
  readonly kind: 'sleep';
  readonly name: string;
  /** Milliseconds since the epoch; asked once, when the node is reached at `now`. */
  readonly until: (context: StepContext<I>, now: number) => number;
}

/** What a person (or, past the deadline, `by: 'deadline'`) decided. */
export const DecisionResult = z.object({ verdict: DecisionVerdict, by: z.string(), reason: z.string() });
export type DecisionResult = z.infer<typeof DecisionResult>;

/** Waits for a person, durably. A rejection ends the workflow as COMPLETED, `rejected`, after undoing what was done. */
export interface DecisionDefinition<I> extends StepRef<DecisionResult> {
  readonly kind: 'decision';
  /** How long a person has; 0 takes `onDeadline` at once. */
  readonly deadlineMs: number;
  readonly onDeadline: 'approve' | 'reject';
  /** What the person is shown. */
  readonly summary: (context: StepContext<I>) => unknown;
}

/** Branches that start together; done when all are. One that fails for good stops the others. */
export interface ParallelDefinition<I> {
  readonly kind: 'parallel';
  readonly name: string;
  readonly branches: readonly (StepDefinition<I> | SleepDefinition<I>)[];
}

/** Runs its nodes again and again. In a later round `resultOf` gives a step's last result until there is a new one. */
export interface LoopDefinition<I> {
  readonly kind: 'loop';
  readonly name: string;
  /** Rounds in all, the first one included. */
  readonly atMost: number;
  /** Asked after each round. */
  readonly again: (context: StepContext<I>) => boolean;
  readonly nodes: readonly NodeDefinition<I>[];
}

/** What has a state of its own in a running workflow. */
export type LeafDefinition<I> = StepDefinition<I> | SleepDefinition<I> | DecisionDefinition<I>;
export type NodeDefinition<I> = LeafDefinition<I> | ParallelDefinition<I> | LoopDefinition<I>;

/** All that a definition is built of, for workflows with this input. */
export function nodesOf<I>(input: z.ZodType<I>) {
  return {
    step: stepsOf(input),

    sleepUntil: (name: string, until: SleepDefinition<I>['until']): SleepDefinition<I> => {
      checkName('timer name', name);
      return { kind: 'sleep', name, until };
    },

    waitForDecision: (
      name: string,
      draft: Pick<DecisionDefinition<I>, 'deadlineMs' | 'onDeadline' | 'summary'>,
    ): DecisionDefinition<I> => {
      checkName('decision name', name);
      if (!(draft.deadlineMs >= 0)) invalid(`decision ${name}: deadlineMs must be ≥ 0`);
      return { kind: 'decision', name, result: DecisionResult, ...draft };
    },

    parallel: (name: string, branches: ParallelDefinition<I>['branches']): ParallelDefinition<I> => {
      checkName('group name', name);
      if (branches.length === 0) invalid(`group ${name} has no branches`);
      for (const branch of branches) {
        if (branch.kind === 'step' && branch.decision)
          invalid(`group ${name}: ${branch.name} asks for a decision; ask after the group`);
      }
      return { kind: 'parallel', name, branches };
    },

    loop: (
      name: string,
      draft: Pick<LoopDefinition<I>, 'atMost' | 'again'> & { readonly steps: readonly NodeDefinition<I>[] },
    ): LoopDefinition<I> => {
      checkName('loop name', name);
      const { atMost, again, steps } = draft;
      if (!Number.isInteger(atMost) || atMost < 1) invalid(`loop ${name}: atMost must be a whole number ≥ 1`);
      if (steps.length === 0) invalid(`loop ${name} has no steps`);
      return { kind: 'loop', name, atMost, again, nodes: steps };
    },
  };
}
