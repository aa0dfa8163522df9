import type { WorkflowSummary, WorkflowView } from '../../contracts/workflow-view.ts';
import { stepOf, type WorkflowData } from './state.ts';

/** A workflow as people see it. */
export function viewOf(data: WorkflowData): WorkflowView {
  return {
    ...summaryOf(data),
    needsPerson: data.needsPerson,
    lane: data.lane,
    input: data.input,
    ...(data.reason === null ? {} : { reason: data.reason }),
    ...(data.error === null
      ? {}
      : { error: { ...data.error, details: data.error.details && { ...data.error.details } } }),
    ...(data.decision === null ? {} : { decision: data.decision }),
    steps: data.stepOrder.map((name) => {
      const { state, executions, ms, result, error } = stepOf(data, name);
      return { name, state: data.decision?.step === name ? 'waiting' : state, executions, ms, result, error };
    }),
    compensations: (data.rollback?.undo ?? []).map(({ step, state, attempt, error }, at) => ({
      step,
      order: at + 1,
      state,
      attempts: attempt,
      error,
    })),
  };
}

/** Its row in lists. */
export function summaryOf(data: WorkflowData): WorkflowSummary {
  return {
    workflowId: data.workflowId,
    definition: data.definition,
    state: data.state,
    labels: { ...data.labels },
    startedAt: data.startedAt,
    seq: data.seq,
    ...(data.outcome === null ? {} : { outcome: data.outcome }),
    ...(data.endedAt === null ? {} : { endedAt: data.endedAt }),
  };
}
