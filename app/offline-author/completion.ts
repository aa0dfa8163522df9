import { OFFLINE_AUTHOR_LABEL } from '../../contracts/author.ts';
import type { AuthorAnswer } from './author.ts';

export const OFFLINE_MODEL = 'offline-author';

/** Templates have no tokeniser: four characters count as one token, as is usual for estimates. */
const tokensOf = (text: string): number => Math.ceil(text.length / 4);

/** What a completion has in common in all its chunks. */
export interface Envelope {
  readonly id: string;
  readonly created: number;
}

export function usageOf(prompt: string, { reasoning, answer }: AuthorAnswer): Record<string, unknown> {
  const promptTokens = tokensOf(prompt);
  const reasoningTokens = tokensOf(reasoning);
  const completionTokens = reasoningTokens + tokensOf(answer);
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
    prompt_cache_hit_tokens: 0,
    prompt_cache_miss_tokens: promptTokens,
    completion_tokens_details: { reasoning_tokens: reasoningTokens },
  };
}

export function completion(envelope: Envelope, written: AuthorAnswer, usage: unknown): unknown {
  const message = { role: 'assistant', content: written.answer, reasoning_content: written.reasoning };
  return {
    ...envelope,
    object: 'chat.completion',
    model: OFFLINE_MODEL,
    system_fingerprint: OFFLINE_AUTHOR_LABEL,
    choices: [{ index: 0, message, finish_reason: 'stop' }],
    usage,
  };
}

/** The chunks of a streamed completion in order, as a model sends them: reasoning first, then the answer, then usage. */
export function* chunks(envelope: Envelope, written: AuthorAnswer, usage: unknown): Generator<unknown> {
  const base = {
    ...envelope,
    object: 'chat.completion.chunk',
    model: OFFLINE_MODEL,
    system_fingerprint: OFFLINE_AUTHOR_LABEL,
  };
  const delta = (content: unknown, finish: string | null = null): unknown => ({
    ...base,
    choices: [{ index: 0, delta: content, finish_reason: finish }],
  });
  yield delta({ role: 'assistant', content: '' });
  for (const piece of pieces(written.reasoning)) yield delta({ reasoning_content: piece });
  for (const piece of pieces(written.answer)) yield delta({ content: piece });
  yield delta({}, 'stop');
  yield { ...base, choices: [], usage };
}

const MOST_PIECES = 60;

/** Cut after spaces where possible, in pieces of about 24 characters, longer where that would give too many. */
function* pieces(text: string): Generator<string> {
  const size = Math.max(24, Math.ceil(text.length / MOST_PIECES));
  for (let at = 0; at < text.length;) {
    const space = text.indexOf(' ', at + size - 8);
    const end = space >= 0 && space < at + size + 8 ? space + 1 : at + size;
    yield text.slice(at, end);
    at = end;
  }
}
