import { createHash } from 'node:crypto';

export type Sides = 'long-only' | 'short-only' | 'long-short';

/** A span of time that the idea names, in bars; `claimed` once a rule has taken it as its own. */
interface Period {
  readonly bars: number;
  readonly at: number;
  readonly end: number;
  claimed: boolean;
}

/** A parameter: the idea's own number where it gave one, else one of the usual values. */
export interface NumberWanted {
  /** As the derivation calls it, such as "look-back in bars". */
  readonly what: string;
  readonly given: number | undefined;
  /** Usual values, smallest first. */
  readonly usual: readonly number[];
  readonly min: number;
  readonly max: number;
}

/** A trading idea as the templates read it. Only numbers and known words are taken from it, never its text. */
export interface Idea {
  readonly text: string;
  readonly sides: Sides;
  /** Whether the pattern stands in the idea without a "no" or "without" before it. */
  mentions(pattern: RegExp): boolean;
  /** The first number that the pattern captures. */
  captured(pattern: RegExp): number | undefined;
  /** The percentage that belongs to `words`, the source of a pattern: "10 % drawdown", "drawdown of 10 %". */
  percentOf(words: string): number | undefined;
  /** Two or three numbers written together, such as 50/200 or 12, 26, 9. */
  numbers(count: 2 | 3): readonly number[] | undefined;
  /** The period next to the pattern, taken so that no other rule uses it too. */
  periodNear(pattern: RegExp, withinChars?: number): number | undefined;
  /** The first period that no rule has taken. */
  nextPeriod(): number | undefined;
  /** Decides a parameter and notes why. */
  number(wanted: NumberWanted): number;
  /** A choice that wording and seed settle: the same idea and seed choose the same. */
  pick<T>(options: readonly T[], what: string): T;
  note(text: string): void;
  /** What was understood so far, in order. */
  readonly notes: readonly string[];
}

const numberWords: Readonly<Record<string, number>> = {
  one: 1,
  two: 2,
  three: 3,
  four: 4,
  five: 5,
  six: 6,
  seven: 7,
  eight: 8,
  nine: 9,
  ten: 10,
  twelve: 12,
  fourteen: 14,
  twenty: 20,
  thirty: 30,
  fifty: 50,
  sixty: 60,
  ninety: 90,
  hundred: 100,
  'two hundred': 200,
};
const barsPer: Readonly<Record<string, number>> = { b: 1, d: 1, s: 1, p: 1, w: 5, m: 21, q: 63, y: 252 };

const NEGATION = /\b(?:no|not|without|never|avoid|ignore|instead of|rather than)(?: \w+){0,2} ?$/;
const TEXT_LIMIT_CHARS = 8_000;

function normalise(raw: string): string {
  const plain = raw
    .slice(0, TEXT_LIMIT_CHARS)
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[‐-―−]/g, '-')
    .replace(/\s+/g, ' ')
    .trim()
    // Names of indices carry numbers that are no parameters.
    .replace(
      /\b(?:s ?& ?p|sp|nasdaq|ndx|csi|russell|dow(?: jones)?|ftse|stoxx|nikkei|hs|top)[ -]?\d+\b/g,
      'index',
    );
  return plain.replace(
    /\b(two hundred|[a-z]+)(?=[ -](?:day|bar|week|month|quarter|year|session|period|consecutive|straight|successive|down|red|losing|falling|sigma|standard))/g,
    (word) => String(numberWords[word] ?? word),
  );
}

function periodsOf(text: string): Period[] {
  const pattern = /\b(\d{1,3})(?:[ -]?)(bar|day|d|session|period|week|wk|w|month|mo|quarter|year|yr|y)s?\b/g;
  return Array.from(text.matchAll(pattern), (match) => {
    const [whole, count = '', unit = ''] = match;
    const bars = Number(count) * (barsPer[unit.charAt(0)] ?? 1);
    return { bars, at: match.index, end: match.index + whole.length, claimed: false };
  });
}

function sidesOf(mentions: (pattern: RegExp) => boolean): { sides: Sides; why: string } {
  if (mentions(/\bshort[- ]only\b|\bonly (?:go )?short\b/))
    return { sides: 'short-only', why: 'the idea says short only' };
  if (mentions(/\blong[- ]only\b/)) return { sides: 'long-only', why: 'the idea says long only' };
  if (
    mentions(
      /\blong ?(?:\/|-|and|or|&) ?short\b|\bshort(?:s|ing|ed)\b(?! term)|\bsell(?:ing)? short\b|\bgo(?:ing)? short\b|\bshort (?:when|if|the|on|at|after|below|above|position)\b|\bboth (?:sides|directions)\b|\bmarket[- ]neutral\b/,
    )
  ) {
    return { sides: 'long-short', why: 'the idea speaks of short positions, so both sides are traded' };
  }
  return { sides: 'long-only', why: 'the idea asks for no short positions, so it is long or flat' };
}

/** @param bars how many bars there are: no window takes more than a fifth of them. */
export function readIdea(raw: string, seed: number, bars: number): Idea {
  const text = normalise(raw);
  const notes: string[] = [];
  const periods = periodsOf(text);
  const longestWindow = Math.max(Math.floor(bars / 5), 20);

  const matches = (pattern: RegExp): RegExpExecArray | undefined => {
    for (const match of text.matchAll(new RegExp(pattern.source, 'g'))) {
      const before = text.slice(Math.max(match.index - 40, 0), match.index);
      if (!NEGATION.test(before)) return match;
    }
    return undefined;
  };
  const mentions = (pattern: RegExp): boolean => matches(pattern) !== undefined;
  const draw = (what: string): number =>
    createHash('sha256').update(`${seed}\n${what}\n${text}`).digest().readUInt32BE(0);

  const { sides, why } = sidesOf(mentions);
  notes.push(why);
  const quick = mentions(/\b(?:fast|quick|short[- ]term|swing|nimble|responsive)\b/);
  const slow = mentions(/\b(?:slow|long[- ]term|patient|low turnover|few trades)\b/);

  const claim = (period: Period | undefined): number | undefined => {
    if (period === undefined) return undefined;
    period.claimed = true;
    return period.bars;
  };

  const captured = (pattern: RegExp): number | undefined => {
    const value = Number(
      matches(pattern)
        ?.slice(1)
        .find((group) => group !== undefined),
    );
    return Number.isFinite(value) ? value : undefined;
  };

  return {
    text,
    sides,
    mentions,
    notes,
    note: (line) => void notes.push(line),
    captured,
    percentOf: (words) => {
      const percent = '(\\d{1,2}(?:\\.\\d+)?) ?(?:%|per ?cent)';
      const between = '(?:(?! and | with |, )[^.;\\d]){0,24}?';
      return captured(new RegExp(`${percent} (?:\\w+ ){0,2}(?:${words})|(?:${words})${between}${percent}`));
    },
    numbers: (count) => {
      const joint = '[ ]?(?:\\/|,|-|and|x|over|vs\\.?)[ ]?';
      const unit = '(?:[ -]?(?:bar|day|d|session|period)s?)?(?: (?:sma|ema|ma|moving average))?';
      const pattern = new RegExp(
        `\\b${Array<string>(count).fill(`(\\d{1,3})${unit}`).join(joint)}\\b(?![.%])`,
      );
      const found = matches(pattern)?.slice(1).map(Number);
      if (found !== undefined) return found;
      const distinct = [...new Set(periods.filter(({ claimed }) => !claimed).map((period) => period.bars))];
      return distinct.length >= count ? distinct.slice(0, count) : undefined;
    },
    periodNear: (pattern, withinChars = 16) => {
      const match = matches(pattern);
      if (match === undefined) return undefined;
      const from = match.index;
      const to = from + match[0].length;
      const distance = ({ at, end }: Period): number => (at >= to ? at - to : Math.max(from - end, 0));
      const near = periods
        .filter((period) => !period.claimed && distance(period) <= withinChars)
        .sort((a, b) => distance(a) - distance(b))[0];
      return claim(near);
    },
    nextPeriod: () => claim(periods.find(({ claimed }) => !claimed)),
    number: ({ what, given, usual, min, max }) => {
      const top = Number.isInteger(usual[0]) && max > 20 ? Math.min(max, longestWindow) : max;
      if (given !== undefined) {
        const value = Math.min(Math.max(given, min), top);
        notes.push(
          value === given
            ? `${what}: ${value}, from the idea`
            : `${what}: ${given} in the idea, bounded to ${value}`,
        );
        return value;
      }
      const half = Math.ceil(usual.length / 2);
      const options = quick && !slow ? usual.slice(0, half) : slow && !quick ? usual.slice(-half) : usual;
      const value = Math.min(options[draw(what) % options.length] ?? min, top);
      notes.push(
        `${what}: the idea gives none; seed ${seed} and the wording pick ${value} of the usual ${usual.join(', ')}`,
      );
      return value;
    },
    pick: (options, what) => {
      const chosen = options[draw(what) % options.length];
      if (chosen === undefined) throw new RangeError(`nothing to pick from for ${what}`);
      return chosen;
    },
  };
}
