import { z } from 'zod';
import { Author, Usage } from '../author.ts';
import { BarsInfo } from '../bars.ts';
import { Symbol } from '../symbol.ts';

/** `agent.reason`: a view of the market and a plan for the code, from the idea. */
export const ReasonRequest = z.object({ idea: z.string(), symbol: Symbol, seed: z.number().int() });
export type ReasonRequest = z.infer<typeof ReasonRequest>;

/** What the model is told: the request and what the bars are. */
export const ReasonInput = ReasonRequest.extend({ bars: BarsInfo });
export type ReasonInput = z.infer<typeof ReasonInput>;

export const ReasonResult = z.object({
  view: z.string(),
  plan: z.string(),
  confidence: z.number().min(0).max(1),
  /** The model's streamed thinking, bounded. */
  reasoning: z.string(),
  author: Author,
  usage: Usage,
});
export type ReasonResult = z.infer<typeof ReasonResult>;
