import type { AnalyseRequest } from '../../../contracts/effects/study.ts';
import { marketSection } from './market.ts';
import { CODE_DATA_RULE, type Prompt } from './prompt.ts';
import { section } from './sections.ts';
import { STRATEGY_CONTRACT_1 } from './strategy-contract-1.ts';

const SYSTEM = `You are the reviewer of an automated trading research system. You get one strategy, the idea it was written for and the
results of an honest back-test with costs, and you say what the results are worth.

${CODE_DATA_RULE}

The contract that the code keeps:

${STRATEGY_CONTRACT_1}

Answer with one json object and nothing else:
{"assessment": string, "strengths": [string], "weaknesses": [string], "suggestions": [string], "confidence": number}
- assessment: three to six sentences. Does it beat buy and hold after costs, per unit of risk? Is that plausible, or luck, or one period?
- strengths, weaknesses: each with the number it rests on.
- suggestions: changes with an economic reason that someone could test; no parameter search.
- confidence: from 0 to 1, how much the results say about the future. Be sober: one symbol and one history seldom deserve more than 0.4.`;

export const analysePrompt: Prompt<AnalyseRequest> = {
  id: 'analyse/1',
  role: 'analyse',
  responseFormat: 'json_object',
  messages: ({ idea, code, symbol, bars, metrics, lookAhead }) => {
    const results = JSON.stringify({
      ...metrics,
      lookAhead: { passed: lookAhead.passed, why: lookAhead.why },
    });
    return [
      { role: 'system', content: SYSTEM },
      {
        role: 'user',
        content: `Task: analyse\n\nThe market data:\n${marketSection({ symbol, bars })}\n\nThe idea:\n${section('idea', idea)}\n\nThe code:\n${section('code', code)}\n\nThe results:\n${section('results', results)}\n\nAnswer with the json object.`,
      },
    ];
  },
};
