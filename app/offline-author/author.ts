import { OFFLINE_AUTHOR_LABEL } from '../../contracts/author.ts';
import { outsideSections, readSections, type Sections } from '../../actors/agent/prompts/index.ts';
import { compose, type Composition } from './compose.ts';
import { type FaultPlan, nextFault, readFaults, withFault } from './faults.ts';
import { analyse, criticise, explain } from './study.ts';

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
  const all = asked.map(({ content }) => readSections(content));
  const sections: Sections = Object.assign({}, ...all.toReversed()) as Sections;
  const plan = readFaults(sections.idea ?? asked.at(-1)?.content ?? '');
  const composed = (idea: string): Composition =>
    compose({ idea, seed: request.seed, bars: barsIn(sections.market) });

  // What we said ourselves; a stranger's "Task:" stands in a section.
  const task = /^Task: ([a-z]+)$/m.exec(outsideSections(asked[0]?.content ?? ''))?.[1];
  switch (task) {
    case 'critique':
      return asJson(criticise(sections.code ?? ''));
    case 'explain':
      return asJson(explain(sections.code ?? '', composed(plan.idea).view));
    case 'analyse':
      return asJson(analyse(sections.results ?? ''));
    case 'refactor':
      return rewritten(plan.idea, sections, composed);
    case 'fix':
      return mended(composed(plan.idea), plan, sections.code ?? '');
    default:
      return request.wantsJson ? planned(composed(plan.idea)) : written(composed(plan.idea), plan);
  }
}

const asJson = ({ reasoning, answer }: { reasoning: string; answer: object }): AuthorAnswer => ({
  reasoning,
  answer: JSON.stringify(answer),
});

const fenced = (code: string): string => `\`\`\`python\n${code.trimEnd()}\n\`\`\`\n`;

function barsIn(market: string | undefined): number {
  const count = /"count": ?(\d{1,9})/.exec(market ?? '')?.[1];
  return count === undefined ? DEFAULT_BARS : Number(count);
}

function planned(composition: Composition): AuthorAnswer {
  const { title, derivation, view, plan, confidence } = composition;
  const steps = derivation.map((step) => `- ${step}`).join('\n');
  return {
    reasoning: `I am the ${OFFLINE_AUTHOR_LABEL}: I look for words and numbers that I know and choose from a template library.\n${steps}\nSo the plan is: ${title}.\n${plan}\n`,
    answer: JSON.stringify({ view, plan, confidence }),
  };
}

function written(composition: Composition, plan: FaultPlan): AuthorAnswer {
  const { derivation, warmupBars, families, overlays, code } = composition;
  const templates = [...families.map((name) => name.replaceAll('_', ' ')), ...overlays].join(' + ');
  const steps = derivation.map((step) => `- ${step}`).join('\n');
  const fault = nextFault(plan, undefined);
  return {
    reasoning: `I am the ${OFFLINE_AUTHOR_LABEL}. The same words lead to the same templates: ${templates}.\n${steps}\nThe longest window needs ${warmupBars} bars, so that is the warm-up. Every rolling window ends at its own bar and nothing is shifted back from the future. The result is clipped to [-1, 1] and is 0 during the warm-up.\n${faultNote(plan, fault)}`,
    answer: fenced(fault === undefined ? code : withFault(code, plan, fault)),
  };
}

function mended({ code }: Composition, plan: FaultPlan, before: string): AuthorAnswer {
  const fault = nextFault(plan, before);
  return {
    reasoning: `I am the ${OFFLINE_AUTHOR_LABEL}. I cannot mend code; I write the templates of the idea again.\n${faultNote(plan, fault)}`,
    answer: fenced(fault === undefined ? code : withFault(code, plan, fault)),
  };
}

const faultNote = (plan: FaultPlan, at: number | undefined): string =>
  at === undefined
    ? ''
    : `The idea asks for a fault to be seen: ${plan.faults[at] ?? ''}. I put it in, and say so in a comment.\n`;

/** Asked to keep what it does, it keeps the code; asked for something that the library knows, it composes idea and goal anew. */
function rewritten(idea: string, sections: Sections, composed: (idea: string) => Composition): AuthorAnswer {
  const goal = sections.request ?? '';
  const before = sections.code ?? '';
  const keeps = /\bsame\b|\bunchanged\b/i.test(goal);
  const after = composed(`${idea}. ${goal}`);
  const changes = !keeps && after.code !== composed(idea).code;
  return {
    reasoning: `I am the ${OFFLINE_AUTHOR_LABEL}. ${changes ? `The goal leads to other templates: ${after.title}.` : 'I cannot restructure code; I hand it back without blank ends of lines.'}\n`,
    answer: fenced(changes ? after.code : before.replace(/[ \t]+$/gm, '')),
  };
}
