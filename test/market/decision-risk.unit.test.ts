import { expect } from 'chai';
import fc from 'fast-check';
import { DecisionRisk, riskComponentNames } from '../../contracts/risk.ts';
import type { MetricSet, Metrics } from '../../contracts/metrics.ts';
import { Symbol } from '../../contracts/symbol.ts';
import { openMarketData } from '../../market/data/index.ts';
import { backtest, decisionRisk, metricsOf, type DecisionRiskInput } from '../../market/index.ts';
import { dailyBars } from './series.ts';

const noTrades = dailyBars([100, 101, 102]);
const someMetrics = metricsOf(noTrades, backtest(noTrades, new Float64Array(3)), { timeframe: '1d' });

/** A run without a fault: every component but confidence and mode is 0. */
const sound: MetricSet = {
  ...someMetrics.strategy,
  sharpe: 0.5,
  maxDrawdown: 0.1,
  trades: 30,
  closedTrades: 30,
  costs: { ...someMetrics.strategy.costs, annualDrag: 0.005 },
};
const input = (
  overrides: Partial<DecisionRiskInput> = {},
  strategy: Partial<MetricSet> = {},
): DecisionRiskInput => ({
  codeRisk: 0,
  metrics: { ...someMetrics, strategy: { ...sound, ...strategy }, buyAndHold: { ...sound, sharpe: 0.3 } },
  lookAheadPassed: true,
  confidence: 1,
  mode: 'paper',
  ...overrides,
});
const pointsOf = (risk: DecisionRisk, name: (typeof riskComponentNames)[number]): number | undefined =>
  risk.components.find((component) => component.name === name)?.points;
const points = (
  name: (typeof riskComponentNames)[number],
  strategy: Partial<MetricSet>,
): number | undefined => pointsOf(decisionRisk(input({}, strategy)), name);

describe('decision risk', () => {
  it('is 0 for a run without a fault, with every component explained', () => {
    const risk = DecisionRisk.parse(decisionRisk(input()));
    expect(risk).to.include({ score: 0, verdict: 'approve' });
    expect(risk.components.map(({ name }) => name)).to.deep.equal([...riskComponentNames]);
    for (const { why } of risk.components) expect(why.length).to.be.above(10);
  });

  it('rejects what looked ahead and code that the validator blocks, whatever else is good', () => {
    for (const fault of [{ lookAheadPassed: false }, { codeRisk: 30 }, { codeRisk: NaN }]) {
      expect(decisionRisk(input({ ...fault, mode: 'historical' }))).to.include({
        score: 90,
        verdict: 'reject',
      });
      expect(decisionRisk(input({ ...fault, mode: 'live' }))).to.include({ score: 100, verdict: 'reject' });
    }
    expect(decisionRisk(input({ lookAheadPassed: false }))).to.include({ score: 100, verdict: 'reject' });
    expect(pointsOf(decisionRisk(input({ codeRisk: 20 })), 'code-risk')).to.equal(10);
  });

  it('scores the drawdown: nothing at 10 %, 7.5 at 30 %, 15 from 50 % on, 60 for ruin', () => {
    expect([0, 0.1, 0.3, 0.5, 0.9].map((maxDrawdown) => points('drawdown', { maxDrawdown }))).to.deep.equal([
      0, 0, 7.5, 15, 15,
    ]);
    expect(points('drawdown', { maxDrawdown: 1, ruinedAt: '2024-01-01T00:00:00.000Z' })).to.equal(60);
  });

  it('scores the Sharpe ratio against buy and hold (0.3), and a ratio that is not above 0', () => {
    expect([0.3, 0.2, 0.05].map((sharpe) => points('sharpe', { sharpe }))).to.deep.equal([0, 3, 7.5]);
    expect([0, -0.2, -1].map((sharpe) => points('sharpe', { sharpe }))).to.deep.equal([24, 30, 30]);
    expect(points('sharpe', { sharpe: null })).to.equal(24);
  });

  it('scores few trades: 15 for none closed, 0 from 30 on, 40 for never having traded', () => {
    expect([0, 10, 30, 500].map((closedTrades) => points('few-trades', { closedTrades }))).to.deep.equal([
      15, 10, 0, 0,
    ]);
    expect(points('few-trades', { trades: 0, closedTrades: 0 })).to.equal(40);
    const never = decisionRisk(input({ mode: 'historical' }, { trades: 0, closedTrades: 0 }));
    expect(never.verdict).to.equal('ask');
  });

  it('scores costs: nothing at 0.5 % a year, 10 from 3 % on', () => {
    const drag = (annualDrag: number | null) =>
      points('cost-drag', { costs: { ...sound.costs, annualDrag } });
    expect([null, 0.005, 0.0175, 0.03, 0.2].map(drag)).to.deep.equal([0, 0, 5, 10, 10]);
  });

  it('scores the confidence: 10 for none', () => {
    const of = (confidence: number) => pointsOf(decisionRisk(input({ confidence })), 'confidence');
    expect([1, 0.6, 0, -3, 7, NaN].map(of)).to.deep.equal([0, 4, 10, 10, 0, 10]);
  });

  it('raises live by 30, so that a person is always asked, and lowers historical by up to 10', () => {
    expect(decisionRisk(input({ mode: 'live' }))).to.include({ score: 30, verdict: 'ask' });
    const weak = { maxDrawdown: 0.5, closedTrades: 0 };
    expect(decisionRisk(input({}, weak))).to.include({ score: 30, verdict: 'ask' });
    expect(decisionRisk(input({ mode: 'historical' }, weak))).to.include({ score: 20, verdict: 'approve' });
    const lowered = decisionRisk(input({ mode: 'historical', confidence: 0.6 }));
    expect(lowered.score).to.equal(0);
    expect(pointsOf(lowered, 'mode')).to.equal(-4); // it takes away what there is and no more
  });

  it('asks from 30 to 70, both included', () => {
    const live = (strategy: Partial<MetricSet>, confidence = 1) =>
      decisionRisk(input({ mode: 'live', confidence }, strategy));
    expect(
      decisionRisk(input({ confidence: 0.01 }, { trades: 30, maxDrawdown: 0.5, closedTrades: 20 })),
    ).to.include({ score: 29.9, verdict: 'approve' });
    expect(live({ trades: 0 })).to.include({ score: 70, verdict: 'ask' });
    expect(live({ trades: 0 }, 0.99)).to.include({ score: 70.1, verdict: 'reject' });
  });

  it('is the sum of its points, within 0 and 100', () => {
    const unit = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(
        unit,
        unit,
        fc.double({ min: -2, max: 3, noNaN: true }),
        fc.nat(60),
        unit,
        fc.constantFrom('live', 'paper', 'historical' as const),
        (confidence, maxDrawdown, sharpe, closedTrades, annualDrag, mode) => {
          const risk = decisionRisk(
            input(
              { confidence, mode: mode as 'live' },
              { maxDrawdown, sharpe, closedTrades, costs: { ...sound.costs, annualDrag } },
            ),
          );
          const sum = risk.components.reduce((total, component) => total + component.points, 0);
          expect(risk.score).to.be.closeTo(Math.min(100, sum), 1e-9);
          expect(risk.score).to.be.within(mode === 'live' ? 30 : 0, 100);
        },
      ),
    );
  });

  it('approves momentum with a volatility filter on the S&P 500 as a study, and asks a person before it goes live', async () => {
    const { bars, info } = await openMarketData().loadBars(Symbol.parse('SPX'));
    const metrics: Metrics = metricsOf(
      bars,
      backtest(bars, momentumWithVolatilityFilter(bars.close), { warmupBars: 126 }),
      { timeframe: info.timeframe },
    );
    const run = { codeRisk: 1, metrics, lookAheadPassed: true, confidence: 0.6 };
    expect(decisionRisk({ ...run, mode: 'historical' })).to.include({ verdict: 'approve' });
    expect(decisionRisk({ ...run, mode: 'live' })).to.include({ verdict: 'ask' });
  });
});

/** Long while the close is above that of 126 bars before and the last 20 returns swing by less than 25 % a year. */
function momentumWithVolatilityFilter(close: Float64Array): Float64Array {
  const returns = close.map((price, bar) => (bar === 0 ? 0 : price / (close[bar - 1] as number) - 1));
  return close.map((price, bar) => {
    if (bar < 126) return NaN;
    const recent = returns.subarray(bar - 19, bar + 1);
    const mean = recent.reduce((sum, value) => sum + value, 0) / 20;
    const variance = recent.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 19;
    return price > (close[bar - 126] as number) && Math.sqrt(variance * 252) < 0.25 ? 1 : 0;
  });
}
