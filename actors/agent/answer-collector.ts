import { z } from 'zod';
import { boundedText } from './bounded-text.ts';

const text = z.string().nullish().catch(undefined);

/** The parts of a streamed chunk that are read; `reasoning_content` is DeepSeek's name, `reasoning` vLLM's. */
const Chunk = z.object({
  model: text,
  choices: z
    .array(
      z.object({
        delta: z
          .object({ content: text, reasoning_content: text, reasoning: text, refusal: text })
          .nullish()
          .catch(undefined),
        finish_reason: text,
      }),
    )
    .catch([])
    .default([]),
  usage: z.unknown().optional(),
});

/** What a stream has given so far. */
export interface Collected {
  readonly answer: string;
  readonly reasoning: string;
  readonly finishReason: string | undefined;
  readonly refused: boolean;
  readonly model: string | undefined;
  /** As the endpoint sent it; undefined when it sent none. */
  readonly rawUsage: unknown;
}

export interface AnswerCollector {
  take(chunk: unknown): void;
  /** The answer has outgrown its limit. */
  readonly overflowed: boolean;
  collected(): Collected;
}

/** Gathers the chunks of one streamed completion, bounded; chunks of another shape are skipped. */
export function createAnswerCollector(options: {
  answerLimitChars: number;
  reasoningLimitChars: number;
  onReasoning: (text: string) => void;
  onAnswer: (text: string) => void;
}): AnswerCollector {
  const answer = boundedText(options.answerLimitChars);
  const reasoning = boundedText(options.reasoningLimitChars);
  let finishReason: string | undefined;
  let refused = false;
  let model: string | undefined;
  let rawUsage: unknown;

  return {
    take(raw) {
      const parsed = Chunk.safeParse(raw);
      if (!parsed.success) return;
      const chunk = parsed.data;
      if (chunk.model) model = chunk.model.slice(0, 200);
      rawUsage = chunk.usage ?? rawUsage;
      const choice = chunk.choices[0];
      if (choice === undefined) return;
      const thought = choice.delta?.reasoning_content ?? choice.delta?.reasoning;
      if (thought) {
        reasoning.append(thought);
        options.onReasoning(thought);
      }
      const piece = choice.delta?.content;
      if (piece) {
        answer.append(piece);
        options.onAnswer(piece);
      }
      if (choice.delta?.refusal) refused = true;
      finishReason = choice.finish_reason ?? finishReason;
    },
    get overflowed() {
      return answer.truncated;
    },
    collected: () => ({
      answer: answer.text(),
      reasoning: reasoning.text(),
      finishReason,
      refused,
      model,
      rawUsage,
    }),
  };
}
