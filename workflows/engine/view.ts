import { isTerminal, type WorkflowSummary, type WorkflowView } from '../../contracts/workflow-view.ts';
import { nextTickAt } from './due.ts';
import { executingSteps } from './rollback.ts';
import { inRound, stepOf, type WorkflowData } from './state.ts';

/** A workflow as people see it. */
export function viewOf(data: WorkflowData): WorkflowView {
  return {
    ...rowOf(data),
    needsPerson: data.needsPerson || (data.paused?.needsPerson ?? false),
    lane: data.lane,
    input: data.input,
    ...(data.reason === null ? {} : { reason: data.reason }),
    ...(data.error === null
      ? {}
      : { error: { ...data.error, details: data.error.details && { ...data.error.details } } }),
    ...(data.decision === null ? {} : { decision: data.decision }),
    ...(data.paused === null ? {} : { paused: data.paused }),
    steps: data.stepOrder.map((name) => {
      const { state, executions, ms, result, error, round, wakeAt } = stepOf(data, name);
      return {
        name,
        state: data.decision?.step === name ? 'waiting' : state,
        executions,
        ms,
        result,
        error,
        ...inRound(round),
        ...(wakeAt === undefined ? {} : { wakeAt }),
      };
    }),
    compensations: (data.rollback?.undo ?? []).map(({ step, round, state, attempt, error }, at) => ({
      step,
      order: at + 1,
      state,
      attempts: attempt,
      error,
      ...inRound(round),
    })),
  };
}

/** Its row in lists. */
export function summaryOf(data: WorkflowData): WorkflowSummary {
  return asleep(data) ? { ...rowOf(data), wakeAt: nextTickAt(data) ?? null } : rowOf(data);
}

const asleep = (data: WorkflowData): boolean =>
  !isTerminal(data.state) && !data.rollback && executingSteps(data).length === 0;

function rowOf(data: WorkflowData): WorkflowSummary {
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
