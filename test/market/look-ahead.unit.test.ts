import { expect } from 'chai';
import fc from 'fast-check';
import type { BarColumns } from '../../contracts/bars.ts';
import { LookAheadReport } from '../../contracts/look-ahead.ts';
import { compareTruncated, truncationPoints } from '../../market/look-ahead/index.ts';
import { dailyBars, isoDay, truncated } from './series.ts';

/** A saw-tooth with drift, so that momentum changes its mind often. */
const bars = dailyBars(
  Array.from(
    { length: 400 },
    (_, bar) => 100 + bar * 0.05 + 8 * Math.sin(bar / 3.7) + 3 * Math.sin(bar * 1.3),
  ),
);
const WARMUP = 10;

type Strategy = (bars: BarColumns) => Float64Array;

/** Long when the close is above that of ten bars before. */
const honest: Strategy = ({ close }) =>
  close.map((price, bar) => (bar < WARMUP ? NaN : price > (close[bar - WARMUP] as number) ? 1 : 0));

/** Uses the next close, as `close.shift(-1)` does; what is missing at the end is filled in with flat. */
const peeking: Strategy = ({ close }) => close.map((price, bar) => ((close[bar + 1] ?? 0) > price ? 1 : 0));

/** The same, but what is missing at the end is filled in with the bar before, and the other side is short. */
const peekingFilled: Strategy = ({ close }) => {
  const wanted = close.map((price, bar) => Math.sign((close[bar + 1] ?? NaN) - price));
  return wanted.map((value, bar) => (Number.isNaN(value) ? (wanted[bar - 1] ?? 0) : value));
};

/** Measures against the mean of the whole series, which only the future knows. */
const normalising: Strategy = ({ close }) => {
  const mean = close.reduce((sum, price) => sum + price, 0) / close.length;
  return close.map((price) => (price > mean ? 1 : 0));
};

function assess(strategy: Strategy, seed = 7): LookAheadReport {
  const full = strategy(bars);
  const cuts = truncationPoints(bars.time.length, { seed, minBars: WARMUP + 1, positions: full });
  const runs = cuts.map((cut) => ({ cut, positions: strategy(truncated(bars, cut)) }));
  return LookAheadReport.parse(compareTruncated(full, runs, { time: bars.time }));
}

describe('look-ahead test', () => {
  it('passes a strategy that decides from the past', () => {
    const report = assess(honest);
    expect(report).to.include({ cuts: 24, mismatchedBars: 0, mismatchedLastBars: 0, passed: true });
    expect(report.cutsAtChanges).to.be.at.least(12);
    expect(report.mismatches).to.deep.equal([]);
    expect(report.compared).to.be.above(24 * WARMUP);
  });

  it('catches shift(-1), which differs in the last bar of a prefix only', () => {
    for (const strategy of [peeking, peekingFilled]) {
      for (const seed of [1, 2, 3, 4, 5]) {
        const report = assess(strategy, seed);
        expect(report.passed).to.equal(false);
        expect(report.mismatchedBars).to.equal(report.mismatchedLastBars);
        expect(report.mismatchedLastBars).to.be.at.least(4);
        for (const { cut, bar } of report.mismatches) expect(bar).to.equal(cut - 1);
      }
    }
  });

  it('catches a measure over the whole series, in earlier bars too', () => {
    const report = assess(normalising);
    expect(report.passed).to.equal(false);
    expect(report.mismatchedBars).to.be.above(report.mismatchedLastBars);
    expect(report.mismatches.length).to.be.within(1, 20);
  });

  const full = Float64Array.from({ length: 40 }, (_, bar) => (bar < 2 ? NaN : bar % 5 === 0 ? 1 : 0.25));
  const time = dailyBars(Array<number>(40).fill(1)).time;
  const prefixes = (change: (positions: Float64Array, cut: number) => Float64Array | null) =>
    Array.from({ length: 20 }, (_, index) => index + 11).map((cut) => ({
      cut,
      positions: change(full.slice(0, cut), cut),
    }));

  it('says which bar of which cut differs, and how', () => {
    const runs = prefixes((positions, cut) =>
      cut === 16 ? positions.with(3, 0.5).with(15, NaN) : positions,
    );
    const report = compareTruncated(full, runs, { time });
    expect(report).to.include({ mismatchedBars: 2, mismatchedLastBars: 1, passed: false });
    expect(report.mismatches).to.deep.equal([
      { cut: 16, bar: 3, time: isoDay(3), full: 0.25, truncated: 0.5 },
      { cut: 16, bar: 15, time: isoDay(15), full: 1, truncated: null },
    ]);
    expect(report.why).to.match(/^1 of 20 runs .* 1 of them in their last bar/);
  });

  it('takes rounding for equal and nothing more', () => {
    expect(
      compareTruncated(
        full,
        prefixes((positions) => positions.map((value) => value + 5e-10)),
        { time },
      ).passed,
    ).to.equal(true);
    expect(
      compareTruncated(
        full,
        prefixes((positions) => positions.map((value) => value + 5e-9)),
        { time },
      ).passed,
    ).to.equal(false);
  });

  it('fails a run that failed, or gave too few or too many bars', () => {
    for (const change of [
      (positions: Float64Array, cut: number) => (cut === 20 ? null : positions),
      (positions: Float64Array, cut: number) => (cut === 20 ? positions.slice(0, 19) : positions),
      (positions: Float64Array, cut: number) => (cut === 20 ? full.slice(0, 21) : positions),
    ]) {
      const report = compareTruncated(full, prefixes(change), { time });
      expect(report).to.include({ passed: false, mismatchedBars: 1 });
    }
  });

  it('proves nothing with fewer than 20 different cuts', () => {
    const runs = prefixes((positions) => positions);
    expect(compareTruncated(full, runs, { time }).passed).to.equal(true);
    const report = compareTruncated(full, runs.slice(1), { time });
    expect(report).to.include({ passed: false, mismatchedBars: 0 });
    expect(report.why).to.match(/only 19 different cuts/);
    expect(compareTruncated(full, Array(30).fill(runs[0]), { time }).passed).to.equal(false);
    expect(compareTruncated(full, [], { time }).passed).to.equal(false);
  });
});

describe('truncation points', () => {
  const flips = (count: number, every: number) =>
    Float64Array.from({ length: count }, (_, bar) => Math.floor(bar / every) % 2);

  it('are distinct, ascending, within bounds, and the same for the same seed', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 60, max: 6_000 }),
        fc.integer({ min: 20, max: 40 }),
        fc.nat(),
        fc.integer({ min: 1, max: 15 }),
        (count, cuts, seed, every) => {
          const options = { cuts, seed, minBars: 12, positions: flips(count, every) };
          const points = truncationPoints(count, options);
          expect(points).to.have.length(cuts);
          expect(points).to.deep.equal([...new Set(points)].sort((a, b) => a - b));
          expect(points[0]).to.be.at.least(12);
          expect(points.at(-1)).to.equal(count - 1);
          expect(truncationPoints(count, options)).to.deep.equal(points);
        },
      ),
    );
  });

  it('differ from seed to seed', () => {
    const of = (seed: number) => truncationPoints(5_105, { seed, minBars: 50, positions: flips(5_105, 30) });
    expect(of(1)).not.to.deep.equal(of(2));
  });

  it('end on a change of position 12 times or more, where there are so many', () => {
    const positions = flips(5_105, 100);
    const points = truncationPoints(5_105, { cuts: 20, seed: 3, minBars: 50, positions });
    expect(points.filter((cut) => positions[cut - 1] !== positions[cut - 2])).to.have.length.at.least(12);
  });

  it('lie around the changes where these are few', () => {
    const positions = new Float64Array(2_000).fill(1, 700, 1_500);
    const points = truncationPoints(2_000, { seed: 3, minBars: 50, positions });
    expect(points).to.include.members([701, 1_501]);
    const near = points.filter((cut) => Math.abs(cut - 701) <= 8 || Math.abs(cut - 1_501) <= 8);
    expect(near.length).to.be.at.least(12);
  });

  it('lie in every part of the series', () => {
    const points = truncationPoints(5_000, { seed: 3, minBars: 50, positions: flips(5_000, 50) });
    for (let fifth = 0; fifth < 5; fifth += 1) {
      const inside = points.filter((cut) => cut >= fifth * 1_000 && cut < (fifth + 1) * 1_000);
      expect(inside.length, `part ${fifth}`).to.be.at.least(3);
    }
  });

  it('are all that exist when there are fewer than asked for', () => {
    expect(truncationPoints(15, { seed: 1, minBars: 10 })).to.deep.equal([10, 11, 12, 13, 14]);
    expect(truncationPoints(5, { seed: 1, minBars: 10 })).to.deep.equal([]);
  });

  it('are never asked for below 20', () => {
    expect(() => truncationPoints(5_000, { cuts: 19, seed: 1, minBars: 1 })).to.throw(/at least 20/);
  });
});
