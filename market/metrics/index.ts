import type { BarColumns } from '../../contracts/bars.ts';
import { TradewrightError } from '../../contracts/errors.ts';
import type { MetricSet, Metrics } from '../../contracts/metrics.ts';
import type { BacktestResult, Simulation } from '../backtest/index.ts';
import { barsPerYear, isoTime } from '../timeframe.ts';
import { maxDrawdown } from './drawdown.ts';
import { annualReturn, barReturns, finiteOrNull, sharpe, sortino, volatility } from './statistics.ts';
import { tradeStatistics } from './trade-statistics.ts';

export { maxDrawdown } from './drawdown.ts';
export * from './statistics.ts';
export { tradeStatistics } from './trade-statistics.ts';

export interface MetricOptions {
  /** Of the bars, like `1d`: decides how many bars make a year (see `barsPerYear`). */
  readonly timeframe: string;
  /** Per year, a fraction; 0 unless given. */
  readonly riskFreeRate?: number;
}

/**
 * The figures of a back-test, and beside each that of buy and hold. Both are measured from the close of bar `warmupBars`, where the
 * first decision falls, to the last close, so a long warm-up neither flatters nor dilutes. What is undefined is null.
 * Throws INPUT_INVALID when there are no bars.
 */
export function metricsOf(bars: BarColumns, result: BacktestResult, options: MetricOptions): Metrics {
  const count = bars.time.length;
  if (count === 0) throw new TradewrightError('INPUT_INVALID', 'metrics need at least one bar');
  const first = Math.min(result.settings.warmupBars, count - 1);
  const riskFreeRate = options.riskFreeRate ?? 0;
  const perYear = barsPerYear(bars.time, options.timeframe);
  const measure = (simulation: Simulation): MetricSet =>
    metricSet(bars.time, simulation, {
      first,
      perYear,
      riskFreeRate,
      capital: result.settings.initialCapital,
    });
  return {
    strategy: measure(result.strategy),
    buyAndHold: measure(result.buyAndHold),
    basis: {
      from: isoTime(bars.time[first] as number),
      to: isoTime(bars.time[count - 1] as number),
      returns: count - 1 - first,
      barsPerYear: perYear,
      riskFreeRate,
      settings: result.settings,
    },
  };
}

interface Basis {
  readonly first: number;
  readonly perYear: number;
  readonly riskFreeRate: number;
  readonly capital: number;
}

function metricSet(time: Float64Array, simulation: Simulation, basis: Basis): MetricSet {
  const { first, perYear, riskFreeRate, capital } = basis;
  const { equity, costs, costsOfEquity, turnover, ruinedAtBar } = simulation;
  const returns = barReturns(equity, first);
  const finalEquity = equity[equity.length - 1] as number;
  // Nothing is held within the warm-up, so equity[first] is the initial capital.
  const growth = finalEquity / capital;
  const years = returns.length / perYear;
  const yearly = annualReturn(growth, returns.length, perYear);
  const { fraction, drawdown } = maxDrawdown(equity, time, first);
  const invested = simulation.weight.subarray(first + 1).filter((weight) => weight !== 0).length;
  const total = costs.fees + costs.slippage + costs.borrow;
  return {
    totalReturn: growth - 1,
    annualReturn: yearly,
    volatility: volatility(returns, perYear),
    sharpe: sharpe(returns, perYear, riskFreeRate),
    sortino: sortino(returns, perYear, riskFreeRate),
    maxDrawdown: fraction,
    drawdown,
    // Young, T. W. (1991), Calmar Ratio: A Smoother Tool, Futures 20(1), 40; here over the whole time, not 36 months.
    calmar: yearly === null || fraction === 0 ? null : finiteOrNull(yearly / fraction),
    exposure: returns.length === 0 ? null : invested / returns.length,
    ...tradeStatistics(simulation.trades),
    bestBar: returns.length === 0 ? null : returns.reduce((a, b) => Math.max(a, b)),
    worstBar: returns.length === 0 ? null : returns.reduce((a, b) => Math.min(a, b)),
    turnover,
    annualTurnover: finiteOrNull(turnover / years),
    costs: {
      ...costs,
      total,
      ofInitialCapital: total / capital,
      annualDrag: finiteOrNull(costsOfEquity / years),
    },
    finalEquity,
    ruinedAt: ruinedAtBar === null ? null : isoTime(time[ruinedAtBar] as number),
  };
}
