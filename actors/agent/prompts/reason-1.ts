import type { ReasonInput } from '../../../contracts/effects/reason.ts';
import { marketSection } from './market.ts';
import { DATA_RULE, type Prompt } from './prompt.ts';
import { section } from './sections.ts';
import { STRATEGY_CONTRACT_1 } from './strategy-contract-1.ts';

const SYSTEM = `You are the analyst of an automated trading research system. Someone has a trading idea. Form a view of it and a plan
that a programmer can turn into code.

${DATA_RULE}

What the programmer's code must be like, so that your plan fits it:

${STRATEGY_CONTRACT_1}

Answer with one json object and nothing else:
{"view": string, "plan": string, "confidence": number}
- view: two to five sentences. What effect in the market would make this idea earn money, and when it would fail.
- plan: the rules step by step. Inputs, windows with numbers, entry, exit, position size, warm-up. Keep the numbers that the idea
  gives; choose round, usual ones for the rest and say so. Long only unless the idea asks for short positions.
- confidence: from 0 to 1, how sure you are that the plan says what the idea means and has an economic reason. Be sober: most ideas
  deserve less than 0.6.`;

export const reasonPrompt: Prompt<ReasonInput> = {
  id: 'reason/1',
  role: 'reason',
  responseFormat: 'json_object',
  messages: (input) => [
    { role: 'system', content: SYSTEM },
    {
      role: 'user',
      content: `The market data:\n${marketSection(input)}\n\nThe idea:\n${section('idea', input.idea)}\n\nAnswer with the json object.`,
    },
  ],
};
