import { type Failure, TradewrightError } from '../../contracts/errors.ts';
import type { Circumstances, EffectRef } from './command.ts';
import type { RetryPolicy } from './definition.ts';
import type { WorkflowData } from './state.ts';

/** How often a step may take its process down before it is given up. */
export const INTERRUPTION_LIMIT = 20;

export function tooOften(step: string): TradewrightError {
  return new TradewrightError(
    'STEP_INTERRUPTED_TOO_OFTEN',
    `the worker died ${INTERRUPTION_LIMIT} times while step ${step} ran`,
  );
}

/** When the next attempt is due after `failures` failed ones; undefined when there is none. */
export function nextAttemptAt(
  retry: RetryPolicy,
  { failures, budgetFrom }: { readonly failures: number; readonly budgetFrom: number | null },
  error: Failure,
  at: Circumstances,
): number | undefined {
  if (error.kind === 'terminal' || retry.nonRetryable.includes(error.code) || failures >= retry.maxAttempts)
    return undefined;
  const full = Math.min(retry.initialMs * retry.factor ** (failures - 1), retry.maxMs);
  const asked = error.details?.['retryAfterMs'];
  const spread = full * (1 - retry.jitter * at.random);
  const due = at.now + Math.round(typeof asked === 'number' && asked > 0 ? Math.max(spread, asked) : spread);
  return retry.totalMs !== undefined && due >= (budgetFrom ?? at.now) + retry.totalMs ? undefined : due;
}

/** How long an attempt that starts at `startedAt` may run: its own limit, or what is left of the total. */
export function attemptTimeoutMs(
  { timeoutMs, retry }: { readonly timeoutMs: number; readonly retry: RetryPolicy },
  budgetFrom: number | null,
  startedAt: number,
): number {
  if (retry.totalMs === undefined) return timeoutMs;
  return Math.max(1, Math.min(timeoutMs, (budgetFrom ?? startedAt) + retry.totalMs - startedAt));
}

/** The same for every attempt of a step (in one round): who performs it can tell a repetition from a new request. */
export function idempotencyKey(
  data: Pick<WorkflowData, 'workflowId'>,
  { kind, step, round = 1 }: Omit<EffectRef, 'attempt'>,
): string {
  return `${data.workflowId}/${round === 1 ? step : `${step}.${round}`}/${kind}`;
}
