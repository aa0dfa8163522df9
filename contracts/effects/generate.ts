import { z } from 'zod';
import { Author, Usage } from '../author.ts';
import { StrategyId } from '../ids.ts';
import { ReasonInput, ReasonRequest, ReasonResult } from './reason.ts';

const authored = {
  strategyId: StrategyId,
  version: z.number().int().positive(),
  plan: ReasonResult.pick({ view: true, plan: true, confidence: true }),
};

/** `agent.generate`: the strategy's code, from idea and plan; registered as a draft under `strategyId`. */
export const GenerateRequest = ReasonRequest.extend(authored);
export type GenerateRequest = z.infer<typeof GenerateRequest>;

export const GenerateInput = ReasonInput.extend(authored);
export type GenerateInput = z.infer<typeof GenerateInput>;

export const GenerateResult = z.object({
  strategyId: StrategyId,
  version: z.number().int().positive(),
  code: z.string().min(1).max(65_536),
  codeSha256: z.string(),
  /** The model's streamed thinking, bounded. */
  reasoning: z.string(),
  author: Author,
  usage: Usage,
});
export type GenerateResult = z.infer<typeof GenerateResult>;
