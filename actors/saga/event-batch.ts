import { eventIdFrom } from '../../contracts/ids.ts';
import type { WorkflowEvent } from '../../contracts/workflow-event.ts';
import type { WorkflowFact } from '../../contracts/workflow-event.ts';
import type { AnyWorkflow } from '../../workflows/engine/definition.ts';
import { evolve } from '../../workflows/engine/evolve.ts';
import type { WorkflowData } from '../../workflows/engine/state.ts';
import type { WorkflowId } from '../../contracts/ids.ts';

/** Facts as journal events: numbered, timed, with who and why, and the workflow's state before and after each. */
export function eventBatch(
  definition: AnyWorkflow,
  workflowId: WorkflowId,
  data: WorkflowData | null,
  facts: readonly WorkflowFact[],
  circumstances: { readonly time: number; readonly actor: string; readonly cause: string },
): { readonly events: readonly WorkflowEvent[]; readonly data: WorkflowData } {
  let after = data ?? undefined;
  const { time, actor, cause } = circumstances;
  const events = facts.map((fact): WorkflowEvent => {
    const seq = (after?.seq ?? 0) + 1;
    const stateBefore = after?.state ?? 'PENDING';
    after = evolve(definition, after, { workflowId, seq, time, fact });
    return {
      schema: 'tradewright.workflow-event/1',
      id: eventIdFrom(workflowId, seq),
      workflowId,
      seq,
      time,
      actor,
      cause,
      stateBefore,
      stateAfter: after.state,
      fact,
    };
  });
  if (!after) throw new Error('a batch needs at least one fact');
  return { events, data: after };
}
