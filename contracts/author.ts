import { z } from 'zod';

/** Who wrote the code; `offline` is the template author, said wherever its work is shown. */
export const Author = z.object({
  kind: z.enum(['offline', 'llm']),
  model: z.string(),
  /** `offline author, not an LLM` or the model's name. */
  label: z.string(),
});
export type Author = z.infer<typeof Author>;

export const OFFLINE_AUTHOR_LABEL = 'offline author, not an LLM';

/** Tokens and money of one or more model calls; cost in US dollars. */
export const Usage = z.object({
  calls: z.number().int().nonnegative(),
  promptTokens: z.number().int().nonnegative(),
  cacheHitTokens: z.number().int().nonnegative(),
  cacheMissTokens: z.number().int().nonnegative(),
  completionTokens: z.number().int().nonnegative(),
  reasoningTokens: z.number().int().nonnegative(),
  costUsd: z.number().nonnegative(),
});
export type Usage = z.infer<typeof Usage>;
