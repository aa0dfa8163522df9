import { createHash } from 'node:crypto';

/**
 * Data from outside stands between marks that carry the SHA-256 of the data itself. Text that wanted to forge its own
 * closing mark would have to contain its own hash. The same data gives the same marks, so prompts stay cacheable.
 */
export function section(name: SectionName, content: string): string {
  const seal = sealOf(name, content);
  return `<<<${name} ${seal}\n${content}\n${name} ${seal}>>>`;
}

export const sectionNames = ['market', 'idea', 'plan', 'code', 'problem', 'request', 'results'] as const;
export type SectionName = (typeof sectionNames)[number];
export type Sections = Readonly<Partial<Record<SectionName, string>>>;

/** The sections of a message, read in order; what stands inside one is never read as a mark. */
export function readSections(message: string): Sections {
  return split(message).sections;
}

/** The message without its sections: what we said ourselves. */
export function outsideSections(message: string): string {
  return split(message).outside;
}

function split(message: string): { readonly sections: Sections; readonly outside: string } {
  const sections: Partial<Record<SectionName, string>> = {};
  let outside = '';
  let from = 0;
  const opening = /^<<<([a-z]+) ([0-9a-f]{32})\n/gm;
  for (let match = opening.exec(message); match !== null; match = opening.exec(message)) {
    const [, name, seal] = match;
    const known = sectionNames.find((each) => each === name);
    if (known === undefined || seal === undefined) continue;
    const close = `\n${known} ${seal}>>>`;
    const end = message.indexOf(close, opening.lastIndex);
    if (end < 0) continue;
    const content = message.slice(opening.lastIndex, end);
    if (sealOf(known, content) !== seal) continue;
    sections[known] ??= content;
    outside += message.slice(from, match.index);
    from = end + close.length;
    opening.lastIndex = from;
  }
  return { sections, outside: outside + message.slice(from) };
}

const sealOf = (name: string, content: string): string =>
  createHash('sha256').update(`${name}\n${content}`).digest('hex').slice(0, 32);
