import type { Author } from '../../contracts/author.ts';
import {
  analysePrompt,
  critiquePrompt,
  explainPrompt,
  fixPrompt,
  generatePrompt,
  reasonPrompt,
  refactorPrompt,
} from './prompts/index.ts';

/** Which prompts, in which versions, are put to which model, by effect. */
export function agentRevisions({ model }: Pick<Author, 'model'>): Readonly<Record<string, string>> {
  const of = (...prompts: readonly { readonly id: string }[]): string =>
    `${prompts.map(({ id }) => id).join('+')} ${model}`;
  return {
    'agent.reason': of(reasonPrompt),
    'agent.generate': of(generatePrompt),
    'agent.develop': of(generatePrompt, critiquePrompt, fixPrompt),
    'agent.explain': of(explainPrompt),
    'agent.analyse': of(analysePrompt),
    'agent.refactor': of(refactorPrompt, critiquePrompt, fixPrompt),
  };
}
