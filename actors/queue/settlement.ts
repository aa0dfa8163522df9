import { type Failure, toFailure, TradewrightError } from '../../contracts/errors.ts';
import type { Delivery, TaskJourney } from '../../contracts/ports/messaging.ts';
import type { DeadTask, Task } from '../../contracts/task.ts';
import type { AttemptOutcome } from './attempt.ts';
import { backOffMs, type RetryPolicy } from './retry-policy.ts';

export type Verdict =
  | { readonly kind: 'done'; readonly result: unknown }
  | { readonly kind: 'retry'; readonly delayMs: number; readonly failure: Failure }
  | { readonly kind: 'hand-back' }
  | { readonly kind: 'cancelled'; readonly failure: Failure }
  | { readonly kind: 'dead'; readonly failure: Failure; readonly stack?: string };

/** What follows from an attempt: terminal failures and spent retries end it, everything else is tried again. */
export function verdictOn(
  outcome: AttemptOutcome,
  task: Pick<Task, 'maxRetries'>,
  attempt: number,
  random: () => number,
  policy: RetryPolicy,
): Verdict {
  switch (outcome.kind) {
    case 'completed':
      return { kind: 'done', result: outcome.result };
    case 'interrupted':
      return { kind: 'hand-back' };
    case 'cancelled':
      return outcome;
    case 'failed': {
      const { failure, stack } = outcome;
      if (failure.kind === 'terminal' || attempt > task.maxRetries)
        return { kind: 'dead', failure, ...(stack === undefined ? {} : { stack }) };
      return { kind: 'retry', delayMs: backOffMs(attempt, random(), policy), failure };
    }
  }
}

/** Attempts beyond those that a task may use up by losing its worker: one that kills every worker must end. */
export const LOST_WORKER_ALLOWANCE = 3;

export function abandoned(task: Pick<Task, 'maxRetries'>, attempt: number): Failure | undefined {
  if (attempt <= task.maxRetries + 1 + LOST_WORKER_ALLOWANCE) return undefined;
  return toFailure(
    new TradewrightError('TASK_ABANDONED', `taken ${attempt - 1} times and never brought to an end`),
  );
}

/** Kept of a message in a dead letter; only one that was refused for its size is longer. */
const ORIGINAL_LIMIT_BYTES = 256 * 1024;
const CAUSE_LIMIT_CHARS = 4_000;
const STACK_LIMIT_CHARS = 8_000;

export interface Death {
  readonly failure: Failure;
  readonly stack?: string | undefined;
  /** Attempts made. */
  readonly attempts: number;
  /** When the last one began. */
  readonly lastStartedAt?: number | undefined;
  readonly journey: TaskJourney;
}

export function deadTask(
  delivery: Pick<Delivery, 'subject' | 'bytes'>,
  task: Task | undefined,
  { failure, stack, attempts, lastStartedAt, journey }: Death,
  now: number,
): DeadTask {
  const { subject, bytes } = delivery;
  return {
    schema: 'tradewright.dead/1',
    subject,
    original: Buffer.from(bytes.subarray(0, ORIGINAL_LIMIT_BYTES)).toString('base64'),
    ...(task && { task }),
    cause: {
      code: failure.code,
      message: failure.message.slice(0, CAUSE_LIMIT_CHARS),
      ...(stack === undefined ? {} : { stack: stack.slice(0, STACK_LIMIT_CHARS) }),
    },
    attempts,
    firstSeenAt: journey.firstStoredAt,
    ...(lastStartedAt === undefined ? {} : { lastStartedAt }),
    diedAt: now,
    origin: journey.origin,
    replays: journey.replays,
  };
}

/** Where a message goes in DEAD: under its own type, or as malformed when its subject has none that is safe. */
export function deadTypeOf(task: Task | undefined): string {
  return task?.type ?? 'malformed';
}
