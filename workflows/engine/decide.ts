import { type Failure, toFailure, TradewrightError, unreachable } from '../../contracts/errors.ts';
import type { RollbackEnd, WorkflowFact } from '../../contracts/workflow-event.ts';
import { isTerminal } from '../../contracts/workflow-view.ts';
import type { Circumstances, EffectRef, StartWorkflow, WorkflowCommand } from './command.ts';
import { contextOf, definedStep } from './context.ts';
import type { AnyWorkflow, RetryPolicy } from './definition.ts';
import { evolve } from './evolve.ts';
import { stepOf, type WorkflowData } from './state.ts';

/** How often a step may take its process down before it is given up. */
const INTERRUPTION_LIMIT = 20;

export type Decision =
  /** Facts to store, in order; all or none. */
  | { readonly kind: 'accepted'; readonly facts: readonly WorkflowFact[]; readonly data: WorkflowData }
  /** Nothing changes: a duplicate, or too late. */
  | { readonly kind: 'ignored'; readonly why: string }
  /** The caller asked for something the workflow's state does not allow. */
  | { readonly kind: 'refused'; readonly failure: Failure };

/** A draft of the future: facts are evolved as they are decided, so each next one sees the ones before. */
class Draft {
  readonly facts: WorkflowFact[] = [];
  #data: WorkflowData;
  readonly definition: AnyWorkflow;
  readonly at: Circumstances;

  constructor(definition: AnyWorkflow, data: WorkflowData, at: Circumstances) {
    this.definition = definition;
    this.#data = data;
    this.at = at;
  }

  get data(): WorkflowData {
    return this.#data;
  }

  add(fact: WorkflowFact): void {
    const { workflowId, seq } = this.#data;
    this.#data = evolve(this.definition, this.#data, { workflowId, seq: seq + 1, time: this.at.now, fact });
    this.facts.push(fact);
  }
}

/** What a command makes of a workflow. Pure: the same arguments give the same facts. */
export function decide(
  definition: AnyWorkflow,
  data: WorkflowData | undefined,
  command: WorkflowCommand,
  at: Circumstances,
): Decision {
  if (command.type === 'start') return start(definition, data, command, at);
  if (!data) return refused('NOT_FOUND', 'the workflow has not begun');
  if (isTerminal(data.state)) return afterEnd(data, command);
  const draft = new Draft(definition, data, at);
  const stopped = handle(draft, command);
  if (stopped) return stopped;
  progress(draft);
  return draft.facts.length === 0
    ? { kind: 'ignored', why: 'nothing is due' }
    : { kind: 'accepted', facts: draft.facts, data: draft.data };
}

function refused(code: 'NOT_FOUND' | 'WORKFLOW_STATE' | 'INPUT_INVALID', message: string): Decision {
  return { kind: 'refused', failure: toFailure(new TradewrightError(code, message)) };
}

function afterEnd(data: WorkflowData, command: WorkflowCommand): Decision {
  return command.type === 'cancel' || command.type === 'decide'
    ? refused('WORKFLOW_STATE', `the workflow has already ended: ${data.state}`)
    : { kind: 'ignored', why: `ended: ${data.state}` };
}

function start(
  definition: AnyWorkflow,
  data: WorkflowData | undefined,
  command: StartWorkflow,
  at: Circumstances,
): Decision {
  if (data) return { kind: 'ignored', why: 'already started' };
  const input = definition.input.safeParse(command.input);
  if (!input.success) {
    const [issue] = input.error.issues;
    return refused(
      'INPUT_INVALID',
      `input of ${definition.name}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`,
    );
  }
  const { workflowId, dedupKey, lane, labels, taskId, traceparent } = command;
  const fact: WorkflowFact = {
    type: 'WorkflowStarted',
    definition: { name: definition.name, version: definition.version },
    input: input.data,
    dedupKey,
    lane,
    labels: { ...labels },
    ...(taskId === undefined ? {} : { taskId }),
    ...(traceparent === undefined ? {} : { traceparent }),
    ...(definition.deadlineMs === undefined ? {} : { deadlineAt: at.now + definition.deadlineMs }),
  };
  const draft = new Draft(
    definition,
    evolve(definition, undefined, { workflowId, seq: 1, time: at.now, fact }),
    at,
  );
  draft.facts.push(fact);
  progress(draft);
  return { kind: 'accepted', facts: draft.facts, data: draft.data };
}

/** Applies the command itself; a returned decision ends there, otherwise what follows from it is decided next. */
function handle(draft: Draft, command: Exclude<WorkflowCommand, StartWorkflow>): Decision | undefined {
  switch (command.type) {
    case 'effect-succeeded':
      return command.effect.kind === 'run'
        ? stepSucceeded(draft, command.effect, command.result)
        : undoSucceeded(draft, command.effect, command.result);
    case 'effect-failed':
      return command.effect.kind === 'run'
        ? stepFailed(draft, command.effect, command.error)
        : undoFailed(draft, command.effect, command.error);
    case 'recover':
      return recover(draft);
    case 'tick':
      return tick(draft);
    case 'decide': {
      const { decision } = draft.data;
      if (!decision)
        return refused('WORKFLOW_STATE', `no decision is awaited: the workflow is ${draft.data.state}`);
      const { verdict, by, reason } = command;
      draft.add({ type: 'DecisionMade', step: decision.step, verdict, by, reason });
      if (verdict === 'reject')
        reject(draft, decision.step, 'REJECTED_BY_PERSON', reason || `rejected by ${by}`);
      return undefined;
    }
    case 'cancel':
      if (draft.data.rollback) return refused('WORKFLOW_STATE', 'the workflow is already being undone');
      draft.add({ type: 'WorkflowCancelRequested', by: command.by, reason: command.reason });
      rollBack(draft, 'cancelled', undefined);
      return undefined;
    default:
      return unreachable(command);
  }
}

const late: Decision = { kind: 'ignored', why: 'the result of an old attempt' };

function stepSucceeded(
  draft: Draft,
  { step: name, attempt }: EffectRef,
  value: unknown,
): Decision | undefined {
  const status = stepOf(draft.data, name);
  if (draft.data.rollback || status.state !== 'executing' || status.attempt !== attempt) return late;
  const step = definedStep(draft.definition, name);
  const parsed = step.result.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const error = new TradewrightError(
      'STEP_RESULT_INVALID',
      `step ${name}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`,
    );
    return stepFailed(draft, { kind: 'run', step: name, attempt }, toFailure(error));
  }
  draft.add({
    type: 'StepCompleted',
    step: name,
    attempt,
    result: parsed.data,
    durationMs: draft.at.now - (status.startedAt ?? draft.at.now),
  });
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
function guarded(draft: Draft, step: string, run: () => void): void {
  try {
    run();
  } catch (thrown) {
    const attempt = Math.max(1, stepOf(draft.data, step).attempt);
    draft.add({ type: 'StepFailed', step, attempt, error: toFailure(thrown), durationMs: 0 });
    rollBack(draft, 'failed', toFailure(thrown));
  }
}

function stepFailed(draft: Draft, { step: name, attempt }: EffectRef, error: Failure): Decision | undefined {
  const status = stepOf(draft.data, name);
  if (draft.data.rollback || status.state !== 'executing' || status.attempt !== attempt) return late;
  const { retry } = definedStep(draft.definition, name);
  const durationMs = draft.at.now - (status.startedAt ?? draft.at.now);
  const retryAt = nextAttemptAt(retry, status.failures + 1, error, draft.at);
  if (retryAt === undefined) {
    draft.add({ type: 'StepFailed', step: name, attempt, error, durationMs });
    rollBack(draft, 'failed', error);
  } else {
    draft.add({ type: 'StepAttemptFailed', step: name, attempt, error, durationMs, retryAt });
  }
  return undefined;
}

/** When the next attempt is due after `failures` failed ones; undefined when there is none. */
function nextAttemptAt(
  retry: RetryPolicy,
  failures: number,
  error: Failure,
  at: Circumstances,
): number | undefined {
  if (error.kind === 'terminal' || retry.nonRetryable.includes(error.code) || failures >= retry.maxAttempts)
    return undefined;
  const full = Math.min(retry.initialMs * retry.factor ** (failures - 1), retry.maxMs);
  const asked = error.details?.['retryAfterMs'];
  const spread = full * (1 - retry.jitter * at.random);
  return at.now + Math.round(typeof asked === 'number' && asked > 0 ? Math.max(spread, asked) : spread);
}

function undoSucceeded(draft: Draft, { step, attempt }: EffectRef, result: unknown): Decision | undefined {
  const undo = draft.data.rollback?.undo.find((entry) => entry.step === step);
  if (!undo || undo.state !== 'executing' || undo.attempt !== attempt) return late;
  const durationMs = draft.at.now - (undo.startedAt ?? draft.at.now);
  draft.add({ type: 'CompensationCompleted', step, attempt, result: result ?? null, durationMs });
  return undefined;
}

function undoFailed(draft: Draft, { step, attempt }: EffectRef, error: Failure): Decision | undefined {
  const undo = draft.data.rollback?.undo.find((entry) => entry.step === step);
  if (!undo || undo.state !== 'executing' || undo.attempt !== attempt) return late;
  const durationMs = draft.at.now - (undo.startedAt ?? draft.at.now);
  const retry = definedStep(draft.definition, step).compensation?.retry;
  const retryAt = retry && nextAttemptAt(retry, undo.failures + 1, error, draft.at);
  if (retryAt === undefined) draft.add({ type: 'CompensationFailed', step, attempt, error, durationMs });
  else draft.add({ type: 'CompensationAttemptFailed', step, attempt, error, durationMs, retryAt });
  return undefined;
}

function recover(draft: Draft): undefined {
  const { rollback, stepOrder } = draft.data;
  if (rollback) {
    for (const { step, state, attempt } of rollback.undo) {
      if (state === 'executing') draft.add({ type: 'CompensationInterrupted', step, attempt });
    }
    return undefined;
  }
  for (const step of stepOrder) {
    const { state, attempt } = stepOf(draft.data, step);
    if (state === 'executing') draft.add({ type: 'StepInterrupted', step, attempt });
  }
  return undefined;
}

function tick(draft: Draft): undefined {
  const { deadlineAt, decision, rollback } = draft.data;
  if (rollback) return undefined;
  if (deadlineAt !== null && deadlineAt <= draft.at.now) {
    const error = new TradewrightError('WORKFLOW_DEADLINE', 'the workflow ran past its deadline');
    rollBack(draft, 'failed', toFailure(error));
  } else if (decision && decision.deadlineAt <= draft.at.now) {
    expireDecision(draft);
  }
  return undefined;
}

function expireDecision(draft: Draft): void {
  const { decision } = draft.data;
  if (!decision) return;
  const { step } = decision;
  const request = definedStep(draft.definition, step).decision?.(
    stepOf(draft.data, step).result,
    contextOf(draft.definition, draft.data),
  );
  const verdict = request?.onDeadline ?? 'reject';
  draft.add({ type: 'DecisionExpired', step, verdict });
  if (verdict === 'reject') reject(draft, step, 'DECISION_EXPIRED', 'nobody decided before the deadline');
}

function reject(draft: Draft, step: string, code: string, reason: string): void {
  draft.add({ type: 'WorkflowRejected', step, code, reason });
  rollBack(draft, 'rejected', undefined);
}

/** Begins undoing, the latest step first; a step whose failed or cut-off attempt may have had an effect comes before. */
function rollBack(draft: Draft, end: RollbackEnd, error: Failure | undefined): void {
  const steps = [...draft.definition.steps]
    .reverse()
    .filter(({ name, compensation, mayHaveHadEffect }) => {
      if (!compensation) return false;
      const { state, attempt } = stepOf(draft.data, name);
      return state === 'completed' || (mayHaveHadEffect && attempt > 0 && state !== 'skipped');
    })
    .map((step) => step.name);
  draft.add({ type: 'RollbackStarted', end, steps, ...(error === undefined ? {} : { error }) });
}

/** Everything that follows without anyone being asked: the next step, the next compensation, the end. */
function progress(draft: Draft): void {
  while (!isTerminal(draft.data.state)) {
    const moved = draft.data.rollback ? progressUndo(draft) : progressSteps(draft);
    if (!moved) return;
  }
}

function progressSteps(draft: Draft): boolean {
  const { data, definition, at } = draft;
  if (data.state !== 'RUNNING') return false;
  for (const step of definition.steps) {
    const status = stepOf(data, step.name);
    if (status.state === 'completed' || status.state === 'skipped') continue;
    if (status.state !== 'pending') return false;
    if (status.retryAt !== null && status.retryAt > at.now) return false;
    guarded(draft, step.name, () => {
      const reason = step.skip?.(contextOf(definition, data));
      if (reason !== undefined) draft.add({ type: 'StepSkipped', step: step.name, reason });
      else if (status.interruptions >= INTERRUPTION_LIMIT) throw tooOften(step.name);
      else {
        draft.add({
          type: 'StepStarted',
          step: step.name,
          attempt: status.attempt + 1,
          idempotencyKey: idempotencyKey(data, { kind: 'run', step: step.name }),
          timeoutMs: step.timeoutMs,
        });
      }
    });
    return true;
  }
  try {
    const { outcome, reason } = definition.outcome(contextOf(definition, data));
    draft.add({ type: 'WorkflowCompleted', outcome, ...(reason === undefined ? {} : { reason }) });
  } catch (thrown) {
    rollBack(draft, 'failed', toFailure(thrown));
  }
  return true;
}

function progressUndo(draft: Draft): boolean {
  const { data, definition, at } = draft;
  for (const undo of data.rollback?.undo ?? []) {
    if (undo.state === 'completed' || undo.state === 'failed') continue;
    if (undo.state === 'executing') return false;
    if (undo.retryAt !== null && undo.retryAt > at.now) return false;
    const attempt = undo.attempt + 1;
    if (undo.interruptions >= INTERRUPTION_LIMIT) {
      const error = toFailure(tooOften(undo.step));
      draft.add({ type: 'CompensationFailed', step: undo.step, attempt, error, durationMs: 0 });
    } else {
      draft.add({
        type: 'CompensationStarted',
        step: undo.step,
        attempt,
        idempotencyKey: idempotencyKey(data, { kind: 'undo', step: undo.step }),
        timeoutMs: definedStep(definition, undo.step).compensation?.timeoutMs ?? 1,
      });
    }
    return true;
  }
  draft.add(endOfRollback(data));
  return true;
}

function tooOften(step: string): TradewrightError {
  return new TradewrightError(
    'STEP_INTERRUPTED_TOO_OFTEN',
    `the worker died ${INTERRUPTION_LIMIT} times while step ${step} ran`,
  );
}

function endOfRollback({ rollback, rejection, cancellation, needsPerson }: WorkflowData): WorkflowFact {
  const undo = rollback?.undo ?? [];
  const failedUndo = undo.find((entry) => entry.state === 'failed');
  const undoFailure: Failure | undefined = failedUndo && {
    code: 'UNDO_FAILED',
    kind: 'terminal',
    message: `step ${failedUndo.step} could not be undone: ${failedUndo.error?.message ?? 'no reason given'}`,
  };
  switch (rollback?.end) {
    case 'rejected':
      return undoFailure
        ? { type: 'WorkflowFailed', error: undoFailure, needsPerson: true }
        : {
            type: 'WorkflowCompleted',
            outcome: 'rejected',
            reason: `${rejection?.code}: ${rejection?.reason}`,
          };
    case 'cancelled':
      return {
        type: 'WorkflowCancelled',
        by: cancellation?.by ?? 'unknown',
        reason: cancellation?.reason ?? '',
        needsPerson,
      };
    default: {
      const error = rollback?.error ?? toFailure(new Error('rolled back without a cause'));
      return undoFailure || undo.length === 0
        ? { type: 'WorkflowFailed', error, needsPerson: undoFailure !== undefined }
        : { type: 'WorkflowCompensated', error };
    }
  }
}

/** The same for every attempt of a step: who performs it can tell a repetition from a new request. */
export function idempotencyKey(
  data: Pick<WorkflowData, 'workflowId'>,
  effect: Omit<EffectRef, 'attempt'>,
): string {
  return `${data.workflowId}/${effect.step}/${effect.kind}`;
}
