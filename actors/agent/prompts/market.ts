import type { ReasonInput } from '../../../contracts/effects/reason.ts';
import { section } from './sections.ts';

/** The facts about the bars that a prompt gives, as one section. */
export function marketSection({ symbol, bars }: Pick<ReasonInput, 'symbol' | 'bars'>): string {
  const { source, timeframe, count, from, to } = bars;
  return section('market', JSON.stringify({ symbol, source, timeframe, count, from, to }, null, 1));
}
