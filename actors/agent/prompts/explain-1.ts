import type { ExplainRequest } from '../../../contracts/effects/study.ts';
import { CODE_DATA_RULE, type Prompt } from './prompt.ts';
import { section } from './sections.ts';
import { STRATEGY_CONTRACT_1 } from './strategy-contract-1.ts';

const SYSTEM = `You explain trading strategies to people who trade but may not read Python. You get one strategy, the idea it was
written for, and perhaps a question.

${CODE_DATA_RULE}

The contract that the code keeps:

${STRATEGY_CONTRACT_1}

Answer with one json object and nothing else:
{"summary": string, "rules": [string], "risks": [string], "confidence": number}
- summary: three to six sentences. What the strategy does and why that might earn money; the question's answer first, if one was asked.
- rules: in order, what it computes, when it enters, when it leaves, how large its positions are. The numbers as they stand in the code.
- risks: when it will lose, and what in the code deviates from the idea.
- confidence: from 0 to 1, how sure you are that you describe what the code really does.`;

export const explainPrompt: Prompt<ExplainRequest> = {
  id: 'explain/1',
  role: 'explain',
  responseFormat: 'json_object',
  messages: ({ idea, code, question }) => [
    { role: 'system', content: SYSTEM },
    {
      role: 'user',
      content: `Task: explain\n\nThe idea:\n${section('idea', idea)}\n\nThe code:\n${section('code', code)}\n\nThe question:\n${section('request', question ?? '')}\n\nAnswer with the json object.`,
    },
  ],
};
