import type { RetryPolicy } from './engine/definition.ts';

/** Of version 1: models fail for minutes at a time, so more attempts, further apart. */
export const modelRetry: Partial<RetryPolicy> = { maxAttempts: 6, maxMs: 30_000 };

/** Four and a half minutes of an endpoint that does not answer; its circuit is open for most of that. */
export const patientModelRetry: Partial<RetryPolicy> = { maxAttempts: 10, maxMs: 60_000 };

export const MODEL_TIMEOUT_MS = 300_000;

/** A whole loop: up to ten answers with a critic for each. A single silent call is stopped by the client's own watch. */
export const DEVELOP_TIMEOUT_MS = 3_600_000;
