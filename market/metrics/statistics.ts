/** Below this a standard deviation of returns is rounding noise of a constant series. */
const NOISE = 1e-12;

/** A number fit for JSON: null for NaN and ±Infinity. */
export const finiteOrNull = (value: number): number | null => (Number.isFinite(value) ? value : null);

/** Simple returns from bar `first` on: `E[i] ÷ E[i − 1] − 1` for i > first; 0 where nothing was left to lose. */
export function barReturns(equity: Float64Array, first: number): Float64Array {
  const returns = new Float64Array(Math.max(0, equity.length - 1 - first));
  for (let i = 0; i < returns.length; i += 1) {
    const before = equity[first + i] as number;
    returns[i] = before > 0 ? (equity[first + i + 1] as number) / before - 1 : 0;
  }
  return returns;
}

export function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Sample standard deviation, divisor n − 1, by two passes; NaN for fewer than two values. */
export function sampleDeviation(values: Float64Array): number {
  if (values.length < 2) return Number.NaN;
  const centre = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1));
}

/** A yearly rate as the rate per bar that compounds to it: `(1 + r)^(1 / barsPerYear) − 1`. */
export const ratePerBar = (yearly: number, barsPerYear: number): number =>
  (1 + yearly) ** (1 / barsPerYear) - 1;

/**
 * Compound annual growth: `(last ÷ first)^(barsPerYear ÷ n) − 1` over n bar returns. Bacon, C. R. (2008), Practical Portfolio
 * Performance Measurement and Attribution, 2nd ed., Wiley, ch. 2 (annualised return).
 */
export function annualReturn(growth: number, returns: number, barsPerYear: number): number | null {
  return returns === 0 ? null : finiteOrNull(growth ** (barsPerYear / returns) - 1);
}

/** Sample standard deviation of bar returns × √barsPerYear (Bacon 2008, ch. 4: annualised risk). Null for fewer than two returns. */
export function volatility(returns: Float64Array, barsPerYear: number): number | null {
  return finiteOrNull(sampleDeviation(returns) * Math.sqrt(barsPerYear));
}

/**
 * Sharpe ratio after the fact: mean ÷ sample standard deviation of the returns above the risk-free rate, × √barsPerYear.
 * Sharpe, W. F. (1994), The Sharpe Ratio, Journal of Portfolio Management 21(1), 49–58. The square-root scaling holds for
 * uncorrelated returns: Lo, A. W. (2002), The Statistics of Sharpe Ratios, Financial Analysts Journal 58(4), 36–52.
 * Null without volatility.
 */
export function sharpe(returns: Float64Array, barsPerYear: number, riskFreeRate: number): number | null {
  const excess = returns.map((value) => value - ratePerBar(riskFreeRate, barsPerYear));
  const deviation = sampleDeviation(excess);
  return deviation > NOISE ? finiteOrNull((mean(excess) / deviation) * Math.sqrt(barsPerYear)) : null;
}

/**
 * Sortino ratio with the risk-free rate as the target: mean return above it ÷ downside deviation, × √barsPerYear. The downside
 * deviation is √(Σ min(0, r − target)² ÷ n) over *all* n returns, not only the losing ones. Sortino, F. A. and Price, L. N.
 * (1994), Performance Measurement in a Downside Risk Framework, Journal of Investing 3(3), 59–64. Null without downside.
 */
export function sortino(returns: Float64Array, barsPerYear: number, riskFreeRate: number): number | null {
  const excess = returns.map((value) => value - ratePerBar(riskFreeRate, barsPerYear));
  const squares = excess.reduce((sum, value) => sum + Math.min(0, value) ** 2, 0);
  const downside = Math.sqrt(squares / excess.length);
  return downside > NOISE ? finiteOrNull((mean(excess) / downside) * Math.sqrt(barsPerYear)) : null;
}
