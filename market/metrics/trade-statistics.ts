import type { MetricSet, Trade } from '../../contracts/metrics.ts';

type TradeStatistics = Pick<
  MetricSet,
  'trades' | 'closedTrades' | 'winRate' | 'profitFactor' | 'bestTrade' | 'worstTrade'
>;

/**
 * Win rate: closed trades with a profit after costs ÷ closed trades. Profit factor: Σ profits ÷ |Σ losses| of closed trades
 * (Pardo, R. (2008), The Evaluation and Optimization of Trading Strategies, 2nd ed., Wiley).
 */
export function tradeStatistics(trades: readonly Trade[]): TradeStatistics {
  const closed = trades.filter((trade) => !trade.open);
  const profits = closed.filter((trade) => trade.pnl > 0);
  const grossProfit = profits.reduce((sum, trade) => sum + trade.pnl, 0);
  const grossLoss = closed.reduce((sum, trade) => sum + Math.max(0, -trade.pnl), 0);
  const shares = closed.map((trade) => trade.pnlOfEquity);
  const extreme = (pick: (a: number, b: number) => number): number | null =>
    shares.length === 0 ? null : shares.reduce((a, b) => pick(a, b));
  return {
    trades: trades.length,
    closedTrades: closed.length,
    winRate: closed.length === 0 ? null : profits.length / closed.length,
    profitFactor: grossLoss > 0 ? grossProfit / grossLoss : null,
    bestTrade: extreme(Math.max),
    worstTrade: extreme(Math.min),
  };
}
