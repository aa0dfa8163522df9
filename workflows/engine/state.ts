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
  readonly ms: number | null;
  /** A failed attempt waits until then. */
  readonly retryAt: number | null;
  readonly result?: unknown;
  readonly error?: Failure;
}

export interface UndoStatus {
  readonly step: string;
  readonly state: 'pending' | 'executing' | 'completed' | 'failed';
  readonly attempt: number;
  readonly failures: number;
  readonly interruptions: number;
  readonly startedAt: number | null;
  readonly retryAt: number | null;
  readonly error?: Failure;
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
  ms: null,
  retryAt: null,
};

export function stepOf(data: WorkflowData, name: string): StepStatus {
  return data.steps[name] ?? neverStarted;
}
