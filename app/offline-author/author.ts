import { OFFLINE_AUTHOR_LABEL } from '../../contracts/author.ts';
import { readSections, type Sections } from '../../actors/agent/prompts/index.ts';
import { compose, type Composition } from './compose.ts';

/** A chat request, as far as the author looks at it. */
export interface AuthorRequest {
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly seed: number;
  readonly wantsJson: boolean;
}

export interface AuthorAnswer {
  readonly reasoning: string;
  readonly answer: string;
}

const DEFAULT_BARS = 2_500;

/**
 * Answers a prompt as a model would. The idea is read out of the prompt's sections; what it says about anything but a
 * strategy has no effect, since only known words and numbers are looked for.
 */
export function answerPrompt(request: AuthorRequest): AuthorAnswer {
  const asked = request.messages.filter(({ role }) => role === 'user');
  const sections = asked.map(({ content }) => readSections(content));
  const idea = firstOf(sections, 'idea') ?? asked.at(-1)?.content ?? '';
  const composition = compose({ idea, seed: request.seed, bars: barsIn(firstOf(sections, 'market')) });
  const reasoning = thinking(composition, request.wantsJson);
  if (!request.wantsJson) return { reasoning, answer: `\`\`\`python\n${composition.code}\`\`\`\n` };
  const { view, plan, confidence } = composition;
  return { reasoning, answer: JSON.stringify({ view, plan, confidence }) };
}

const firstOf = (sections: readonly Sections[], name: keyof Sections): string | undefined =>
  sections.map((each) => each[name]).find((content) => content !== undefined);

function barsIn(market: string | undefined): number {
  const count = /"count": ?(\d{1,9})/.exec(market ?? '')?.[1];
  return count === undefined ? DEFAULT_BARS : Number(count);
}

function thinking(composition: Composition, planning: boolean): string {
  const { title, derivation, plan, warmupBars, families, overlays } = composition;
  const templates = [...families.map((name) => name.replaceAll('_', ' ')), ...overlays].join(' + ');
  const steps = derivation.map((step) => `- ${step}`).join('\n');
  return planning
    ? `I am the ${OFFLINE_AUTHOR_LABEL}: I look for words and numbers that I know and choose from a template library.\n${steps}\nSo the plan is: ${title}.\n${plan}\n`
    : `I am the ${OFFLINE_AUTHOR_LABEL}. The same words lead to the same templates: ${templates}.\n${steps}\nThe longest window needs ${warmupBars} bars, so that is the warm-up. Every rolling window ends at its own bar and nothing is shifted back from the future. The result is clipped to [-1, 1] and is 0 during the warm-up.\n`;
}
