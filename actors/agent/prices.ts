import { z } from 'zod';

const usdPerMillion = z.number().nonnegative().finite();

/** What one model costs, US dollars per million tokens. Reasoning tokens are billed as output. */
export const ModelPrice = z.object({
  cacheHit: usdPerMillion,
  cacheMiss: usdPerMillion,
  output: usdPerMillion,
});
export type ModelPrice = z.infer<typeof ModelPrice>;

/** Model name → price. A model that is not in the table costs 0: a local one, or one whose price nobody entered. */
export const PriceTable = z.record(z.string(), ModelPrice);
export type PriceTable = z.infer<typeof PriceTable>;

/**
 * DeepSeek's published peak prices of October 2026 (off-peak is half of them): an upper bound, so that a budget computed
 * from them is never overdrawn. Configuration replaces the whole table.
 */
export const deepSeekPrices: PriceTable = {
  'deepseek-flash': { cacheHit: 0.006, cacheMiss: 0.3, output: 1.2 },
  'deepseek-v4-pro': { cacheHit: 0.044, cacheMiss: 1.32, output: 3.96 },
};
