import { expect } from 'chai';
import fc from 'fast-check';
import { SignalCandidate } from '../../contracts/signal-candidate.ts';
import { backtest } from '../../market/backtest/index.ts';
import { actionOf, signalCandidates } from '../../market/signals/index.ts';
import { barsAndPositions, dailyBars, DAY, isoDay } from './series.ts';

const daily = { lastBars: 100, timeframe: '1d' };

describe('signal candidates', () => {
  it('names the order that leads from one target to the next', () => {
    const actions = [
      [0, 0.5],
      [0.5, 1],
      [-0.5, 0.5],
      [1, 0.5],
      [0.5, 0],
      [0, -0.5],
      [-0.5, -1],
      [0.5, -0.5],
      [-1, -0.5],
      [-0.5, 0],
      [0.5, 0.5],
      [0, 0],
    ].map(([from = 0, to = 0]) => actionOf(from, to));
    expect(actions.join(' ')).to.equal('buy buy buy sell sell short short short cover cover hold hold');
  });

  it('are the changes of the target in the last bars, and the current target', () => {
    const bars = dailyBars([10, 11, 12, 13, 14, 15]);
    const positions = Float64Array.of(0, 1, 0, -0.5, -0.5, -0.5);
    const signals = signalCandidates(bars, positions, { ...daily, lastBars: 4 });
    expect(signals.map((signal) => SignalCandidate.parse(signal))).to.deep.equal([
      {
        barTime: isoDay(2),
        action: 'sell',
        side: 'flat',
        targetPosition: 0,
        previousPosition: 1,
        priceReference: 12,
        validFrom: isoDay(3),
        validUntil: isoDay(4),
      },
      {
        barTime: isoDay(3),
        action: 'short',
        side: 'short',
        targetPosition: -0.5,
        previousPosition: 0,
        priceReference: 13,
        validFrom: isoDay(4),
        validUntil: isoDay(5),
      },
      {
        barTime: isoDay(5),
        action: 'hold',
        side: 'short',
        targetPosition: -0.5,
        previousPosition: -0.5,
        priceReference: 15,
        validFrom: isoDay(6),
        validUntil: isoDay(7),
      },
    ]);
  });

  it('are at least one: what the strategy wants now, be it nothing', () => {
    const bars = dailyBars([10, 11, 12]);
    const [only, ...more] = signalCandidates(bars, new Float64Array(3), { ...daily, lastBars: 1 });
    expect(only).to.include({ action: 'hold', side: 'flat', targetPosition: 0, barTime: isoDay(2) });
    expect(more).to.deep.equal([]);
    const [first] = signalCandidates(dailyBars([10]), Float64Array.of(1), daily);
    expect(first).to.include({ action: 'buy', previousPosition: 0 });
  });

  it('leave out tiny changes and the warm-up', () => {
    const bars = dailyBars([10, 11, 12, 13, 14]);
    const signals = signalCandidates(bars, Float64Array.of(NaN, 0.5, 0.505, 0.495, 0.6), {
      ...daily,
      warmupBars: 1,
    });
    expect(signals.map(({ targetPosition }) => targetPosition)).to.deep.equal([0.5, 0.6]);
    expect(signals[1]).to.include({ previousPosition: 0.5, action: 'buy' });
  });

  it('wait for Monday where weekends are kept', () => {
    const monday = Date.UTC(2020, 3, 13);
    const week = {
      ...dailyBars([1, 1, 1, 1, 1]),
      time: Float64Array.from([0, 1, 2, 3, 4], (day) => monday + day * DAY),
    };
    const [signal] = signalCandidates(week, new Float64Array(5), daily);
    expect(signal).to.include({
      validFrom: '2020-04-20T00:00:00.000Z',
      validUntil: '2020-04-21T00:00:00.000Z',
    });
  });

  it('refuse what is no input', () => {
    expect(() => signalCandidates(dailyBars([]), new Float64Array(0), daily)).to.throw(/at least one bar/);
    expect(() => signalCandidates(dailyBars([1]), new Float64Array(1), { ...daily, lastBars: 0 })).to.throw(
      /lastBars/,
    );
    expect(() => signalCandidates(dailyBars([1, 1]), new Float64Array(1), daily)).to.throw(
      /one position per bar/,
    );
  });

  it('are the trades the back-test made: each change but the last is filled there, each ends where the next begins', () => {
    fc.assert(
      fc.property(barsAndPositions(-1), ({ bars, positions }) => {
        const signals = signalCandidates(bars, positions, daily);
        const { targets, currentTarget } = backtest(bars, positions);
        expect(signals.at(-1)?.targetPosition).to.equal(currentTarget);
        const changes = targets.filter((target, bar) => target !== (targets[bar - 1] ?? 0)).length;
        expect(signals.filter(({ action }) => action !== 'hold')).to.have.length(changes);
        signals.forEach((signal, index) => {
          expect(signal.previousPosition).to.equal(signals[index - 1]?.targetPosition ?? 0);
        });
      }),
    );
  });
});
