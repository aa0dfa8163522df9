import type { Node, NodeOf } from './tree.ts';

/** What an expression may be, as far as it can be told without running it. */
export type Value =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'bytes'; readonly text: string }
  /** A string whose content could not be worked out. */
  | { readonly kind: 'some-text' }
  | { readonly kind: 'number'; readonly number: number }
  | { readonly kind: 'sequence'; readonly items: readonly (readonly Value[])[] }
  /** Something with a public address: `numpy`, `numpy.random.default_rng`, `builtins.getattr`. */
  | { readonly kind: 'member'; readonly path: string }
  | { readonly kind: 'function'; readonly node: Node }
  | { readonly kind: 'class'; readonly node: NodeOf<'ClassDef'> }
  | { readonly kind: 'instance'; readonly node: NodeOf<'ClassDef'> }
  | { readonly kind: 'unknown' };

/** The alternatives an expression may evaluate to; never empty. */
export type Values = readonly Value[];

export const unknown: Value = { kind: 'unknown' };
export const someText: Value = { kind: 'some-text' };
export const unknownValues: Values = [unknown];

export const MAX_ALTERNATIVES = 16;
/** Things with a public address are kept when there are too many alternatives, up to here. */
export const MAX_MEMBERS = 64;
export const MAX_TEXT = 4096;
export const MAX_ITEMS = 512;

export function textValue(text: string): Value {
  return text.length > MAX_TEXT ? someText : { kind: 'text', text };
}

export function numberValue(number: number): Value {
  return { kind: 'number', number };
}

/** The same alternatives once each; too many of them are as good as unknown, which is then one of them. */
export function bounded(values: readonly Value[]): Values {
  if (values.length <= 1) return values.length === 0 ? unknownValues : values;
  const distinct = new Map<string, Value>();
  for (const value of values) distinct.set(keyOf(value, distinct.size), value);
  const kept = [...distinct.values()];
  if (kept.length <= MAX_ALTERNATIVES) return kept;
  // A module among many harmless alternatives must not be crowded out of sight.
  const members = kept.filter(({ kind }) => kind === 'member').slice(0, MAX_MEMBERS);
  const others = kept.filter(({ kind }) => kind !== 'member');
  return [...members, ...others.slice(0, Math.max(0, MAX_ALTERNATIVES - members.length)), unknown];
}

function keyOf(value: Value, index: number): string {
  switch (value.kind) {
    case 'text':
    case 'bytes':
      return `${value.kind} ${value.text}`;
    case 'number':
      return `number ${value.number}`;
    case 'member':
      return `member ${value.path}`;
    case 'unknown':
    case 'some-text':
      return value.kind;
    case 'sequence':
    case 'function':
    case 'class':
    case 'instance':
      return `${value.kind} ${index}`;
  }
}

/** The strings a value may be, and whether that is all it may be. */
export function textsOf(values: Values): { texts: string[]; complete: boolean } {
  const texts: string[] = [];
  for (const value of values) if (value.kind === 'text') texts.push(value.text);
  return { texts, complete: texts.length === values.length };
}

const none: readonly string[] = [];

export function membersOf(values: Values): readonly string[] {
  let paths: string[] | null = null;
  for (const value of values) {
    if (value.kind !== 'member') continue;
    paths ??= [];
    paths.push(value.path);
  }
  return paths ?? none;
}

export function numberOf(values: Values): number | null {
  const [first] = values;
  return values.length === 1 && first?.kind === 'number' ? first.number : null;
}
