import type { Trace } from '../contracts/trace.ts';

/** Different words of one trace that can be found; those that come later in it cannot. */
const MOST_WORDS = 800;
const LONGEST_WORD = 32;

/** The words of a text as the index has them, in order, each once. */
export function wordsOf(text: string, most = MOST_WORDS): readonly string[] {
  const found = new Set<string>();
  for (const [word] of text
    .normalize('NFKC')
    .toLowerCase()
    .matchAll(/[\p{L}\p{N}_]+/gu)) {
    found.add(word.slice(0, LONGEST_WORD));
    if (found.size >= most) break;
  }
  return [...found];
}

/** By what a trace is found. The system messages are ours and the same in all: nobody looks for them. */
export function traceWords(trace: Trace): readonly string[] {
  const { messages, answer, reasoning, error, review, trial } = trace;
  const texts = [
    error?.message ?? '',
    trial?.message ?? '',
    ...(review?.findings ?? []).map(({ message }) => message),
    ...messages.filter(({ role }) => role !== 'system').map(({ content }) => content),
    answer,
    reasoning,
    trial?.traceback ?? '',
    trial?.stdout ?? '',
  ];
  return wordsOf(texts.join('\n'));
}
