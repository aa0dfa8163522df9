import fc from 'fast-check';
import type { BarColumns } from '../../contracts/bars.ts';

export const DAY = 86_400_000;
/** A Monday. */
export const START = Date.UTC(2024, 0, 1);

/** Bars of consecutive days (weekends too) from opens and closes; highs and lows enclose them. */
export function dailyBars(opens: readonly number[], closes: readonly number[] = opens): BarColumns {
  return {
    time: Float64Array.from(opens, (_, bar) => START + bar * DAY),
    open: Float64Array.from(opens),
    high: Float64Array.from(opens, (open, bar) => Math.max(open, closes[bar] as number)),
    low: Float64Array.from(opens, (open, bar) => Math.min(open, closes[bar] as number)),
    close: Float64Array.from(closes),
    volume: new Float64Array(opens.length).fill(1_000),
  };
}

export const truncated = (bars: BarColumns, cut: number): BarColumns => ({
  time: bars.time.slice(0, cut),
  open: bars.open.slice(0, cut),
  high: bars.high.slice(0, cut),
  low: bars.low.slice(0, cut),
  close: bars.close.slice(0, cut),
  volume: bars.volume.slice(0, cut),
});

export const isoDay = (bar: number): string => new Date(START + bar * DAY).toISOString();

/** No costs of any kind, every change traded. */
export const free = { feeBps: 0, slippageBps: 0, borrowBpsPerYear: 0, rebalanceTolerance: 0 };

const step = fc.double({ min: -0.08, max: 0.08, noNaN: true });

/** A random walk: each bar opens with a gap to the last close and closes with a move from its open. */
export const anyBars = fc.array(fc.tuple(step, step), { minLength: 3, maxLength: 60 }).map((moves) => {
  const opens: number[] = [];
  const closes: number[] = [];
  let price = 100;
  for (const [gap, move] of moves) {
    opens.push((price *= Math.exp(gap)));
    closes.push((price *= Math.exp(move)));
  }
  return dailyBars(opens, closes);
});

const position = (least: number) =>
  fc.oneof(fc.constantFrom(...[0, 1, 0.5, least]), fc.double({ min: least, max: 1, noNaN: true }));

/** Bars and a position for each, not below `least`. */
export const barsAndPositions = (least: -1 | 0) =>
  anyBars.chain((bars) =>
    fc.record({
      bars: fc.constant(bars),
      positions: fc
        .array(position(least), { minLength: bars.time.length, maxLength: bars.time.length })
        .map((list) => Float64Array.from(list)),
    }),
  );

export const anyCosts = fc.record({
  feeBps: fc.double({ min: 0, max: 100, noNaN: true }),
  slippageBps: fc.double({ min: 0, max: 100, noNaN: true }),
  borrowBpsPerYear: fc.double({ min: 0, max: 1_000, noNaN: true }),
});
