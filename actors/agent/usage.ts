import { z } from 'zod';
import type { Usage } from '../../contracts/author.ts';
import type { ModelPrice } from './models.ts';

const tokens = z.number().int().nonnegative().catch(0);

/** The `usage` object as DeepSeek, OpenAI and vLLM send it; a field that is missing or absurd counts as absent. */
const WireUsage = z.object({
  prompt_tokens: tokens.default(0),
  completion_tokens: tokens.default(0),
  prompt_cache_hit_tokens: z.number().int().nonnegative().optional().catch(undefined),
  prompt_tokens_details: z
    .object({ cached_tokens: tokens.default(0) })
    .nullish()
    .catch(undefined),
  completion_tokens_details: z
    .object({ reasoning_tokens: tokens.default(0) })
    .nullish()
    .catch(undefined),
});

export const noUsage: Usage = {
  calls: 0,
  promptTokens: 0,
  cacheHitTokens: 0,
  cacheMissTokens: 0,
  completionTokens: 0,
  reasoningTokens: 0,
  costUsd: 0,
};

/** One call's tokens and cost. `raw` is what the endpoint reported; undefined counts the call with no tokens. */
export function usageOf(raw: unknown, price: ModelPrice | undefined): Usage {
  const parsed = WireUsage.safeParse(raw ?? {});
  if (!parsed.success) return { ...noUsage, calls: 1 };
  const wire = parsed.data;
  const promptTokens = wire.prompt_tokens;
  const reportedHit = wire.prompt_cache_hit_tokens ?? wire.prompt_tokens_details?.cached_tokens ?? 0;
  const cacheHitTokens = Math.min(reportedHit, promptTokens);
  const cacheMissTokens = promptTokens - cacheHitTokens;
  const completionTokens = wire.completion_tokens;
  const reasoningTokens = Math.min(wire.completion_tokens_details?.reasoning_tokens ?? 0, completionTokens);
  const costUsd =
    price === undefined
      ? 0
      : (cacheHitTokens * price.cacheHit +
          cacheMissTokens * price.cacheMiss +
          completionTokens * price.output) /
        1_000_000;
  return {
    calls: 1,
    promptTokens,
    cacheHitTokens,
    cacheMissTokens,
    completionTokens,
    reasoningTokens,
    costUsd,
  };
}

export function addUsage(a: Usage, b: Usage): Usage {
  return {
    calls: a.calls + b.calls,
    promptTokens: a.promptTokens + b.promptTokens,
    cacheHitTokens: a.cacheHitTokens + b.cacheHitTokens,
    cacheMissTokens: a.cacheMissTokens + b.cacheMissTokens,
    completionTokens: a.completionTokens + b.completionTokens,
    reasoningTokens: a.reasoningTokens + b.reasoningTokens,
    costUsd: a.costUsd + b.costUsd,
  };
}
