import { median, type Range, rangeOf } from './statistics.ts';

/** What a row claims: `ratio` is ours ÷ best peer; the goal is on that ratio, or on our own figure where no peer has one. */
export interface Goal {
  readonly on: 'ratio' | 'ours';
  readonly atLeast?: number;
  readonly atMost?: number;
}

export interface Row {
  readonly figure: string;
  readonly unit: string;
  readonly ours: number | null;
  readonly oursRange: Range | null;
  readonly peers: Readonly<Record<string, number | null>>;
  readonly peersRange: Readonly<Record<string, Range | null>>;
  readonly ratio: number | null;
  readonly goal: string | null;
  readonly met: boolean | null;
  /** What the figure hides, where it hides something. */
  readonly note?: string;
}

export interface Measured {
  readonly figure: string;
  readonly unit: string;
  /** Whether more or less is better. */
  readonly better: 'more' | 'less';
  readonly ours: readonly number[];
  /** One entry a repetition; none where the peer could not be measured. */
  readonly peers: Readonly<Record<string, readonly number[]>>;
  readonly goal?: Goal;
  readonly note?: string;
}

/** Medians of the repetitions, with their least and most beside them. */
export function rowOf({ figure, unit, better, ours, peers, goal, note }: Measured): Row {
  const middle = (values: readonly number[]): number | null =>
    values.length === 0 ? null : rounded(median(values));
  const spread = (values: readonly number[]): Range | null => {
    if (values.length === 0) return null;
    const { min, max } = rangeOf(values);
    return { min: rounded(min), max: rounded(max) };
  };
  const own = middle(ours);
  const others = mapped(peers, middle);
  const known = Object.values(others).filter((value) => value !== null);
  const best = known.length === 0 ? null : better === 'more' ? Math.max(...known) : Math.min(...known);
  const ratio = own === null || best === null || best === 0 ? null : rounded(own / best);
  return {
    figure,
    unit,
    ours: own,
    oursRange: spread(ours),
    peers: others,
    peersRange: mapped(peers, spread),
    ratio,
    goal: goal === undefined ? null : goalText(goal),
    met: goal === undefined ? null : isMet(goal, goal.on === 'ratio' ? ratio : own),
    ...(note === undefined ? {} : { note }),
  };
}

function isMet({ atLeast, atMost }: Goal, value: number | null): boolean | null {
  if (value === null) return null;
  return (atLeast === undefined || value >= atLeast) && (atMost === undefined || value <= atMost);
}

function goalText({ on, atLeast, atMost }: Goal): string {
  const parts = [
    ...(atLeast === undefined ? [] : [`≥ ${atLeast}`]),
    ...(atMost === undefined ? [] : [`≤ ${atMost}`]),
  ];
  return `${parts.join(' and ')}${on === 'ratio' ? ' ×' : ''}`;
}

const mapped = <V, R>(record: Readonly<Record<string, V>>, change: (value: V) => R): Record<string, R> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));

/** Three significant digits, and no less than whole numbers. */
export function rounded(value: number): number {
  if (!Number.isFinite(value) || value === 0) return value;
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return Number(value.toFixed(Math.min(digits, 6)));
}
