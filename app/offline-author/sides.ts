import type { Idea } from './idea.ts';

/** Conditions in Python: from where a position is held to where it is left. */
export interface Held {
  readonly enter: string;
  readonly leave: string;
}

/** The return statement of a rule that enters and leaves: only the sides that the idea trades. */
export function returnHeld(idea: Idea, long: Held, short: Held): string {
  const longTerm = `hold(${long.enter}, ${long.leave}, LONG)`;
  const shortTerm = `hold(${short.enter}, ${short.leave}, SHORT)`;
  const terms = { 'long-only': [longTerm], 'short-only': [shortTerm], 'long-short': [longTerm, shortTerm] }[
    idea.sides
  ];
  return `return ${terms.join(' + ')}`;
}

/** What the two sides of a rule mean for this idea. */
export function sideNames(idea: Idea): { readonly up: string; readonly down: string } {
  return {
    up: idea.sides === 'short-only' ? 'flat' : 'long',
    down: idea.sides === 'long-only' ? 'flat' : 'short',
  };
}

/** The part of a rule's sentence for each side, where it is traded. */
export function perSide(idea: Idea, long: string, short: string): string {
  return { 'long-only': long, 'short-only': short, 'long-short': `${long}, ${short}` }[idea.sides];
}
