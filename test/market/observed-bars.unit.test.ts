import { expect } from 'chai';
import type { BarSeries } from '../../contracts/bars.ts';
import { observedBars } from '../../market/observed-bars.ts';

const DAY_MS = 86_400_000;

/** Bars of `barDays` days from a Monday on, closing at 100, 101, … */
function series(count: number, barDays = 1): BarSeries {
  const from = Date.parse('2024-01-01T00:00:00Z');
  const time = Float64Array.from({ length: count }, (_, at) => from + at * barDays * DAY_MS);
  const close = Float64Array.from({ length: count }, (_, at) => 100 + at);
  return {
    info: {
      symbol: 'SPX',
      source: 'test',
      timeframe: `${barDays}d`,
      count,
      from: new Date(from).toISOString(),
      to: new Date(time[count - 1] ?? 0).toISOString(),
      sha256: '',
    },
    bars: { time, open: close, high: close, low: close, close, volume: close },
  };
}

describe('observedBars', () => {
  it('adds the bar in progress at the observed price', () => {
    const { bars, info } = observedBars(series(5), { time: '2024-01-06T15:00:00Z', price: 105 });
    expect(info.count).to.equal(6);
    expect(new Date(bars.time[5] ?? 0).toISOString()).to.equal('2024-01-06T00:00:00.000Z');
    expect([bars.open[5], bars.high[5], bars.low[5], bars.close[5]]).to.deep.equal([105, 105, 105, 105]);
  });

  it('forgets the bars that had not closed at the time of the observation', () => {
    const { bars, info } = observedBars(series(5), { time: '2024-01-03T15:00:00Z', price: 102 });
    expect(info.count).to.equal(3);
    expect(Array.from(bars.close)).to.deep.equal([100, 101, 102]);
    expect(new Date(bars.time[2] ?? 0).toISOString()).to.equal('2024-01-03T00:00:00.000Z');
  });

  it('keeps to the grid of the data: weeks that begin on Mondays stay so', () => {
    const { bars } = observedBars(series(4, 7), { time: '2024-01-31T15:00:00Z', price: 103 });
    expect(new Date(bars.time[4] ?? 0).toISOString()).to.equal('2024-01-29T00:00:00.000Z');
  });

  it('refuses to join an observation to data that ended long before', () => {
    expect(() => observedBars(series(5), { time: '2024-03-01T15:00:00Z', price: 105 })).to.throw(
      /too long before/,
    );
    expect(() => observedBars(series(5), { time: '2023-12-31T15:00:00Z', price: 105 })).to.throw(
      /had closed/,
    );
  });

  it('refuses a price that is none of this market', () => {
    for (const price of [1e-9, 49, 211, 1e12]) {
      expect(() => observedBars(series(5), { time: '2024-01-06T15:00:00Z', price })).to.throw(/last close/);
    }
  });
});
