import type { z } from 'zod';
import { SignalAction, SignalOut } from './signal.ts';

/**
 * What to do to come from the previous position to the target: `buy` opens or adds to a long (and turns a short round), `sell`
 * takes from a long, `short` opens or adds to a short (and turns a long round), `cover` takes from a short, `hold` changes
 * nothing. (`retract` is never a decision of a strategy.)
 */
export const CandidateAction = SignalAction.exclude(['retract']);
export type CandidateAction = z.infer<typeof CandidateAction>;

/**
 * A decision read off a strategy's positions, before it has an identity and before the risk gates. `barTime` is the opening
 * instant of the bar at whose close it was decided; `priceReference` is that close and not the price of the fill;
 * `validFrom` is the opening instant of the next bar, where the back-test fills, and `validUntil` that bar's end.
 */
export const SignalCandidate = SignalOut.pick({
  barTime: true,
  side: true,
  targetPosition: true,
  previousPosition: true,
  priceReference: true,
  validFrom: true,
  validUntil: true,
}).extend({ action: CandidateAction });
export type SignalCandidate = z.infer<typeof SignalCandidate>;
