import { z } from 'zod';
import { EpochMs, Failure } from './envelope.ts';
import { WorkflowId } from './ids.ts';
import { Lane } from './lanes.ts';

export const workflowStates = [
  'PENDING',
  'RUNNING',
  'WAITING',
  'PAUSED',
  'COMPENSATING',
  'COMPLETED',
  'FAILED',
  'COMPENSATED',
  'CANCELLED',
] as const;
export const WorkflowState = z.enum(workflowStates);
export type WorkflowState = z.infer<typeof WorkflowState>;

const terminalStates: readonly WorkflowState[] = ['COMPLETED', 'FAILED', 'COMPENSATED', 'CANCELLED'];
export const isTerminal = (state: WorkflowState): boolean => terminalStates.includes(state);

export const StepState = z.enum([
  'pending',
  'executing',
  'waiting',
  'completed',
  'failed',
  'compensating',
  'compensated',
  'skipped',
]);
export type StepState = z.infer<typeof StepState>;

/** A workflow as people ask for it; what its events add up to. */
export const WorkflowView = z.object({
  workflowId: WorkflowId,
  definition: z.object({ name: z.string(), version: z.number().int().positive() }).optional(),
  state: WorkflowState,
  outcome: z.string().optional(),
  reason: z.string().optional(),
  error: Failure.optional(),
  needsPerson: z.boolean(),
  lane: Lane.optional(),
  labels: z.record(z.string(), z.string()),
  input: z.unknown().optional(),
  startedAt: EpochMs.optional(),
  endedAt: EpochMs.optional(),
  /** The last event this view includes. */
  seq: z.number().int().nonnegative(),
  steps: z.array(
    z.object({
      name: z.string(),
      state: StepState,
      executions: z.number().int().nonnegative(),
      ms: z.number().nullable(),
      result: z.unknown().optional(),
      error: Failure.optional(),
      /** Of a step in a loop, from 1. */
      round: z.number().int().positive().optional(),
      /** When a durable timer fires. */
      wakeAt: EpochMs.optional(),
    }),
  ),
  compensations: z.array(
    z.object({
      step: z.string(),
      /** 1 runs first. */
      order: z.number().int().positive(),
      state: z.enum(['pending', 'executing', 'completed', 'failed']),
      attempts: z.number().int().nonnegative(),
      error: Failure.optional(),
      round: z.number().int().positive().optional(),
    }),
  ),
  /** Nothing new starts until a person resumes, retries or cancels. */
  paused: z
    .object({ by: z.string(), reason: z.string(), needsPerson: z.boolean(), since: EpochMs })
    .optional(),
  decision: z.object({ step: z.string(), deadlineAt: EpochMs, summary: z.unknown() }).optional(),
});
export type WorkflowView = z.infer<typeof WorkflowView>;

/** A workflow as one row of a list. */
export const WorkflowSummary = WorkflowView.pick({
  workflowId: true,
  definition: true,
  state: true,
  outcome: true,
  labels: true,
  startedAt: true,
  endedAt: true,
  seq: true,
}).extend({
  /** Nothing of it runs: when its next timer is due, null where only somebody else can move it. Absent while something runs. */
  wakeAt: EpochMs.nullable().optional(),
});
export type WorkflowSummary = z.infer<typeof WorkflowSummary>;
