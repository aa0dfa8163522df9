import type { z } from 'zod';
import { TradewrightError } from '../../contracts/errors.ts';
import { withoutThinking } from './extract-code.ts';

/** The object of a JSON answer. @throws AGENT_ANSWER_EMPTY naming what does not fit */
export function readJson<S extends z.ZodType>(schema: S, answer: string): z.output<S> {
  const text = withoutThinking(answer);
  // Some endpoints wrap the object in a fence or a sentence; what counts is from the first brace to the last.
  const json = text.slice(Math.max(text.indexOf('{'), 0), text.lastIndexOf('}') + 1);
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    value = undefined;
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues
    .slice(0, 3)
    .map(({ path, message }) => `${path.join('.') || 'answer'}: ${message}`)
    .join('; ');
  throw new TradewrightError(
    'AGENT_ANSWER_EMPTY',
    `the answer is not the JSON object asked for: ${issues}`.slice(0, 400),
    { details: { answer: answer.slice(0, ANSWER_SHOWN_CHARS) } },
  );
}

/** What the model is shown again of an answer that was of no use. */
const ANSWER_SHOWN_CHARS = 16_000;
