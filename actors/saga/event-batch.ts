import { eventIdFrom, type WorkflowId } from '../../contracts/ids.ts';
import type { WorkflowEvent, WorkflowFact } from '../../contracts/workflow-event.ts';
import type { WorkflowState } from '../../contracts/workflow-view.ts';
import type { WorkflowData } from '../../workflows/engine/state.ts';

/** Facts as journal events: numbered, timed, with who and why, and the workflow's state before and after each. */
export function eventBatch(
  workflowId: WorkflowId,
  before: WorkflowData | null,
  facts: readonly WorkflowFact[],
  /** After each of the facts. */
  states: readonly WorkflowState[],
  circumstances: { readonly time: number; readonly actor: string; readonly cause: string },
): readonly WorkflowEvent[] {
  const { time, actor, cause } = circumstances;
  let seq = before?.seq ?? 0;
  let state: WorkflowState = before?.state ?? 'PENDING';
  return facts.map((fact, index): WorkflowEvent => {
    const stateBefore = state;
    state = states[index] ?? state;
    seq += 1;
    return {
      schema: 'tradewright.workflow-event/1',
      id: eventIdFrom(workflowId, seq),
      workflowId,
      seq,
      time,
      actor,
      cause,
      stateBefore,
      stateAfter: state,
      fact,
    };
  });
}
