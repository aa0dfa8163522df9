import { createHash } from 'node:crypto';

/**
 * Data from outside stands between marks that carry the SHA-256 of the data itself. Text that wanted to forge its own
 * closing mark would have to contain its own hash. The same data gives the same marks, so prompts stay cacheable.
 */
export function section(name: SectionName, content: string): string {
  const seal = sealOf(name, content);
  return `<<<${name} ${seal}\n${content}\n${name} ${seal}>>>`;
}

export const sectionNames = ['market', 'idea', 'plan'] as const;
export type SectionName = (typeof sectionNames)[number];
export type Sections = Readonly<Partial<Record<SectionName, string>>>;

/** The sections of a message, read in order; what stands inside one is never read as a mark. */
export function readSections(message: string): Sections {
  const found: Partial<Record<SectionName, string>> = {};
  const opening = /^<<<([a-z]+) ([0-9a-f]{32})\n/gm;
  for (let match = opening.exec(message); match !== null; match = opening.exec(message)) {
    const [, name, seal] = match;
    const known = sectionNames.find((each) => each === name);
    if (known === undefined || seal === undefined) continue;
    const end = message.indexOf(`\n${known} ${seal}>>>`, opening.lastIndex);
    if (end < 0) continue;
    const content = message.slice(opening.lastIndex, end);
    if (sealOf(known, content) !== seal) continue;
    found[known] ??= content;
    opening.lastIndex = end + 1;
  }
  return found;
}

const sealOf = (name: string, content: string): string =>
  createHash('sha256').update(`${name}\n${content}`).digest('hex').slice(0, 32);
