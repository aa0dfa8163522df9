import { TradewrightError } from '../../contracts/errors.ts';
import type { WorkflowEvent } from '../../contracts/workflow-event.ts';
import { isTerminal, type WorkflowSummary, type WorkflowView } from '../../contracts/workflow-view.ts';
import type { WorkflowRegistry } from './definition.ts';
import { nextTickAt } from './due.ts';
import { evolve } from './evolve.ts';
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

/**
 * What all its events add up to.
 * @throws WORKFLOW_UNKNOWN when its definition is not known here; JOURNAL_CORRUPT when they do not begin with its start
 */
export function viewOfEvents(registry: WorkflowRegistry, events: readonly WorkflowEvent[]): WorkflowView {
  return viewOf(dataOf(registry, events));
}

/** The state after the events; throws as {@link viewOfEvents} does. */
export function dataOf(registry: WorkflowRegistry, events: readonly WorkflowEvent[]): WorkflowData {
  const fact = events[0]?.fact;
  if (fact?.type !== 'WorkflowStarted')
    throw new TradewrightError('JOURNAL_CORRUPT', 'the events do not begin with WorkflowStarted');
  const definition = registry.get(fact.definition.name, fact.definition.version);
  let data: WorkflowData | undefined;
  for (const event of events) data = evolve(definition, data, event);
  if (!data) throw new TradewrightError('JOURNAL_CORRUPT', 'there are no events');
  return data;
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
