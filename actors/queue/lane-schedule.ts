import { type Lane, lanes } from '../../contracts/lanes.ts';

/** How many tasks a lane may take before the lanes below it get their turn. */
export type LaneWeights = Readonly<Record<Lane, number>>;
export const laneWeights: LaneWeights = { critical: 8, high: 4, normal: 2, low: 1 };

/** What each lane may still take in the present round. */
export type LaneCredits = Readonly<Record<Lane, number>>;

export interface LanePull {
  readonly lane: Lane;
  readonly max: number;
}

/**
 * The next lane to pull from: the most urgent candidate with credit left, for as much as credit and free places allow. When no
 * candidate has credit, a new round begins. So the urgent go first, and of every `sum(weights)` tasks under load each
 * lane that has work gets at least its weight.
 */
export function nextPull(
  credits: LaneCredits,
  candidates: ReadonlySet<Lane>,
  free: number,
  weights: LaneWeights = laneWeights,
  /** How many tasks a credit is worth: more where many are taken at a time. */
  worth = 1,
): { readonly pull: LanePull; readonly credits: LaneCredits } | undefined {
  if (free < 1 || candidates.size === 0) return undefined;
  const urgentFirst = lanes.filter((lane) => candidates.has(lane));
  const withCredit = urgentFirst.find((lane) => credits[lane] > 0);
  const present = withCredit === undefined ? weights : credits;
  const lane = withCredit ?? urgentFirst[0];
  if (lane === undefined) return undefined;
  return { pull: { lane, max: Math.min(free, present[lane] * worth) }, credits: present };
}

export const withTaken = (credits: LaneCredits, lane: Lane, count: number, worth = 1): LaneCredits => ({
  ...credits,
  [lane]: Math.max(0, credits[lane] - Math.ceil(count / worth)),
});
