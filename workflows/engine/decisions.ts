import { contextOf } from './context.ts';
import type { Draft } from './draft.ts';
import { reject } from './rollback.ts';
import { stepOf } from './state.ts';

/** Nobody decided in time: what the definition says for that case happens. */
export function expireDecision(draft: Draft): void {
  const { decision } = draft.data;
  if (!decision) return;
  const { step } = decision;
  const verdict = onDeadline(draft, step);
  draft.add({ type: 'DecisionExpired', step, verdict });
  if (verdict === 'reject') reject(draft, step, 'DECISION_EXPIRED', 'nobody decided before the deadline');
}

function onDeadline({ definition, data }: Draft, name: string): 'approve' | 'reject' {
  const leaf = definition.steps.find((candidate) => candidate.name === name);
  if (leaf?.kind === 'decision') return leaf.onDeadline;
  if (leaf?.kind !== 'step') return 'reject';
  const request = leaf.decision?.(stepOf(data, name).result, contextOf(definition, data));
  return request?.onDeadline ?? 'reject';
}
