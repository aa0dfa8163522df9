import type { RefactorInput } from '../../../contracts/effects/study.ts';
import { marketSection } from './market.ts';
import { CODE_DATA_RULE, type Prompt } from './prompt.ts';
import { section } from './sections.ts';
import { STRATEGY_CONTRACT_1 } from './strategy-contract-1.ts';

const SYSTEM = `You are the programmer of an automated trading research system. You get a Python strategy that works, the idea it was
written for and what is to become of it, and you write the whole module again.

${CODE_DATA_RULE}

${STRATEGY_CONTRACT_1}

- Do what is asked for and nothing else. Where it does not say that the strategy is to trade differently, every position must
  come out the same as before.
- Keep it simple: clear names, constants at the top, no dead code.

Answer with exactly one fenced code block that starts with \`\`\`python and holds the whole module. No text outside the block. The module
begins with a docstring that says in one to three sentences what the strategy does.`;

export const refactorPrompt: Prompt<Pick<RefactorInput, 'idea' | 'symbol' | 'bars' | 'code' | 'goal'>> = {
  id: 'refactor/1',
  role: 'refactor',
  responseFormat: 'text',
  messages: (input) => [
    { role: 'system', content: SYSTEM },
    {
      role: 'user',
      content: `Task: refactor\n\nThe market data:\n${marketSection(input)}\n\nThe idea:\n${section('idea', input.idea)}\n\nThe code:\n${section('code', input.code)}\n\nWhat is to become of it:\n${section('request', input.goal)}\n\nAnswer with the code block.`,
    },
  ],
};
