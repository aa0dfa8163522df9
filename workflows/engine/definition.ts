import type { z } from 'zod';
import { TradewrightError } from '../../contracts/errors.ts';
import type { WorkflowId } from '../../contracts/ids.ts';
import type { RollbackEnd } from '../../contracts/workflow-event.ts';
import { checkName, invalid } from './checks.ts';
import type { LeafDefinition, NodeDefinition } from './nodes.ts';
import { allNodes, leavesOf } from './tree.ts';

/** When a failed attempt is tried again. Delays grow by `factor` from `initialMs` up to `maxMs`. */
export interface RetryPolicy {
  /** Attempts in all, the first one included. */
  readonly maxAttempts: number;
  readonly initialMs: number;
  readonly factor: number;
  readonly maxMs: number;
  /** Share of the delay that is random, in [0, 1]: 0.2 spreads a delay of 1 s over 0.8–1 s. */
  readonly jitter: number;
  /** Error codes that end the step at once, beside those whose kind is terminal. */
  readonly nonRetryable: readonly string[];
  /** For all attempts together, the delays between them included; undefined has no limit. */
  readonly totalMs?: number;
}

/** Three retries after 1, 2 and 4 s, each up to a fifth shorter. */
export const defaultRetry: RetryPolicy = {
  maxAttempts: 4,
  initialMs: 1_000,
  factor: 2,
  maxMs: 60_000,
  jitter: 0.2,
  nonRetryable: [],
};
export const DEFAULT_STEP_TIMEOUT_MS = 30_000;

/** What a step sees: the workflow's input and the results of the steps before it, checked against their schemas. */
export interface StepContext<I> {
  readonly workflowId: WorkflowId;
  readonly input: I;
  readonly traceparent: string | undefined;
  /** @throws STEP_RESULT_INVALID when the step has no result or one that does not match its schema. */
  readonly resultOf: <R>(step: StepRef<R>) => R;
  readonly has: (step: StepRef<unknown>) => boolean;
  /** Which round of its loop a step is in, from 1; 1 outside of loops. */
  readonly roundOf: (step: { readonly name: string }) => number;
  /** Why the workflow is being undone; undefined while it goes forward. */
  readonly undoing: { readonly end: RollbackEnd; readonly code: string; readonly reason: string } | undefined;
}

/** A step as other steps refer to it. */
export interface StepRef<R> {
  readonly name: string;
  readonly result: z.ZodType<R>;
}

export interface Rejection {
  readonly code: string;
  readonly reason: string;
}

export interface DecisionRequest {
  /** How long a person has; 0 takes `onDeadline` at once. */
  readonly deadlineMs: number;
  readonly onDeadline: 'approve' | 'reject';
  /** What the person is shown. */
  readonly summary: unknown;
}

export interface CompensationDefinition<I, R = unknown> {
  readonly effect: string;
  /** `result` is undefined when the step was undone without having completed (`mayHaveHadEffect`). */
  readonly request: (context: StepContext<I>, result: R | undefined) => unknown;
  readonly timeoutMs: number;
  readonly retry: RetryPolicy;
}

/** One step: data that names an effect. Every function is pure. */
export interface StepDefinition<I, R = unknown> extends StepRef<R> {
  readonly kind: 'step';
  readonly effect: string;
  readonly request: (context: StepContext<I>) => unknown;
  readonly timeoutMs: number;
  /** Longest silence between two `call.heartbeat()`; undefined asks for none. */
  readonly heartbeatMs: number | undefined;
  readonly retry: RetryPolicy;
  /** Once it failed for good: `fail` undoes and ends the workflow, `pause` waits for a person to retry or cancel. */
  readonly onExhausted: 'fail' | 'pause';
  /** Undefined runs the step; a text skips it and says why. */
  readonly skip: ((context: StepContext<I>) => string | undefined) | undefined;
  /** A rejection ends the workflow as COMPLETED with outcome `rejected`, after undoing what was done. */
  readonly gate: ((result: R, context: StepContext<I>) => Rejection | undefined) | undefined;
  /** A request makes the workflow wait, durably, for a person. */
  readonly decision: ((result: R, context: StepContext<I>) => DecisionRequest | undefined) | undefined;
  readonly compensation: CompensationDefinition<I, R> | undefined;
  /** A failed attempt may have had its effect: it is undone as well. */
  readonly mayHaveHadEffect: boolean;
}

export interface WorkflowDefinition<I> {
  readonly name: string;
  readonly version: number;
  readonly input: z.ZodType<I>;
  readonly nodes: readonly NodeDefinition<I>[];
  /** The steps, timers and decisions in them, however deep, in order. */
  readonly steps: readonly LeafDefinition<I>[];
  /** The outcome of a workflow whose steps all completed. */
  readonly outcome: (context: StepContext<I>) => { readonly outcome: string; readonly reason?: string };
  /** From start to end, waiting included; undefined has no limit. */
  readonly deadlineMs: number | undefined;
}

/** A definition whose input type is forgotten: what the engine handles. Its functions get input that its schema accepted. */
export type AnyWorkflow = WorkflowDefinition<unknown>;

type Draft<T, K extends keyof T> = Omit<T, K> & { readonly [P in K]?: NonNullable<T[P]> };
type CompensationDraft<I, R> = Omit<CompensationDefinition<I, R>, 'timeoutMs' | 'retry'> & {
  readonly timeoutMs?: number;
  readonly retry?: Partial<RetryPolicy>;
};
type StepDraft<I, R> = Draft<
  Omit<StepDefinition<I, R>, 'kind' | 'retry' | 'compensation'>,
  'timeoutMs' | 'heartbeatMs' | 'onExhausted' | 'skip' | 'gate' | 'decision' | 'mayHaveHadEffect'
> & { readonly retry?: Partial<RetryPolicy>; readonly compensation?: CompensationDraft<I, R> };

function retryPolicy(of: string, draft: Partial<RetryPolicy> | undefined): RetryPolicy {
  const policy = { ...defaultRetry, ...draft };
  if (!Number.isInteger(policy.maxAttempts) || policy.maxAttempts < 1)
    invalid(`${of}: maxAttempts must be a whole number ≥ 1`);
  if (!(policy.initialMs >= 0) || !(policy.factor >= 1) || !(policy.maxMs >= policy.initialMs)) {
    invalid(`${of}: a retry needs initialMs ≥ 0, factor ≥ 1 and maxMs ≥ initialMs`);
  }
  if (policy.totalMs !== undefined && !(policy.totalMs > 0)) invalid(`${of}: totalMs must be above 0`);
  if (!(policy.jitter >= 0 && policy.jitter <= 1)) invalid(`${of}: jitter lies in [0, 1]`);
  return policy;
}

/** Steps of workflows with this input; the type of the input is known to their functions. */
export function stepsOf<I>(_input: z.ZodType<I>) {
  return function step<R>(draft: StepDraft<I, R>): StepDefinition<I> & StepRef<R> {
    checkName('step name', draft.name);
    const timeoutMs = draft.timeoutMs ?? DEFAULT_STEP_TIMEOUT_MS;
    if (!(timeoutMs > 0)) invalid(`step ${draft.name}: timeoutMs must be above 0`);
    if (draft.heartbeatMs !== undefined && !(draft.heartbeatMs > 0))
      invalid(`step ${draft.name}: heartbeatMs must be above 0`);
    const { compensation, gate, decision } = draft;
    // The engine handles results of every step as unknown: each function gets its own back through its schema.
    const own = (value: unknown): R => draft.result.parse(value);
    if (draft.mayHaveHadEffect && !compensation)
      invalid(`step ${draft.name}: mayHaveHadEffect needs a compensation`);
    return {
      kind: 'step',
      name: draft.name,
      effect: draft.effect,
      request: draft.request,
      result: draft.result,
      timeoutMs,
      heartbeatMs: draft.heartbeatMs,
      retry: retryPolicy(`step ${draft.name}`, draft.retry),
      onExhausted: draft.onExhausted ?? 'fail',
      skip: draft.skip,
      gate: gate && ((value, context) => gate(own(value), context)),
      decision: decision && ((value, context) => decision(own(value), context)),
      mayHaveHadEffect: draft.mayHaveHadEffect ?? false,
      compensation: compensation && {
        effect: compensation.effect,
        request: (context, value) =>
          compensation.request(context, value === undefined ? undefined : own(value)),
        timeoutMs: compensation.timeoutMs ?? DEFAULT_STEP_TIMEOUT_MS,
        retry: retryPolicy(`compensation of ${draft.name}`, { maxAttempts: 6, ...compensation.retry }),
      },
    };
  };
}

/**
 * Checks a definition and gives it the form the engine runs.
 * @throws CONFIG_INVALID naming what is wrong with it.
 */
export function defineWorkflow<I>(draft: {
  readonly name: string;
  readonly version: number;
  readonly input: z.ZodType<I>;
  readonly steps: readonly NodeDefinition<I>[];
  readonly outcome: WorkflowDefinition<I>['outcome'];
  readonly deadlineMs?: number;
}): AnyWorkflow {
  checkName('name', draft.name);
  if (!Number.isInteger(draft.version) || draft.version < 1)
    invalid(`${draft.name}: version must be a whole number ≥ 1`);
  if (draft.steps.length === 0) invalid(`${draft.name}: there are no steps`);
  const names = allNodes(draft.steps).map((node) => node.name);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) invalid(`${draft.name}: two nodes are called ${twice}`);
  // The input's type is forgotten here: the engine parses the input with the schema before any function sees it.
  const { name, version, input, outcome, deadlineMs, steps: nodes } = draft;
  const definition: WorkflowDefinition<I> = {
    name,
    version,
    input,
    outcome,
    deadlineMs,
    nodes,
    steps: leavesOf(nodes),
  };
  return definition as unknown as AnyWorkflow;
}

/** All definitions a worker knows: a running workflow goes on with the version it began with. */
export class WorkflowRegistry {
  readonly #byKey = new Map<string, AnyWorkflow>();

  constructor(definitions: readonly AnyWorkflow[]) {
    for (const definition of definitions) {
      const key = `${definition.name}/${definition.version}`;
      if (this.#byKey.has(key)) invalid(`${key} is defined twice`);
      this.#byKey.set(key, definition);
    }
  }

  has(name: string, version: number): boolean {
    return this.#byKey.has(`${name}/${version}`);
  }

  /** @throws WORKFLOW_UNKNOWN */
  get(name: string, version: number): AnyWorkflow {
    const found = this.#byKey.get(`${name}/${version}`);
    if (!found)
      throw new TradewrightError(
        'WORKFLOW_UNKNOWN',
        `no workflow ${name} in version ${version} is known here`,
      );
    return found;
  }

  /** The newest version. @throws WORKFLOW_UNKNOWN */
  latest(name: string): AnyWorkflow {
    const versions = [...this.#byKey.values()].filter((definition) => definition.name === name);
    const newest = versions.sort((a, b) => b.version - a.version)[0];
    if (!newest) throw new TradewrightError('WORKFLOW_UNKNOWN', `no workflow ${name} is known here`);
    return newest;
  }
}
