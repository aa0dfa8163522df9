import type { Failure } from '../../contracts/errors.ts';
import type { TaskId, WorkflowId } from '../../contracts/ids.ts';
import type { Lane } from '../../contracts/lanes.ts';

/** Whether an effect does a step or undoes it. */
export type EffectKind = 'run' | 'undo';

/** Names one execution of an effect: what comes back for another attempt is ignored. */
export interface EffectRef {
  readonly kind: EffectKind;
  readonly step: string;
  readonly attempt: number;
}

export interface StartWorkflow {
  readonly type: 'start';
  readonly workflowId: WorkflowId;
  readonly definition: { readonly name: string; readonly version: number };
  readonly input: unknown;
  readonly dedupKey: string;
  readonly lane: Lane;
  readonly labels: Readonly<Record<string, string>>;
  readonly taskId?: TaskId;
  readonly traceparent?: string;
}

/** What can be asked of one workflow. */
export type WorkflowCommand =
  | StartWorkflow
  | { readonly type: 'effect-succeeded'; readonly effect: EffectRef; readonly result: unknown }
  | { readonly type: 'effect-failed'; readonly effect: EffectRef; readonly error: Failure }
  /** Its owner died: whatever was running is started again. */
  | { readonly type: 'recover' }
  /** A time a workflow waits for has come: of a retry, a decision's deadline, the workflow's own. */
  | { readonly type: 'tick' }
  | {
      readonly type: 'decide';
      readonly verdict: 'approve' | 'reject';
      readonly by: string;
      readonly reason: string;
    }
  | { readonly type: 'cancel'; readonly by: string; readonly reason: string };

/** What deciding needs from the world: the time, and a random number in [0, 1) for jitter. */
export interface Circumstances {
  readonly now: number;
  readonly random: number;
}
