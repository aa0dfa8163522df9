import { type Failure, toFailure, TradewrightError } from '../../contracts/errors.ts';
import { nextAttemptAt } from './attempts.ts';
import type { EffectRef } from './command.ts';
import { contextOf, definedStep } from './context.ts';
import { expireDecision } from './decisions.ts';
import { type Decision, type Draft, ignored } from './draft.ts';
import { reject, rollBack } from './rollback.ts';
import { inRound, stepOf, type StepStatus } from './state.ts';

const late = ignored('the result of an old attempt');

/** The step, if it is this attempt of it that runs. */
function running({ data }: Draft, { step, attempt }: EffectRef): StepStatus | undefined {
  const status = stepOf(data, step);
  return !data.rollback && status.state === 'executing' && status.attempt === attempt ? status : undefined;
}

export function stepSucceeded(draft: Draft, effect: EffectRef, value: unknown): Decision | undefined {
  const status = running(draft, effect);
  if (!status) return late;
  const { step: name, attempt } = effect;
  const step = definedStep(draft.definition, name);
  const parsed = step.result.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const error = new TradewrightError(
      'STEP_RESULT_INVALID',
      `step ${name}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`,
    );
    return stepFailed(draft, effect, toFailure(error));
  }
  draft.add({
    type: 'StepCompleted',
    step: name,
    attempt,
    result: parsed.data,
    durationMs: draft.at.now - (status.startedAt ?? draft.at.now),
    ...inRound(status.round),
  });
  // It was too late to stop it: it is undone with the others.
  if (draft.data.halting) return undefined;
  guarded(draft, name, () => {
    const context = contextOf(draft.definition, draft.data);
    const rejection = step.gate?.(parsed.data, context);
    if (rejection) return reject(draft, name, rejection.code, rejection.reason);
    const request = step.decision?.(parsed.data, context);
    if (!request) return;
    const deadlineAt = draft.at.now + request.deadlineMs;
    draft.add({ type: 'DecisionRequested', step: name, deadlineAt, summary: request.summary });
    if (request.deadlineMs === 0) expireDecision(draft);
  });
  return undefined;
}

/** A definition's function that throws fails the workflow for good: trying again could not help. */
export function guarded(draft: Draft, step: string, run: () => void): void {
  try {
    run();
  } catch (thrown) {
    const attempt = Math.max(1, stepOf(draft.data, step).attempt);
    draft.add({ type: 'StepFailed', step, attempt, error: toFailure(thrown), durationMs: 0 });
    rollBack(draft, 'failed', toFailure(thrown));
  }
}

export function stepFailed(draft: Draft, effect: EffectRef, error: Failure): Decision | undefined {
  const status = running(draft, effect);
  if (!status) return late;
  const { step: name, attempt } = effect;
  const { retry, onExhausted } = definedStep(draft.definition, name);
  const durationMs = draft.at.now - (status.startedAt ?? draft.at.now);
  const failed = { step: name, attempt, error, durationMs };
  if (draft.data.halting) {
    draft.add({ type: 'StepFailed', ...failed });
    return undefined;
  }
  const retryAt = nextAttemptAt(retry, { ...status, failures: status.failures + 1 }, error, draft.at);
  if (retryAt !== undefined) {
    draft.add({ type: 'StepAttemptFailed', ...failed, retryAt });
    return undefined;
  }
  draft.add({ type: 'StepFailed', ...failed });
  if (onExhausted === 'fail') {
    rollBack(draft, 'failed', error);
  } else {
    const reason = `step ${name} failed for good: ${error.code}: ${error.message}`;
    draft.add({ type: 'WorkflowPaused', by: 'saga', reason, needsPerson: true });
  }
  return undefined;
}
