import { expect } from 'chai';
import fc from 'fast-check';
import { Metrics } from '../../contracts/metrics.ts';
import { backtest } from '../../market/backtest/index.ts';
import { metricsOf } from '../../market/metrics/index.ts';
import { anyBars, anyCosts, barsAndPositions, free, truncated } from './series.ts';

const last = (column: Float64Array): number => column[column.length - 1] as number;

describe('back-test properties', () => {
  it('leaves the capital untouched while flat', () => {
    fc.assert(
      fc.property(anyBars, anyCosts, (bars, costs) => {
        const { strategy } = backtest(bars, new Float64Array(bars.time.length), costs);
        expect([...strategy.equity]).to.deep.equal(Array(bars.time.length).fill(100_000));
        expect(strategy).to.deep.include({ turnover: 0, costsOfEquity: 0, trades: [] });
      }),
    );
  });

  it('lets no cost be negative, and no long-only strategy gain by one', () => {
    fc.assert(
      fc.property(barsAndPositions(0), anyCosts, ({ bars, positions }, costs) => {
        const cheap = backtest(bars, positions, { ...free }).strategy;
        const dear = backtest(bars, positions, { ...free, ...costs }).strategy;
        for (const cost of Object.values(dear.costs)) expect(cost).to.be.at.least(0);
        // A fixed fraction of a smaller equity: at each bar no more than without costs.
        dear.equity.forEach((value, bar) =>
          expect(value).to.be.at.most((cheap.equity[bar] as number) * (1 + 1e-9)),
        );
      }),
    );
  });

  it('costs exactly what it says: pnl of trades, and costs, add up to the change of equity', () => {
    fc.assert(
      fc.property(barsAndPositions(-1), anyCosts, ({ bars, positions }, costs) => {
        const { strategy } = backtest(bars, positions, costs);
        fc.pre(strategy.ruinedAtBar === null);
        const pnl = strategy.trades.reduce((sum, trade) => sum + trade.pnl, 0);
        expect(pnl).to.be.closeTo(last(strategy.equity) - 100_000, 1e-5);
        const { fees, slippage, borrow } = strategy.costs;
        const tradeCosts = strategy.trades.reduce((sum, trade) => sum + trade.costs, 0);
        expect(tradeCosts).to.be.closeTo(fees + slippage + borrow, 1e-5);
      }),
    );
  });

  it('gives buy and hold to whoever is always long', () => {
    fc.assert(
      fc.property(anyBars, anyCosts, (bars, costs) => {
        const { strategy, buyAndHold } = backtest(bars, new Float64Array(bars.time.length).fill(1), costs);
        expect([...strategy.equity]).to.deep.equal([...buyAndHold.equity]);
        const free100 = (100_000 * last(bars.close)) / (bars.open[1] as number);
        const k = (1 + costs.slippageBps / 1e4) * (1 + costs.feeBps / 1e4);
        expect(last(buyAndHold.equity)).to.be.closeTo(free100 / k, 1e-6 * free100);
      }),
    );
  });

  it('never loses all without leverage and shorts, and never holds more than its equity', () => {
    fc.assert(
      fc.property(barsAndPositions(0), anyCosts, ({ bars, positions }, costs) => {
        const { strategy } = backtest(bars, positions, costs);
        strategy.equity.forEach((value) => expect(value).to.be.above(0));
        strategy.weight.forEach((value) => expect(value).to.be.within(0, 1 + 1e-12));
        expect(strategy.costs.borrow).to.be.closeTo(0, 1e-6);
      }),
    );
  });

  it('does not care in which unit prices are quoted', () => {
    fc.assert(
      fc.property(
        barsAndPositions(-1),
        anyCosts,
        fc.constantFrom(0.001, 3, 1e6),
        ({ bars, positions }, costs, factor) => {
          const scale = (column: Float64Array): Float64Array => column.map((price) => price * factor);
          const scaled = {
            ...bars,
            open: scale(bars.open),
            high: scale(bars.high),
            low: scale(bars.low),
            close: scale(bars.close),
          };
          const before = backtest(bars, positions, costs).strategy.equity;
          backtest(scaled, positions, costs).strategy.equity.forEach((value, bar) => {
            expect(value).to.be.closeTo(before[bar] as number, 1e-6 * Math.abs(before[bar] as number) + 1e-6);
          });
        },
      ),
    );
  });

  it('does not look ahead itself: fewer bars give the same equity up to there', () => {
    fc.assert(
      fc.property(barsAndPositions(-1), anyCosts, fc.nat(), ({ bars, positions }, costs, pick) => {
        const cut = 1 + (pick % bars.time.length);
        const full = backtest(bars, positions, costs).strategy.equity.slice(0, cut);
        const part = backtest(truncated(bars, cut), positions.slice(0, cut), costs).strategy.equity;
        expect([...part]).to.deep.equal([...full]);
      }),
    );
  });

  it('gives metrics that are JSON, whatever happened', () => {
    fc.assert(
      fc.property(
        barsAndPositions(-1),
        anyCosts,
        fc.integer({ min: 0, max: 70 }),
        fc.integer({ min: 1, max: 4 }),
        ({ bars, positions }, costs, warmupBars, leverage) => {
          const result = backtest(bars, positions, { ...costs, warmupBars, leverage });
          const metrics = metricsOf(bars, result, { timeframe: '1d' });
          expect(Metrics.parse(JSON.parse(JSON.stringify(metrics)))).to.deep.equal(metrics);
        },
      ),
    );
  });
});
