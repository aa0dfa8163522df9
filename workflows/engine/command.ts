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
  /** Of what is undone, where its step is in a loop. */
  readonly round?: number;
}

/** What a fork takes over from the workflow it branches off. */
export interface Reuse {
  readonly from: WorkflowId;
  /** The step at which the fork begins. */
  readonly step: string;
  readonly results: readonly { readonly step: string; readonly result: unknown }[];
  readonly loops: readonly { readonly loop: string; readonly rounds: number }[];
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
  readonly reuse?: Reuse;
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
  | { readonly type: 'cancel'; readonly by: string; readonly reason: string }
  /** Nothing new starts; what runs may finish, and its result counts. */
  | { readonly type: 'pause'; readonly by: string; readonly reason: string }
  | { readonly type: 'resume'; readonly by: string }
  /** What failed for good is tried again: of a workflow that waits for a person, or of one that FAILED with nothing undone. */
  | { readonly type: 'retry'; readonly by: string };

/** What deciding needs from the world: the time, and a random number in [0, 1) for jitter. */
export interface Circumstances {
  readonly now: number;
  readonly random: number;
  /** Of the code and prompts that perform effects, by effect: recorded, so that a replay can tell what has changed since. */
  readonly revisions?: Readonly<Record<string, string>>;
}
