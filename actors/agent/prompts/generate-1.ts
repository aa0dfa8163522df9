import type { GenerateInput } from '../../../contracts/effects/generate.ts';
import { marketSection } from './market.ts';
import { DATA_RULE, type Prompt } from './prompt.ts';
import { section } from './sections.ts';
import { STRATEGY_CONTRACT_1 } from './strategy-contract-1.ts';

const SYSTEM = `You are the programmer of an automated trading research system. You turn a trading idea and an analyst's plan into one
Python strategy. It is checked by a static validator, run in a sandbox without network or files, tested for look-ahead and
back-tested with costs by someone else.

${DATA_RULE}

${STRATEGY_CONTRACT_1}

Answer with exactly one fenced code block that starts with \`\`\`python and holds the whole module. No text outside the block. The module
begins with a docstring that says in one to three sentences what the strategy does.`;

export const generatePrompt: Prompt<Pick<GenerateInput, 'idea' | 'symbol' | 'bars' | 'plan'>> = {
  id: 'generate/1',
  role: 'generate',
  responseFormat: 'text',
  messages: (input) => [
    { role: 'system', content: SYSTEM },
    {
      role: 'user',
      content: `The market data:\n${marketSection(input)}\n\nThe idea:\n${section('idea', input.idea)}\n\nThe analyst's view and plan:\n${section('plan', `${input.plan.view}\n\n${input.plan.plan}`)}\n\nAnswer with the code block.`,
    },
  ],
};
