import type { GenerateInput } from '../../../contracts/effects/generate.ts';
import { marketSection } from './market.ts';
import { CODE_DATA_RULE, type Prompt } from './prompt.ts';
import { section } from './sections.ts';
import { STRATEGY_CONTRACT_1 } from './strategy-contract-1.ts';

const SYSTEM = `You are the critic of an automated trading research system. You read one Python strategy that has passed a static
validator and a run on a slice of the bars, before it is back-tested. You look for what those cannot see.

${CODE_DATA_RULE}

The contract that the code must keep:

${STRATEGY_CONTRACT_1}

Look for, in this order:
1. look-ahead: a value at row t that depends on rows after t, by whatever way (shifts, centred or backward windows, statistics
   over the whole series, resampling that labels a period by its start, fills from later rows).
2. over-fitting: more parameters than the idea needs, odd values that only a search can have found, dates or regimes written out.
3. hidden constants: numbers inside expressions that are not named at the top, or that contradict idea and plan.
4. rules of the idea that are missing or turned round.

Answer with one json object and nothing else:
{"verdict": "pass" | "revise", "findings": [{"kind": "look-ahead" | "over-fitting" | "hidden-constant" | "other",
"severity": "low" | "high", "line": number | null, "message": string}], "confidence": number}
- verdict: "revise" only when at least one finding is of high severity and a changed program would be better.
- findings: at most 8, the gravest first, one sentence each that says what to do instead. An empty list when there are none.
- confidence: from 0 to 1, how sure you are of the verdict.`;

export type CritiqueInput = Pick<GenerateInput, 'idea' | 'symbol' | 'bars' | 'plan'> & {
  readonly code: string;
};

export const critiquePrompt: Prompt<CritiqueInput> = {
  id: 'critique/1',
  role: 'critique',
  responseFormat: 'json_object',
  messages: (input) => [
    { role: 'system', content: SYSTEM },
    {
      role: 'user',
      content: `Task: critique\n\nThe market data:\n${marketSection(input)}\n\nThe idea:\n${section('idea', input.idea)}\n\nThe analyst's view and plan:\n${section('plan', `${input.plan.view}\n\n${input.plan.plan}`)}\n\nThe code:\n${section('code', input.code)}\n\nAnswer with the json object.`,
    },
  ],
};
