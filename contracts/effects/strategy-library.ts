import { z } from 'zod';
import { Author } from '../author.ts';
import { StrategyId } from '../ids.ts';
import { Symbol } from '../symbol.ts';

/** `strategy.select`: the strategy that was activated last for a symbol, null when there is none. */
export const SelectStrategyRequest = z.object({ symbol: Symbol });
const SelectedStrategy = z.object({
  strategyId: StrategyId,
  version: z.number().int().positive(),
  code: z.string(),
  codeSha256: z.string(),
  author: Author,
  confidence: z.number().min(0).max(1),
});
export const SelectStrategyResult = z.object({ strategy: SelectedStrategy.nullable() });
export type SelectStrategyResult = z.infer<typeof SelectStrategyResult>;

/** `strategy.withdraw`: undoes the registration of a draft; withdrawing twice, or what never was, is harmless. */
export const WithdrawStrategyRequest = z.object({
  strategyId: StrategyId,
  version: z.number().int().positive(),
});
