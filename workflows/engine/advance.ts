import { toFailure, TradewrightError, unreachable } from '../../contracts/errors.ts';
import { isTerminal } from '../../contracts/workflow-view.ts';
import { attemptTimeoutMs, idempotencyKey, INTERRUPTION_LIMIT, tooOften } from './attempts.ts';
import { contextOf } from './context.ts';
import { expireDecision } from './decisions.ts';
import type { StepDefinition } from './definition.ts';
import type { Draft } from './draft.ts';
import type { LeafDefinition, LoopDefinition, NodeDefinition } from './nodes.ts';
import { guarded } from './outcomes.ts';
import { progressHalting, progressUndo, rollBack } from './rollback.ts';
import { inRound, stepOf } from './state.ts';
import { allNodes } from './tree.ts';

type Progress =
  | 'done'
  /** Nothing can happen in it now. */
  | 'blocked'
  /** A fact was added: look again from the start. */
  | 'moved';

/** Everything that follows without anyone being asked: the next steps, the next compensation, the end. */
export function progress(draft: Draft): void {
  while (!isTerminal(draft.data.state) && moved(draft));
}

function moved(draft: Draft): boolean {
  const { rollback, halting, paused, decision } = draft.data;
  if (rollback) return progressUndo(draft);
  if (halting) return progressHalting(draft);
  if (paused || decision) return false;
  const forward = sequence(draft, draft.definition.nodes);
  if (forward === 'done') complete(draft);
  return forward !== 'blocked';
}

function complete(draft: Draft): void {
  try {
    const { outcome, reason } = draft.definition.outcome(contextOf(draft.definition, draft.data));
    draft.add({ type: 'WorkflowCompleted', outcome, ...(reason === undefined ? {} : { reason }) });
  } catch (thrown) {
    rollBack(draft, 'failed', toFailure(thrown));
  }
}

function sequence(draft: Draft, nodes: readonly NodeDefinition<unknown>[]): Progress {
  for (const node of nodes) {
    const made = advance(draft, node);
    if (made !== 'done') return made;
  }
  return 'done';
}

function advance(draft: Draft, node: NodeDefinition<unknown>): Progress {
  switch (node.kind) {
    case 'step':
    case 'sleep':
    case 'decision':
      return leaf(draft, node);
    case 'parallel':
      return group(draft, node.branches);
    case 'loop':
      return loop(draft, node);
    default:
      return unreachable(node);
  }
}

function group(draft: Draft, branches: readonly NodeDefinition<unknown>[]): Progress {
  let all: Progress = 'done';
  for (const branch of branches) {
    const made = advance(draft, branch);
    if (made === 'moved') return 'moved';
    if (made === 'blocked') all = 'blocked';
  }
  return all;
}

function loop(draft: Draft, node: LoopDefinition<unknown>): Progress {
  const { name, atMost } = node;
  const { round, ended } = draft.data.loops[name] ?? { round: 0, ended: false };
  if (ended) return 'done';
  if (round > 0) {
    const made = sequence(draft, node.nodes);
    if (made !== 'done') return made;
    try {
      const again = node.again(contextOf(draft.definition, draft.data));
      if (!again || round >= atMost) {
        draft.add({ type: 'LoopEnded', loop: name, rounds: round, exhausted: again });
        return 'moved';
      }
    } catch (thrown) {
      rollBack(draft, 'failed', toFailure(thrown));
      return 'moved';
    }
  }
  const steps = allNodes(node.nodes).flatMap((inner) => (inner.kind === 'parallel' ? [] : [inner.name]));
  draft.add({ type: 'LoopRoundStarted', loop: name, round: round + 1, steps });
  return 'moved';
}

function leaf(draft: Draft, node: LeafDefinition<unknown>): Progress {
  const { state, retryAt, wakeAt } = stepOf(draft.data, node.name);
  const { now } = draft.at;
  if (state === 'completed' || state === 'skipped') return 'done';
  if (state === 'waiting' && node.kind === 'sleep' && wakeAt !== undefined && wakeAt <= now) {
    draft.add({ type: 'TimerFired', step: node.name });
    return 'moved';
  }
  if (state !== 'pending' || (retryAt !== null && retryAt > now)) return 'blocked';
  guarded(draft, node.name, () => begin(draft, node));
  return 'moved';
}

function begin(draft: Draft, node: LeafDefinition<unknown>): void {
  const { name } = node;
  const { now } = draft.at;
  switch (node.kind) {
    case 'step':
      return beginStep(draft, node);
    case 'sleep': {
      const at = Math.round(node.until(contextOf(draft.definition, draft.data), now));
      if (!Number.isSafeInteger(at) || at < 0)
        throw new TradewrightError('INPUT_INVALID', `timer ${name}: ${at} is no time in milliseconds`);
      return draft.add({ type: 'TimerSet', step: name, at });
    }
    case 'decision': {
      const summary = node.summary(contextOf(draft.definition, draft.data));
      draft.add({ type: 'DecisionRequested', step: name, deadlineAt: now + node.deadlineMs, summary });
      if (node.deadlineMs === 0) expireDecision(draft);
      return;
    }
    default:
      return unreachable(node);
  }
}

function beginStep(draft: Draft, step: StepDefinition<unknown>): void {
  const { data, definition, at } = draft;
  const { name } = step;
  const { attempt, interruptions, budgetFrom, round } = stepOf(data, name);
  const reason = step.skip?.(contextOf(definition, data));
  if (reason !== undefined) return draft.add({ type: 'StepSkipped', step: name, reason });
  if (interruptions >= INTERRUPTION_LIMIT) throw tooOften(name);
  const revision = at.revisions?.[step.effect];
  draft.add({
    type: 'StepStarted',
    step: name,
    attempt: attempt + 1,
    idempotencyKey: idempotencyKey(data, { kind: 'run', step: name, ...inRound(round) }),
    timeoutMs: attemptTimeoutMs(step, budgetFrom, at.now),
    ...inRound(round),
    ...(revision === undefined ? {} : { revision }),
  });
}
