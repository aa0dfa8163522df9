import { z } from 'zod';

export const signalActions = ['buy', 'sell', 'short', 'cover', 'hold', 'flat'] as const;
/**
 * What to do to come from the previous position to the target: `buy` opens or adds to a long (and turns a short round), `sell`
 * takes from a long, `short` opens or adds to a short (and turns a long round), `cover` takes from a short. Nothing to do:
 * `hold` in a position, `flat` without one.
 */
export const SignalAction = z.enum(signalActions);
export type SignalAction = z.infer<typeof SignalAction>;

/** The side of the target position. */
export const SignalSide = z.enum(['long', 'short', 'flat']);
export type SignalSide = z.infer<typeof SignalSide>;

/** A decision read off a strategy's positions, before the risk gates and before it has an identity. */
export const SignalCandidate = z.object({
  /** Opening instant of the bar at whose close it was decided. */
  barTime: z.iso.datetime(),
  action: SignalAction,
  side: SignalSide,
  /** Fractions of equity in [-1, 1]. */
  targetPosition: z.number().min(-1).max(1),
  previousPosition: z.number().min(-1).max(1),
  /** Close of the deciding bar: a reference, not the price of the fill. */
  priceReference: z.number().positive(),
  /** Opening instant of the next bar, where the back-test fills. */
  validFrom: z.iso.datetime(),
  /** End of that next bar. */
  validUntil: z.iso.datetime(),
});
export type SignalCandidate = z.infer<typeof SignalCandidate>;
