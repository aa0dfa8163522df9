import { z } from 'zod';

/** A number that is null where it is undefined (no trades, zero volatility …); NaN and Infinity never reach JSON. */
const Defined = z.number().nullable();

/**
 * What a back-test assumes. A basis point (bps) is 1/10,000. Costs are never negative; the upper bounds keep a wrong unit
 * (per cent for bps) from passing.
 */
export const BacktestSettings = z.object({
  /** Currency. */
  initialCapital: z.number().positive().max(1e15).default(100_000),
  /** Paid on every traded notional, on both sides. */
  feeBps: z.number().min(0).max(1_000).default(2),
  /** A buy fills this much above the open, a sale this much below it. */
  slippageBps: z.number().min(0).max(1_000).default(3),
  /** Per year (actual/365), on the value of a short position and on borrowed cash. */
  borrowBpsPerYear: z.number().min(0).max(10_000).default(50),
  /** A position of 1 means this many times the equity. 1 = no leverage. */
  leverage: z.number().positive().max(4).default(1),
  /** A target that moved by no more than this since the last fill is not traded (going flat and turning round always are). */
  rebalanceTolerance: z.number().min(0).max(1).default(0.01),
  /** Bars at the start in which nothing is decided: every position there counts as flat. */
  warmupBars: z.number().int().nonnegative().default(0),
});
export type BacktestSettings = z.infer<typeof BacktestSettings>;

/** A round trip: from flat (or the other side) until flat (or the other side) again; resizing in between belongs to it. */
export const Trade = z.object({
  side: z.enum(['long', 'short']),
  entryTime: z.iso.datetime(),
  /** Average price paid or received on entering, slippage included. */
  entryPrice: z.number().positive(),
  /** Null while it is still open at the last bar. */
  exitTime: z.iso.datetime().nullable(),
  /** Average price on leaving, slippage included; null while nothing has been closed. */
  exitPrice: z.number().positive().nullable(),
  /** Currency, after all costs; an open trade is marked at the last close. */
  pnl: z.number(),
  /** `pnl` as a fraction of the equity just before the entry. */
  pnlOfEquity: z.number(),
  /** Fees, slippage and borrowing, currency. */
  costs: z.number().nonnegative(),
  barsHeld: z.number().int().nonnegative(),
  open: z.boolean(),
});
export type Trade = z.infer<typeof Trade>;

export const CostMetrics = z.object({
  /** Currency. */
  fees: z.number().nonnegative(),
  slippage: z.number().nonnegative(),
  borrow: z.number().nonnegative(),
  total: z.number().nonnegative(),
  /** `total` as a fraction of the initial capital. */
  ofInitialCapital: z.number().nonnegative(),
  /** Equity lost to costs per year, as a fraction: each cost over the equity of its moment, summed, over years. */
  annualDrag: z.number().nonnegative().nullable(),
});
export type CostMetrics = z.infer<typeof CostMetrics>;

/** The deepest fall: from its peak to the bar where the peak was reached again (null: not until the end of the data). */
export const Drawdown = z.object({
  peakTime: z.iso.datetime(),
  troughTime: z.iso.datetime(),
  recoveryTime: z.iso.datetime().nullable(),
  /** From the peak to the recovery, or to the last bar. */
  bars: z.number().int().positive(),
  days: z.number().positive(),
});
export type Drawdown = z.infer<typeof Drawdown>;

/** Rates and returns are fractions (0.12 = 12 %); the formulas and their sources stand in market/metrics. */
export const MetricSet = z.object({
  totalReturn: z.number(),
  annualReturn: Defined,
  volatility: Defined,
  sharpe: Defined,
  sortino: Defined,
  /** A positive fraction: 0.25 = a quarter lost from the peak. */
  maxDrawdown: z.number().min(0).max(1),
  /** Null where equity never fell. */
  drawdown: Drawdown.nullable(),
  calmar: Defined,
  /** Share of the bars with a position at their close. */
  exposure: Defined,
  /** Round trips begun, one still open included. */
  trades: z.number().int().nonnegative(),
  /** The following five look at closed trades only. */
  closedTrades: z.number().int().nonnegative(),
  winRate: Defined,
  /** Gross profit over gross loss; null without a losing trade. */
  profitFactor: Defined,
  /** The best and the worst trade, as fractions of the equity at entry. */
  bestTrade: Defined,
  worstTrade: Defined,
  bestBar: Defined,
  worstBar: Defined,
  /** Traded notional over equity, buys and sales both counted, summed over the whole time. */
  turnover: z.number().nonnegative(),
  annualTurnover: Defined,
  costs: CostMetrics,
  /** Currency. */
  finalEquity: z.number().nonnegative(),
  /** When a short or leveraged position had consumed all capital; null in every sane run. */
  ruinedAt: z.iso.datetime().nullable(),
});
export type MetricSet = z.infer<typeof MetricSet>;

/** What the numbers rest on: the same for the strategy and for buy and hold. */
export const MetricBasis = z.object({
  from: z.iso.datetime(),
  to: z.iso.datetime(),
  /** Bar returns measured, which is one fewer than the bars from the first decision on. */
  returns: z.number().int().nonnegative(),
  barsPerYear: z.number().positive(),
  /** Per year, a fraction. */
  riskFreeRate: z.number(),
  settings: BacktestSettings,
});
export type MetricBasis = z.infer<typeof MetricBasis>;

export const Metrics = z.object({ strategy: MetricSet, buyAndHold: MetricSet, basis: MetricBasis });
export type Metrics = z.infer<typeof Metrics>;
