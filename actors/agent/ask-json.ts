import type { z } from 'zod';
import { TradewrightError } from '../../contracts/errors.ts';
import { TraceId } from '../../contracts/ids.ts';
import type { AgentCall } from './agent-call.ts';
import { readJson } from './json-answer.ts';
import type { ChatMessage } from './model-client.ts';
import type { Answered, ModelCalls, Question } from './model-calls.ts';
import { spentBy, withDetails, withSpent } from './spent.ts';
import { addUsage } from './usage.ts';

/** A question that is answered with one JSON object. A blank answer, or one of another shape, is asked for once more. */
export async function askJson<S extends z.ZodType<{ readonly confidence: number }>>(
  calls: ModelCalls,
  question: Omit<Question<unknown>, 'read'> & {
    readonly schema: S;
    readonly decision: (value: z.output<S>) => string;
  },
  call: AgentCall,
): Promise<Answered<z.output<S>>> {
  const { schema, decision, ...asked } = question;
  const read = (answer: string) => {
    const value = readJson(schema, answer);
    return { value, decision: decision(value), confidence: value.confidence };
  };
  let first: TradewrightError;
  try {
    return await calls.ask({ ...asked, read }, call);
  } catch (thrown) {
    if (!(thrown instanceof TradewrightError) || thrown.code !== 'AGENT_ANSWER_EMPTY') throw thrown;
    first = thrown;
  }
  const parentId = TraceId.safeParse(first.details?.['traceId']).data ?? null;
  const messages = [...asked.messages, ...correction(first)];
  try {
    const second = await calls.ask({ ...asked, messages, parentId, read }, call);
    return { ...second, usage: addUsage(spentBy(first), second.usage) };
  } catch (thrown) {
    throw withDetails(withSpent(thrown, spentBy(first)), { answer: undefined });
  }
}

/** What to add to the conversation before asking again; nothing after a blank answer. */
function correction({ details, message }: TradewrightError): readonly ChatMessage[] {
  const answer = details?.['answer'];
  if (typeof answer !== 'string' || answer.trim() === '') return [];
  return [
    { role: 'assistant', content: answer },
    {
      role: 'user',
      content: `That was not the json object asked for (${message}). Answer again with nothing but it.`,
    },
  ];
}
