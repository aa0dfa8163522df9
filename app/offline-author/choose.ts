import { families } from './families/index.ts';
import type { Family } from './family.ts';
import type { Idea } from './idea.ts';

export interface Choice {
  readonly families: readonly [Family] | readonly [Family, Family];
  /** Both must agree on the side, rather than each giving half of the position. */
  readonly agree: boolean;
  /** The weight of the words that led here; 0 when the idea names no technique of the library. */
  readonly score: number;
}

const kinds: readonly (readonly string[])[] = [
  ['momentum', 'dual_momentum', 'sma_crossover', 'ema_crossover', 'macd', 'trend'],
  ['z_score', 'rsi', 'bollinger', 'stochastic', 'streak'],
  ['donchian', 'volume_breakout', 'atr_channel'],
  ['seasonality'],
  ['on_balance_volume'],
];
/** They size or guard positions: beside another family they act as overlays, never as a second opinion. */
const guards = ['volatility_target', 'drawdown_guard'];
/** Beside another family a trend is a filter, which the overlays apply. */
const filters = ['trend'];

/** The score from which a second family joins the first. General words that often describe the first one need more. */
function joinsFrom(first: Family, second: Family): number {
  if (guards.includes(second.name) || filters.includes(second.name)) return Infinity;
  if (guards.includes(first.name)) return 1;
  if (second.name === 'donchian') return 5;
  const related = kinds.some((kind) => kind.includes(first.name) && kind.includes(second.name));
  return related ? 4 : 2;
}

/** Picks the family whose cues the idea mentions most surely, and a second one where it clearly names two techniques. */
export function chooseFamilies(idea: Idea): Choice {
  const ranked = families
    .map((family) => ({
      family,
      score: family.cues.reduce((sum, cue) => sum + (idea.mentions(cue.pattern) ? cue.weight : 0), 0),
    }))
    // A guard leads only where nothing else is named.
    .map(({ family, score }) => ({ family, score, rank: guards.includes(family.name) ? score / 10 : score }))
    .sort((a, b) => b.rank - a.rank);
  const best = ranked[0];
  if (best === undefined || best.score === 0) {
    const family = idea.pick(families, 'family');
    idea.note(
      `the idea names no technique of the library; seed and wording pick ${family.title.toLowerCase()}`,
    );
    return { families: [family], agree: false, score: 0 };
  }
  const equals = ranked.filter(({ rank }) => rank === best.rank).map(({ family }) => family);
  const first = equals.length > 1 ? idea.pick(equals, 'family') : best.family;
  idea.note(
    equals.length > 1
      ? `several techniques fit equally; seed and wording pick ${first.title.toLowerCase()}`
      : `its words point to ${first.title.toLowerCase()}`,
  );
  const second = ranked.find(
    ({ family, score }) => family !== first && score >= joinsFrom(first, family),
  )?.family;
  if (second === undefined) return { families: [first], agree: false, score: best.score };
  const agree = idea.mentions(/\bconfirm\w*\b|\bagrees?\b|\bboth\b|\bonly (?:when|if)\b/);
  idea.note(
    `it also names ${second.title.toLowerCase()}: ${agree ? 'both must agree on the side' : 'each decides half of the position'}`,
  );
  return { families: [first, second], agree, score: best.score };
}
