import type { GenerateInput } from '../../../contracts/effects/generate.ts';
import { marketSection } from './market.ts';
import { CODE_DATA_RULE, type Prompt } from './prompt.ts';
import { section } from './sections.ts';
import { STRATEGY_CONTRACT_1 } from './strategy-contract-1.ts';

const SYSTEM = `You are the programmer of an automated trading research system. A Python strategy that was written for an idea does not
pass. You get the idea, the code and exactly what is wrong with it, and you write the whole module again, mended.

${CODE_DATA_RULE}

${STRATEGY_CONTRACT_1}

- Mend the cause, not the message: do not swallow the error, do not return constants to get through.
- Change as little as the mending needs. Keep the rules of idea and plan, the names and the constants.
- If the problem is that code is not allowed, do without what it was used for.

Answer with exactly one fenced code block that starts with \`\`\`python and holds the whole module. No text outside the block. The module
begins with a docstring that says in one to three sentences what the strategy does.`;

export type FixInput = Pick<GenerateInput, 'idea' | 'symbol' | 'bars' | 'plan'> & {
  /** Empty where the answer held none. */
  readonly code: string;
  /** The exact error or findings. */
  readonly problem: string;
};

export const fixPrompt: Prompt<FixInput> = {
  id: 'fix/1',
  role: 'fix',
  responseFormat: 'text',
  messages: (input) => [
    { role: 'system', content: SYSTEM },
    {
      role: 'user',
      content: `Task: fix\n\nThe market data:\n${marketSection(input)}\n\nThe idea:\n${section('idea', input.idea)}\n\nThe analyst's view and plan:\n${section('plan', `${input.plan.view}\n\n${input.plan.plan}`)}\n\nThe code:\n${section('code', input.code)}\n\nWhat is wrong with it:\n${section('problem', input.problem)}\n\nAnswer with the code block.`,
    },
  ],
};
