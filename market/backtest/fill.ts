/** Basis points as a fraction. */
export const bps = (points: number): number => points / 10_000;

export interface FillTerms {
  /** Fractions, at least 0, of the traded notional and of the price. */
  readonly fee: number;
  readonly slippage: number;
}

/** One executed order. `units` is signed: above 0 bought. The price includes slippage; the costs are in currency. */
export interface Fill {
  readonly units: number;
  readonly price: number;
  readonly fee: number;
  readonly slippage: number;
}

/** An order executed at the open: a buy pays `open · (1 + slippage)`, a sale gets `open · (1 − slippage)`, the fee is on that notional. */
export function fillOf(units: number, open: number, terms: FillTerms): Fill {
  const price = open * (1 + Math.sign(units) * terms.slippage);
  return {
    units,
    price,
    fee: Math.abs(units) * price * terms.fee,
    slippage: Math.abs(units) * open * terms.slippage,
  };
}

/**
 * Units to trade so that, *after* the costs of this very trade, the holding is worth `weight` times the equity at the open price.
 *
 * With equity E and holding N (both at the open) and cost k per unit of notional, k = (1 + s)(1 + f) − 1 for a buy and
 * 1 − (1 − s)(1 − f) for a sale, the equity after is E′ = E − k·|w·E′ − N|. Solved for the notional to trade:
 * buy (w·E > N): (w·E − N) ÷ (1 + k·w); sale: (w·E − N) ÷ (1 − k·w). So an unleveraged long never borrows to pay its costs.
 */
export function unitsToTrade(
  holding: { readonly units: number; readonly equity: number },
  weight: number,
  open: number,
  terms: FillTerms,
): number {
  if (weight === 0) return -holding.units;
  const wanted = weight * holding.equity - holding.units * open;
  const { fee: f, slippage: s } = terms;
  const k = wanted > 0 ? (1 + s) * (1 + f) - 1 : 1 - (1 - s) * (1 - f);
  return wanted / (1 + Math.sign(wanted) * k * weight) / open;
}
