import type { Failure } from '../../contracts/errors.ts';
import type { WorkflowId } from '../../contracts/ids.ts';
import type { Lane } from '../../contracts/lanes.ts';
import type { RollbackEnd } from '../../contracts/workflow-event.ts';
import type { StepState, WorkflowState } from '../../contracts/workflow-view.ts';

export interface StepStatus {
  readonly state: StepState;
  /** Of the last start; 0 when it never started. Fences results: one of an older attempt is ignored. */
  readonly attempt: number;
  /** How often it was started. */
  readonly executions: number;
  /** Attempts that failed; interruptions by a dying process do not count. */
  readonly failures: number;
  readonly interruptions: number;
  readonly startedAt: number | null;
  /** Since when the total time of its attempts counts. */
  readonly budgetFrom: number | null;
  readonly ms: number | null;
  /** A failed attempt waits until then. */
  readonly retryAt: number | null;
  /** A durable timer waits until then. */
  readonly wakeAt?: number;
  /** Of a step in a loop, from 1. */
  readonly round?: number;
  /** In a later round the last one's, until there is a new one. */
  readonly result?: unknown;
  readonly error?: Failure;
}

/** One execution of a step that completed; `round` where it is in a loop. */
export interface Execution {
  readonly step: string;
  readonly round?: number;
}

export interface UndoStatus extends Execution {
  readonly state: 'pending' | 'executing' | 'completed' | 'failed';
  readonly attempt: number;
  readonly failures: number;
  readonly interruptions: number;
  readonly startedAt: number | null;
  readonly budgetFrom: number | null;
  readonly retryAt: number | null;
  readonly error?: Failure;
}

export interface LoopStatus {
  readonly round: number;
  readonly ended: boolean;
}

/** What the events of one workflow add up to. Plain data: it is stored as a snapshot. */
export interface WorkflowData {
  readonly workflowId: WorkflowId;
  readonly seq: number;
  readonly state: WorkflowState;
  readonly definition: { readonly name: string; readonly version: number };
  readonly input: unknown;
  readonly dedupKey: string;
  readonly lane: Lane;
  readonly labels: Readonly<Record<string, string>>;
  readonly deadlineAt: number | null;
  readonly traceparent: string | null;
  readonly startedAt: number;
  readonly endedAt: number | null;
  /** In the order of the definition. */
  readonly stepOrder: readonly string[];
  readonly steps: Readonly<Record<string, StepStatus>>;
  readonly loops: Readonly<Record<string, LoopStatus>>;
  /** What completed here and was not taken over by a fork, in the order of completion. */
  readonly completions: readonly Execution[];
  /** Results of rounds before the last. */
  readonly past: readonly (Execution & { readonly result: unknown })[];
  readonly paused: {
    readonly by: string;
    readonly reason: string;
    readonly needsPerson: boolean;
    readonly since: number;
  } | null;
  /** Set while it ends early but a step that was told to stop has not. */
  readonly halting: { readonly end: RollbackEnd; readonly error: Failure | null } | null;
  readonly decision: { readonly step: string; readonly deadlineAt: number; readonly summary: unknown } | null;
  readonly rejection: { readonly step: string; readonly code: string; readonly reason: string } | null;
  readonly cancellation: { readonly by: string; readonly reason: string } | null;
  /** Set once undoing begins; `undo` in the order in which steps are undone. */
  readonly rollback: {
    readonly end: RollbackEnd;
    readonly error: Failure | null;
    readonly undo: readonly UndoStatus[];
  } | null;
  readonly outcome: string | null;
  readonly reason: string | null;
  readonly error: Failure | null;
  readonly needsPerson: boolean;
}

export const neverStarted: StepStatus = {
  state: 'pending',
  attempt: 0,
  executions: 0,
  failures: 0,
  interruptions: 0,
  startedAt: null,
  budgetFrom: null,
  ms: null,
  retryAt: null,
};

export function stepOf(data: WorkflowData, name: string): StepStatus {
  return data.steps[name] ?? neverStarted;
}

export const sameExecution = (a: Execution, b: Execution): boolean =>
  a.step === b.step && a.round === b.round;

/** The parts of a fact or an effect that name the round; none outside of loops. */
export const inRound = (round: number | undefined): { readonly round?: number } =>
  round === undefined ? {} : { round };

/** What this execution of the step gave; undefined when it did not complete. */
export function resultOfExecution(data: WorkflowData, execution: Execution): unknown {
  const earlier = data.past.find((entry) => sameExecution(entry, execution));
  if (earlier) return earlier.result;
  const { round, result } = stepOf(data, execution.step);
  const completed = data.completions.some((entry) => sameExecution(entry, execution));
  return completed && round === execution.round ? result : undefined;
}

export function withStep(
  data: WorkflowData,
  name: string,
  change: (step: StepStatus) => StepStatus,
): WorkflowData {
  return { ...data, steps: { ...data.steps, [name]: change(stepOf(data, name)) } };
}
