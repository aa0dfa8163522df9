import { z } from 'zod';

const usdPerMillion = z.number().nonnegative().finite();
const count = z.number().int().positive();

/** What one model costs, US dollars per million tokens. Reasoning tokens are billed as output. */
export const ModelPrice = z.strictObject({
  cacheHit: usdPerMillion,
  cacheMiss: usdPerMillion,
  output: usdPerMillion,
});
export type ModelPrice = z.infer<typeof ModelPrice>;

/** One row of the table of models. What is left out has the default of `defaultAgentLimits`. */
export const ModelEntry = z.strictObject({
  /** Left out: nobody entered it. Its calls count as free, and no budget can be kept. */
  price: ModelPrice.optional(),
  /** Of one answer, reasoning included. */
  maxTokens: count.max(10_000_000).optional(),
  requestsPerMinute: count.optional(),
  /** Calls under way at once. */
  concurrency: count.max(1_000).optional(),
  /** Fields added to every request, such as `{"thinking": {"type": "enabled"}}`. */
  extraBody: z.record(z.string(), z.unknown()).optional(),
});
export type ModelEntry = z.infer<typeof ModelEntry>;

/** Model name → its row. */
export const ModelTable = z.record(z.string(), ModelEntry);
export type ModelTable = z.infer<typeof ModelTable>;

/**
 * DeepSeek's published peak prices of October 2026 (off-peak is half of them): an upper bound, so that a budget computed
 * from them is never overdrawn. A table of the user's own adds to these rows and replaces those of the same name.
 */
export const knownModels: ModelTable = {
  'deepseek-flash': {
    price: { cacheHit: 0.006, cacheMiss: 0.3, output: 1.2 },
    maxTokens: 32_768,
  },
  'deepseek-v4-pro': {
    price: { cacheHit: 0.044, cacheMiss: 1.32, output: 3.96 },
    maxTokens: 32_768,
  },
};
