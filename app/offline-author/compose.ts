import { OFFLINE_AUTHOR_LABEL } from '../../contracts/author.ts';
import { chooseFamilies } from './choose.ts';
import type { Constant, Draft, Family } from './family.ts';
import { readIdea } from './idea.ts';
import { overlayRules, type Overlay } from './overlay.ts';

/** What the offline author has to say about an idea. */
export interface Composition {
  readonly title: string;
  readonly families: readonly string[];
  readonly overlays: readonly string[];
  readonly warmupBars: number;
  readonly constants: readonly Constant[];
  /** How the words of the idea led to the rules, one step a line. */
  readonly derivation: readonly string[];
  readonly view: string;
  readonly plan: string;
  /** How clearly the idea maps onto the library, 0 to 1; it says nothing about profit. */
  readonly confidence: number;
  readonly code: string;
}

/**
 * Writes a strategy from the template library. Deterministic: the same idea, seed and number of bars give the same code.
 * Nothing of the idea's text is copied into the result; it only chooses among templates and numbers within bounds.
 */
export function compose(request: { idea: string; seed: number; bars: number }): Composition {
  const idea = readIdea(request.idea, request.seed, request.bars);
  const choice = chooseFamilies(idea);
  const owners = choice.families.map(({ name }) => name);
  // Overlays read first: their words claim the numbers right beside them.
  const overlays = overlayRules
    .filter(({ owner }) => owner === undefined || !owners.includes(owner))
    .map(({ rule }) => rule(idea))
    .filter((overlay) => overlay !== undefined);
  const parts = choice.families.map((family) => ({ family, draft: family.design(idea) }));
  const rebalances = overlays.some(({ title }) => title.endsWith('rebalancing'));
  // A position taken over from the last rebalancing must have been decided after the warm-up of everything else.
  const warmupBars =
    Math.max(
      ...parts.map(({ draft }) => draft.warmupBars),
      ...overlays.map((overlay) => overlay.warmupBars),
    ) + (rebalances ? 25 : 0);
  const names = parts.map(({ family }, at) => (at === 0 ? family.title : uncapital(family.title)));
  const extras = overlays.map((overlay) => overlay.title);
  const title = `${names.join(' and ')}${extras.length > 0 ? ` with ${inWords(extras)}` : ''}`;
  const rules = [...parts.map(({ draft }) => draft.rule), ...overlays.map(({ rule }) => rule)];
  const sides = {
    'long-only': 'long or flat',
    'short-only': 'short or flat',
    'long-short': 'long and short',
  }[idea.sides];
  const constants: Constant[] = [
    ...parts.flatMap(({ draft }) => draft.constants),
    ...overlays.flatMap((overlay) => overlay.constants),
    { name: 'LONG', value: idea.sides === 'short-only' ? 0 : 1, meaning: 'target of the long side' },
    { name: 'SHORT', value: idea.sides === 'long-only' ? 0 : -1, meaning: 'target of the short side' },
  ];
  const named = Math.min(choice.score, 5) / 10;
  return {
    title,
    families: owners,
    overlays: extras,
    warmupBars,
    constants,
    derivation: idea.notes,
    view: `${OFFLINE_AUTHOR_LABEL}: ${title}. ${parts.map(({ family }) => family.view).join(' ')}`,
    plan: [
      ...rules.map((rule, index) => `${index + 1}. ${rule}.`),
      `${rules.length + 1}. ${sides}, decided at each close; warm-up ${warmupBars} bars.`,
    ].join('\n'),
    confidence: Number((choice.score === 0 ? 0.3 : 0.4 + named * 0.6).toFixed(2)),
    code: moduleOf({ title, rules, warmupBars, constants, parts, overlays, agree: choice.agree, sides }),
  };
}

function moduleOf(strategy: {
  title: string;
  rules: readonly string[];
  warmupBars: number;
  constants: readonly Constant[];
  parts: readonly { family: Family; draft: Draft }[];
  overlays: readonly Overlay[];
  agree: boolean;
  sides: string;
}): string {
  const { title, rules, warmupBars, constants, parts, overlays, agree, sides } = strategy;
  const holds = parts.some(({ draft }) => draft.holds) || overlays.some((overlay) => overlay.holds);
  const definitions = [
    ...(holds ? [HOLD] : []),
    ...parts.map(
      ({ family, draft }) =>
        `def ${family.name}_target(bars):\n    """${capital(draft.rule)}."""\n${indented(pruned(draft.body))}`,
    ),
    ...overlays.map((overlay) => overlay.definitions).filter((text) => text !== ''),
  ];
  const main = [
    combination(
      parts.map(({ family }) => `${family.name}_target(bars)`),
      agree,
    ),
    ...overlays.map((overlay) => overlay.apply),
    '# Adding 0.0 turns -0.0 into 0.0.',
    'positions = target.clip(-1.0, 1.0).fillna(0.0) + 0.0',
    'positions.iloc[:WARMUP_BARS] = 0.0',
    'return positions',
  ].join('\n');
  const body = definitions.join('\n\n\n');
  const used = constants.filter(({ name }) => new RegExp(`\\b${name}\\b`).test(`${body}\n${main}`));
  return `"""${title}.

Written by the offline author from its template library (${OFFLINE_AUTHOR_LABEL}).
${rules.map((rule) => `- ${rule}`).join('\n')}
- ${sides}; every value is known at the close of its own bar
"""

${/\bmath\./.test(body) ? 'import math\n\n' : ''}${/\bnp\./.test(body) ? 'import numpy as np\n' : ''}import pandas as pd

WARMUP_BARS = ${warmupBars}
${used.map(({ name, value, meaning }) => `${name} = ${literal(name, value)}  # ${meaning}`).join('\n')}


${body}


def generate_signals(bars: pd.DataFrame) -> pd.Series:
${indented(main)}
`;
}

const HOLD = `def hold(enter, leave, level):
    """\`level\` from a bar where \`enter\` is true to one where \`leave\` is, 0.0 otherwise."""
    state = pd.Series(np.where(enter, level, np.where(leave, 0.0, np.nan)), index=enter.index)
    return state.ffill().fillna(0.0)`;

function combination(targets: readonly string[], agree: boolean): string {
  const [first = '', second] = targets;
  if (second === undefined) return `target = ${first}`;
  return agree
    ? `first = ${first}\nsecond = ${second}\ntarget = first.where(first * second > 0.0, 0.0)`
    : `target = 0.5 * ${first} + 0.5 * ${second}`;
}

/** Counts of bars stay integers, everything else is a float. */
function literal(name: string, value: number): string {
  const isCount = /_(?:BARS|SPAN)$/.test(name);
  return isCount
    ? String(Math.round(value))
    : Number.isInteger(value)
      ? `${value}.0`
      : String(Number(value.toFixed(6)));
}

/** Leaves out what only the side that is not traded would have used. */
function pruned(body: string): string {
  const kept: string[] = [];
  for (const line of body.split('\n').reverse()) {
    const name = /^(\w+) = /.exec(line)?.[1];
    if (name === undefined || kept.some((later) => new RegExp(`\\b${name}\\b`).test(later)))
      kept.unshift(line);
  }
  return kept.join('\n');
}

const inWords = (list: readonly string[]): string =>
  list.length < 2 ? list.join('') : `${list.slice(0, -1).join(', ')} and ${list.at(-1) ?? ''}`;
const uncapital = (text: string): string =>
  /^[A-Z][a-z]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
const indented = (text: string): string =>
  text
    .split('\n')
    .map((line) => (line === '' ? '' : `    ${line}`))
    .join('\n');
