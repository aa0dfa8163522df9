/** Exponential back-off between the attempts of a task. */
export interface RetryPolicy {
  readonly firstMs: number;
  readonly factor: number;
  readonly mostMs: number;
}
export const retryPolicy: RetryPolicy = { firstMs: 250, factor: 2, mostMs: 60_000 };

/** A delayed hand-back keeps a place in the in-flight window: longer waits are spent in the schedule. */
export const LONGEST_HAND_BACK_MS = 5_000;

/**
 * The wait after failed attempt `attempt` (from 1): exponential up to the limit, of which the upper half is drawn at random
 * so that tasks that failed together do not come back together.
 * @param random in [0, 1)
 */
export function backOffMs(attempt: number, random: number, policy: RetryPolicy = retryPolicy): number {
  const full = Math.min(policy.firstMs * policy.factor ** (attempt - 1), policy.mostMs);
  return Math.round(full / 2 + (full / 2) * random);
}
