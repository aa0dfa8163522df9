export { analysePrompt } from './analyse-1.ts';
export { critiquePrompt, type CritiqueInput } from './critique-1.ts';
export { explainPrompt } from './explain-1.ts';
export { fixPrompt, type FixInput } from './fix-1.ts';
export { generatePrompt } from './generate-1.ts';
export { reasonPrompt } from './reason-1.ts';
export { refactorPrompt } from './refactor-1.ts';
export { type Prompt } from './prompt.ts';
export { outsideSections, readSections, section, type Sections } from './sections.ts';
