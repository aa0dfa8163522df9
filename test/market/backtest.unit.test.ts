import { expect } from 'chai';
import { TradewrightError } from '../../contracts/errors.ts';
import { Trade } from '../../contracts/metrics.ts';
import { backtest, targetsInForce } from '../../market/backtest/index.ts';
import { dailyBars, free, isoDay } from './series.ts';

const codeOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    if (error instanceof TradewrightError) return error.code;
    throw error;
  }
  return 'no error';
};

const closeTo = (actual: ArrayLike<number>, expected: readonly number[]): void => {
  expect(actual.length).to.equal(expected.length);
  expected.forEach((value, index) => expect(actual[index], `at ${index}`).to.be.closeTo(value, 1e-9));
};

describe('back-test', () => {
  //               bar   0    1    2    3    4
  const bars = dailyBars([100, 100, 110, 120, 108], [100, 105, 115, 118, 110]);

  it('fills at the next open and marks at the close, worked out by hand without costs', () => {
    const result = backtest(bars, Float64Array.of(1, 1, 0, -0.5, 1), { ...free, initialCapital: 1_000 });
    // Bar 1: buys 1,000 / 100 = 10 units; marks 10 × 105, then 10 × 115. Bar 3: sells at 120 = 1,200.
    // Bar 4: sells 600 / 108 = 5.5556 units short; marks 1,200 − 5.5556 × (110 − 108) = 1,188.8889.
    closeTo(result.strategy.equity, [1_000, 1_050, 1_150, 1_200, 1_200 - (600 / 108) * 2]);
    // Weights: all, all, none, −(5.5556 × 110) / 1,188.8889.
    closeTo(result.strategy.weight, [0, 1, 1, 0, (-(600 / 108) * 110) / (1_200 - (600 / 108) * 2)]);
    // Traded over equity: 1,000/1,000 + 1,200/1,200 + 600/1,200.
    expect(result.strategy.turnover).to.be.closeTo(2.5, 1e-12);
    expect(result.strategy.trades.map((trade) => Trade.parse(trade))).to.have.length(2);
    const [long, short] = result.strategy.trades;
    expect(long).to.deep.equal({
      side: 'long',
      entryTime: isoDay(1),
      entryPrice: 100,
      exitTime: isoDay(3),
      exitPrice: 120,
      pnl: 200,
      pnlOfEquity: 0.2,
      costs: 0,
      barsHeld: 2,
      open: false,
    });
    expect(short).to.include({
      side: 'short',
      entryTime: isoDay(4),
      exitTime: null,
      exitPrice: null,
      open: true,
    });
    expect(short?.pnl).to.be.closeTo(-(600 / 108) * 2, 1e-9);
  });

  it('does not fill the last bar, but names its target', () => {
    const result = backtest(bars, Float64Array.of(0, 0, 0, 0, 0.75), free);
    closeTo(result.strategy.equity, [1e5, 1e5, 1e5, 1e5, 1e5]);
    expect(result.strategy.trades).to.deep.equal([]);
    expect(result).to.include({ currentTarget: 0.75, currentTargetIsPending: true });
    expect(backtest(bars, Float64Array.of(0, 0, 0, 0.75, 0.75), free)).to.include({
      currentTarget: 0.75,
      currentTargetIsPending: false,
    });
  });

  it('takes fees and slippage from both sides, worked out by hand', () => {
    const settings = { ...free, initialCapital: 1_000, feeBps: 100, slippageBps: 200 };
    const { strategy } = backtest(bars, Float64Array.of(1, 1, 0, 0, 0), settings);
    // Buys at 100 × 1.02 = 102 and pays 1 % of that: 103.02 a unit, and all the money goes: 1,000 / 103.02 units, no cash left.
    const units = 1_000 / 103.02;
    // Sells at 120 × 0.98 = 117.60 less 1 %: 116.424 a unit.
    closeTo(strategy.equity, [1_000, units * 105, units * 115, units * 116.424, units * 116.424]);
    expect(strategy.costs.fees).to.be.closeTo(units * (1.02 + 1.176), 1e-9);
    expect(strategy.costs.slippage).to.be.closeTo(units * (2 + 2.4), 1e-9);
    const [trade] = strategy.trades;
    expect(trade?.entryPrice).to.be.closeTo(102, 1e-12);
    expect(trade?.exitPrice).to.be.closeTo(117.6, 1e-12);
    expect(trade?.pnl).to.be.closeTo(units * 116.424 - 1_000, 1e-9);
    expect(trade?.costs).to.be.closeTo(units * (1.02 + 1.176 + 2 + 2.4), 1e-9);
    // Each cost over the equity before it: 1,000 at the buy, units × 120 at the sale.
    const drag = (units * (1.02 + 2)) / 1_000 + (1.176 + 2.4) / 120;
    expect(strategy.costsOfEquity).to.be.closeTo(drag, 1e-12);
  });

  it('holds p × equity after costs right after the fill, on both sides and when resizing', () => {
    // Flat prices, so that the close shows what the open made.
    const flat = dailyBars([50, 50, 50, 50, 50, 50]);
    const settings = { ...free, feeBps: 150, slippageBps: 250 };
    const { strategy } = backtest(flat, Float64Array.of(0.5, 0.9, 0.2, -0.6, -0.1, 0), settings);
    closeTo(strategy.weight, [0, 0.5, 0.9, 0.2, -0.6, -0.1]);
  });

  it('leaves the units alone while the target stays, so the weight drifts', () => {
    const doubling = dailyBars([100, 100, 200, 400]);
    const { strategy } = backtest(doubling, Float64Array.of(0.5, 0.5, 0.5, 0.5), {
      ...free,
      initialCapital: 1_000,
    });
    // 5 units and 500 cash: 1,000, then 500 + 1,000, then 500 + 2,000.
    closeTo(strategy.equity, [1_000, 1_000, 1_500, 2_500]);
    closeTo(strategy.weight, [0, 0.5, 1_000 / 1_500, 2_000 / 2_500]);
    expect(strategy.turnover).to.equal(0.5);
  });

  it('trades a target that moved by more than the tolerance since the last trade, and always to flat or round', () => {
    const wanted = Float64Array.of(0.005, 0.5, 0.505, 0.51, 0.515, 0.505, 0.004, -0.004, 0);
    // 0.51 − 0.5 is within 0.012; 0.515 is not, and 0.505 is within 0.012 of that; −0.004 turns round; 0 goes flat.
    closeTo(targetsInForce(wanted, 0.012), [0, 0.5, 0.5, 0.5, 0.515, 0.515, 0.004, -0.004, 0]);
    closeTo(targetsInForce(wanted, 0), [...wanted]);
  });

  it('makes two trades of a turn, and the pnl of all trades is the change of equity', () => {
    const settings = { initialCapital: 1_000, feeBps: 30, slippageBps: 20, borrowBpsPerYear: 400 };
    const { strategy } = backtest(bars, Float64Array.of(1, -1, 0.3, 0.8, 0), settings);
    expect(strategy.trades.map(({ side, open, barsHeld }) => ({ side, open, barsHeld }))).to.deep.equal([
      { side: 'long', open: false, barsHeld: 1 },
      { side: 'short', open: false, barsHeld: 1 },
      { side: 'long', open: true, barsHeld: 2 },
    ]);
    const sum = strategy.trades.reduce((total, trade) => total + trade.pnl, 0);
    expect(sum).to.be.closeTo((strategy.equity[4] as number) - 1_000, 1e-9);
  });

  it('charges borrowing by calendar time on the value of a short', () => {
    const flat = dailyBars([100, 100, 100, 100]);
    const settings = { ...free, initialCapital: 1_000, borrowBpsPerYear: 365 };
    const { strategy } = backtest(flat, Float64Array.of(-1, -1, -1, -1), settings);
    // Short 10 units of 100 from the open of bar 1; 3.65 % a year of 1,000 is 0.1 a day, paid at the opens of bars 2 and 3.
    closeTo(strategy.equity, [1_000, 1_000, 999.9, 999.8]);
    expect(strategy.costs.borrow).to.be.closeTo(0.2, 1e-12);
    expect(strategy.trades[0]?.pnl).to.be.closeTo(-0.2, 1e-12);
  });

  it('charges borrowing on the cash that leverage needs', () => {
    const flat = dailyBars([100, 100, 100]);
    const settings = { ...free, initialCapital: 1_000, leverage: 3, borrowBpsPerYear: 365 };
    // 3,000 bought with 2,000 borrowed: 0.2 a day.
    const { strategy, buyAndHold } = backtest(flat, Float64Array.of(1, 1, 1), settings);
    closeTo(strategy.equity, [1_000, 1_000, 999.8]);
    closeTo(strategy.weight, [0, 3, 3_000 / 999.8]);
    closeTo(buyAndHold.equity, [1_000, 1_000, 1_000]);
  });

  it('is flat within the warm-up, whatever stands there, and buys and holds from the first open after it', () => {
    const result = backtest(bars, Float64Array.of(NaN, 1, 0, 0, 0), {
      ...free,
      initialCapital: 1_000,
      warmupBars: 2,
    });
    closeTo(result.strategy.equity, [1_000, 1_000, 1_000, 1_000, 1_000]);
    // First decision at the close of bar 2, bought at the open of bar 3: 1,000 / 120 units.
    closeTo(result.buyAndHold.equity, [1_000, 1_000, 1_000, (1_000 / 120) * 118, (1_000 / 120) * 110]);
    expect(result.buyAndHold.trades).to.have.length(1);
  });

  it('closes an account that a short has ruined and keeps it at 0', () => {
    const soaring = dailyBars([100, 100, 250, 250, 100], [100, 100, 250, 250, 100]);
    const { strategy } = backtest(soaring, Float64Array.of(-1, -1, -1, 1, 1), {
      ...free,
      initialCapital: 1_000,
    });
    // Short 10 units at 100: at 250 the account is worth 2,000 − 2,500 = −500.
    closeTo(strategy.equity, [1_000, 1_000, 0, 0, 0]);
    expect(strategy).to.include({ ruinedAtBar: 2, shortfall: 500 });
    expect(strategy.trades).to.have.length(1);
    expect(strategy.trades[0]).to.include({ open: false, exitPrice: 250, pnl: -1_500 });
  });

  it('sees ruin at the open and at the close, recovered or not', () => {
    const settings = { ...free, initialCapital: 1_000 };
    const short = Float64Array.of(-1, -1, -1, -1);
    const atOpen = backtest(dailyBars([100, 100, 250, 100], [100, 100, 100, 100]), short, settings).strategy;
    closeTo(atOpen.equity, [1_000, 1_000, 0, 0]);
    expect(atOpen.ruinedAtBar).to.equal(2);
    const atClose = backtest(dailyBars([100, 100, 100, 100], [100, 100, 250, 100]), short, settings).strategy;
    closeTo(atClose.equity, [1_000, 1_000, 0, 0]);
    expect(atClose).to.include({ ruinedAtBar: 2, shortfall: 500 });
  });

  it('takes a position that is 0 but for rounding for flat', () => {
    const { targets } = backtest(bars, Float64Array.of(1, 1e-12, -1, -5e-324, 1e-10), free);
    expect([...targets]).to.deep.equal([1, 0, -1, 0, 0]);
  });

  it('refuses positions that break the contract, naming the bar', () => {
    const withWarmup = { warmupBars: 1 };
    expect(codeOf(() => backtest(bars, Float64Array.of(0, 0), {}))).to.equal('STRATEGY_OUTPUT_INVALID');
    expect(() => backtest(bars, Float64Array.of(NaN, NaN, 0, 0, 0), withWarmup)).to.throw(
      /NaN at bar 1 \(2024-01-02/,
    );
    expect(() => backtest(bars, Float64Array.of(0, 0, 0, 0, 1.01))).to.throw(/1\.01 at bar 4/);
    expect(() => backtest(bars, Float64Array.of(0, 0, 0, -Infinity, 0))).to.throw(/at bar 3/);
    expect(backtest(bars, Float64Array.of(0, 0, 0, 0, 1 + 1e-12)).currentTarget).to.equal(1);
  });

  it('refuses settings that would pay the trader for trading', () => {
    for (const bad of [
      { feeBps: -1 },
      { slippageBps: -0.1 },
      { borrowBpsPerYear: -1 },
      { initialCapital: 0 },
      { leverage: 5 },
      { feeBps: NaN },
      { warmupBars: 1.5 },
    ]) {
      expect(
        codeOf(() => backtest(bars, new Float64Array(5), bad)),
        JSON.stringify(bad),
      ).to.equal('INPUT_INVALID');
    }
  });
});
