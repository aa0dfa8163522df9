import { expect } from 'chai';
import type { Trade } from '../../contracts/metrics.ts';
import { backtest } from '../../market/backtest/index.ts';
import {
  annualReturn,
  barReturns,
  maxDrawdown,
  metricsOf,
  ratePerBar,
  sampleDeviation,
  sharpe,
  sortino,
  tradeStatistics,
  volatility,
} from '../../market/metrics/index.ts';
import {
  barsPerYear,
  nextBarTime,
  restsAtWeekends,
  timeframeMs,
  timeframeName,
} from '../../market/timeframe.ts';
import { DAY, dailyBars, free, isoDay, START } from './series.ts';

const near = 1e-9;
const days = (count: number, from = START, step = DAY): Float64Array =>
  Float64Array.from({ length: count }, (_, index) => from + index * step);

describe('metrics', () => {
  // Mean 0.025; deviations ±0.075; sample variance 4 × 0.075² / 3 = 0.0075.
  const returns = Float64Array.of(0.1, -0.05, 0.1, -0.05);

  it('bar returns: E[i] / E[i−1] − 1, from the first bar asked for, 0 when nothing is left', () => {
    expect([...barReturns(Float64Array.of(50, 100, 150, 75), 1)]).to.deep.equal([0.5, -0.5]);
    expect([...barReturns(Float64Array.of(100, 0, 0), 0)]).to.deep.equal([-1, 0]);
    expect([...barReturns(Float64Array.of(100), 0)]).to.deep.equal([]);
  });

  it('annual return: 1.21 in 504 bars of 252 a year is 10 %', () => {
    expect(annualReturn(1.21, 504, 252)).to.be.closeTo(0.1, near);
    expect(annualReturn(0.25, 126, 252)).to.be.closeTo(0.25 ** 2 - 1, near);
    expect(annualReturn(0, 252, 252)).to.equal(-1);
    expect(annualReturn(1.5, 0, 252)).to.equal(null);
    expect(annualReturn(1e6, 1, 1e6)).to.equal(null); // past the largest number
  });

  it('volatility: sample standard deviation × √252, √(0.0075 × 252) = √1.89', () => {
    expect(sampleDeviation(returns)).to.be.closeTo(Math.sqrt(0.0075), near);
    expect(volatility(returns, 252)).to.be.closeTo(Math.sqrt(1.89), near);
    expect(volatility(Float64Array.of(0.1), 252)).to.equal(null);
    expect(volatility(new Float64Array(0), 252)).to.equal(null);
    expect(volatility(new Float64Array(5), 252)).to.equal(0);
  });

  it('Sharpe: 0.025 / √0.0075 × √252 = √21', () => {
    expect(sharpe(returns, 252, 0)).to.be.closeTo(Math.sqrt(21), near);
  });

  it('Sharpe with a risk-free rate: (1.01^252 − 1) a year is 1 % a bar, leaving 0.015 of the mean', () => {
    expect(ratePerBar(1.01 ** 252 - 1, 252)).to.be.closeTo(0.01, near);
    expect(sharpe(returns, 252, 1.01 ** 252 - 1)).to.be.closeTo(
      (0.015 / Math.sqrt(0.0075)) * Math.sqrt(252),
      1e-6,
    );
  });

  it('Sharpe and Sortino are null where there is no volatility or no downside', () => {
    expect(sharpe(new Float64Array(10), 252, 0)).to.equal(null);
    expect(sharpe(Float64Array.of(0.1, 0.1, 0.1), 252, 0)).to.equal(null);
    expect(sharpe(Float64Array.of(0.1), 252, 0)).to.equal(null);
    expect(sortino(Float64Array.of(0.1, 0, 0.2), 252, 0)).to.equal(null);
    expect(sortino(Float64Array.of(0.1, -1e-15, 0.2), 252, 0)).to.equal(null); // rounding is no downside
    expect(sortino(new Float64Array(0), 252, 0)).to.equal(null);
  });

  it('Sortino: the downside deviation is taken over all returns: √(2 × 0.05² / 4), so the ratio is √126', () => {
    expect(sortino(returns, 252, 0)).to.be.closeTo(Math.sqrt(126), near);
  });

  it('max drawdown: from 120 to 60 is one half, recovered at 130', () => {
    const equity = Float64Array.of(100, 120, 90, 60, 130, 125);
    expect(maxDrawdown(equity, days(6), 0)).to.deep.equal({
      fraction: 0.5,
      drawdown: { peakTime: isoDay(1), troughTime: isoDay(3), recoveryTime: isoDay(4), bars: 3, days: 3 },
    });
  });

  it('max drawdown: not recovered runs to the last bar; the first of equals counts; bars before the first do not', () => {
    expect(maxDrawdown(Float64Array.of(100, 50, 100, 50, 60), days(5), 0).drawdown).to.include({
      peakTime: isoDay(0),
      recoveryTime: isoDay(2),
      bars: 2,
    });
    expect(maxDrawdown(Float64Array.of(100, 10, 40, 30, 35), days(5), 1)).to.deep.equal({
      fraction: 0.25,
      drawdown: { peakTime: isoDay(2), troughTime: isoDay(3), recoveryTime: null, bars: 2, days: 2 },
    });
    expect(maxDrawdown(Float64Array.of(1, 1, 2), days(3), 0)).to.deep.equal({ fraction: 0, drawdown: null });
  });

  it('max drawdown: a plateau counts from its last bar', () => {
    expect(maxDrawdown(Float64Array.of(100, 100, 90), days(3), 0).drawdown).to.include({
      peakTime: isoDay(1),
      bars: 1,
    });
  });

  it('trades: win rate, profit factor, best and worst of the closed ones', () => {
    const trade = (pnl: number, open = false): Trade => ({
      side: 'long',
      entryTime: isoDay(0),
      entryPrice: 1,
      exitTime: open ? null : isoDay(1),
      exitPrice: open ? null : 1,
      pnl,
      pnlOfEquity: pnl / 1_000,
      costs: 0,
      barsHeld: 1,
      open,
    });
    // 300 + 100 won, 50 + 50 lost, one of 0 is no win; the open one counts as begun only.
    expect(
      tradeStatistics([trade(300), trade(-50), trade(100), trade(-50), trade(0), trade(999, true)]),
    ).to.deep.equal({
      trades: 6,
      closedTrades: 5,
      winRate: 0.4,
      profitFactor: 4,
      bestTrade: 0.3,
      worstTrade: -0.05,
    });
    expect(tradeStatistics([trade(5)])).to.include({ winRate: 1, profitFactor: null });
    expect(tradeStatistics([trade(5, true)])).to.deep.equal({
      trades: 1,
      closedTrades: 0,
      winRate: null,
      profitFactor: null,
      bestTrade: null,
      worstTrade: null,
    });
  });

  it('puts them together for the strategy and for buy and hold, after the warm-up', () => {
    // Decided at the close of bar 1, bought at 100, sold at the open of bar 4 at 121; buy and hold goes on to 60.5.
    const bars = dailyBars([100, 100, 100, 110, 121, 60.5], [100, 100, 110, 121, 121, 60.5]);
    const settings = { ...free, initialCapital: 1_000, feeBps: 100, warmupBars: 1 };
    const result = backtest(bars, Float64Array.of(NaN, 1, 1, 0, 0, 0), settings);
    const { strategy, buyAndHold, basis } = metricsOf(bars, result, { timeframe: '1d' });
    // Buys at 100 × 1.01, sells 1,000 / 101 units at 121 × 0.99.
    const units = 1_000 / 101;
    const end = units * 121 * 0.99;
    const fees = units * 1 + units * 1.21;
    expect(strategy.finalEquity).to.be.closeTo(end, near);
    expect(strategy.totalReturn).to.be.closeTo(end / 1_000 - 1, near);
    expect(strategy).to.include({ exposure: 0.5, trades: 1, closedTrades: 1, winRate: 1, ruinedAt: null });
    expect(strategy.costs.fees).to.be.closeTo(fees, near);
    expect(strategy.costs.ofInitialCapital).to.be.closeTo(fees / 1_000, near);
    // Four returns; bars of a market without weekends measured by time: 1 bar a day, 365.2425 a year.
    expect(basis).to.include({ from: isoDay(1), to: isoDay(5), returns: 4 });
    expect(basis.barsPerYear).to.be.closeTo(365.2425, near);
    const years = 4 / 365.2425;
    expect(strategy.annualReturn).to.be.closeTo((end / 1_000) ** (1 / years) - 1, 1e-3);
    expect(strategy.costs.annualDrag).to.be.closeTo((units / 1_000 + 0.01) / years, near);
    // Bought for units × 100 of 1,000 and sold all of its equity.
    expect(strategy.turnover).to.be.closeTo((units * 100) / 1_000 + 1, near);
    expect(strategy.annualTurnover).to.be.closeTo(((units * 100) / 1_000 + 1) / years, near);
    expect(strategy.bestBar).to.be.closeTo(0.1, near); // 110 to 121; the bar before gained units × 110 / 1,000 − 1
    expect(strategy.worstBar).to.be.closeTo(-0.01, near); // the fee of the sale at an unchanged price
    expect(strategy.calmar).to.be.closeTo((strategy.annualReturn as number) / 0.01, 1e-3);
    expect(buyAndHold).to.include({
      exposure: 1,
      trades: 1,
      closedTrades: 0,
      winRate: null,
      maxDrawdown: 0.5,
    });
    expect(buyAndHold.finalEquity).to.be.closeTo(units * 60.5, near);
    expect(buyAndHold.drawdown).to.include({
      peakTime: isoDay(4),
      troughTime: isoDay(5),
      recoveryTime: null,
    });
  });

  it('leaves undefined what a flat account cannot have', () => {
    const bars = dailyBars([100, 110, 120]);
    const { strategy } = metricsOf(bars, backtest(bars, new Float64Array(3)), { timeframe: '1d' });
    expect(strategy).to.include({
      totalReturn: 0,
      volatility: 0,
      sharpe: null,
      sortino: null,
      calmar: null,
      drawdown: null,
      winRate: null,
      profitFactor: null,
      bestTrade: null,
    });
  });
});

describe('time frames', () => {
  it('names and measures them', () => {
    expect(
      ['1m', '15m', '1h', '4h', '1d', '1w'].map((name) => timeframeName(timeframeMs(name))),
    ).to.deep.equal(['1m', '15m', '1h', '4h', '1d', '1w']);
    expect(timeframeName(1_500)).to.equal(undefined);
    expect(() => timeframeMs('day')).to.throw(/time frame "day"/);
    expect(() => timeframeMs('0d')).to.throw();
  });

  it('takes 252 daily bars a year where weekends are kept, and measures all others', () => {
    const weekdays = days(700).filter((ms) => ![0, 6].includes(new Date(ms).getUTCDay()));
    expect(barsPerYear(weekdays, '1d')).to.equal(252);
    expect(restsAtWeekends(Float64Array.from([...weekdays, START + 705 * DAY]))).to.equal(true);
    expect(barsPerYear(days(700), '1d')).to.be.closeTo(365.2425, near);
    expect(barsPerYear(days(100, START, 3_600_000), '1h')).to.be.closeTo(365.2425 * 24, 1e-6);
    expect(barsPerYear(days(1), '1w')).to.be.closeTo(365.2425 / 7, near);
  });

  it('opens the next daily bar on Monday where weekends are kept', () => {
    const friday = Date.UTC(2020, 3, 17);
    expect(nextBarTime(friday, '1d', 'rest')).to.equal(Date.UTC(2020, 3, 20));
    expect(nextBarTime(friday, '1d', 'trade')).to.equal(Date.UTC(2020, 3, 18));
    expect(nextBarTime(friday, '1h', 'rest')).to.equal(friday + 3_600_000);
  });
});
