import type { Author } from '../../contracts/author.ts';
import { generatePrompt, reasonPrompt } from './prompts/index.ts';

/** Which prompt, in which version, is put to which model, by effect. */
export const agentRevisions = ({ model }: Pick<Author, 'model'>): Readonly<Record<string, string>> => ({
  'agent.reason': `${reasonPrompt.id} ${model}`,
  'agent.generate': `${generatePrompt.id} ${model}`,
});
