export { generatePrompt } from './generate-1.ts';
export { reasonPrompt } from './reason-1.ts';
export { type Prompt } from './prompt.ts';
export { readSections, section, type Sections } from './sections.ts';
