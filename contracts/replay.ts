import { z } from 'zod';
import { WorkflowId } from './ids.ts';
import { WorkflowState } from './workflow-view.ts';

const End = z.object({
  definition: z.object({ name: z.string(), version: z.number().int().positive() }),
  state: WorkflowState,
  outcome: z.string().optional(),
  reason: z.string().optional(),
});

export const ReplayedStep = z.object({
  step: z.string(),
  round: z.number().int().positive(),
  effect: z.string().optional(),
  /**
   * `same`: asked the same by the same code; `differs`: asked otherwise, or of other code or another prompt; `new`: nothing is recorded;
   * `taken over`: a fork had its result from elsewhere; `not reached`: it ran then, and would not now.
   */
  verdict: z.enum(['same', 'differs', 'new', 'taken over', 'not reached']),
  /** At most 50; long texts are cut. Paths begin with `/effect`, `/revision` or `/request`. */
  differences: z.array(
    z.object({ path: z.string(), was: z.unknown().optional(), now: z.unknown().optional() }),
  ),
});
export type ReplayedStep = z.infer<typeof ReplayedStep>;

/** `GET /v1/workflows/:workflowId/replay`: a recorded workflow under the definition, code and prompts of today. */
export const ReplayReport = z.object({
  workflowId: WorkflowId,
  /** Nothing differs, and it ends the same. */
  same: z.boolean(),
  then: End,
  now: End,
  steps: z.array(ReplayedStep),
  /** Why it went no further than it did. */
  stopped: z.string().optional(),
});
export type ReplayReport = z.infer<typeof ReplayReport>;
