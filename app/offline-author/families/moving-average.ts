import type { Family } from '../family.ts';
import type { Idea } from '../idea.ts';
import { returnHeld, sideNames } from '../sides.ts';

function spans(
  idea: Idea,
  kind: string,
  fastUsual: number[],
  slowUsual: number[],
): { fast: number; slow: number } {
  const golden = idea.mentions(/\b(?:golden|death) cross\b/) ? [50, 200] : undefined;
  const pair = idea.numbers(2) ?? golden;
  const fast = idea.number({
    what: `fast ${kind} in bars`,
    given: pair && Math.min(...pair),
    usual: fastUsual,
    min: 2,
    max: 250,
  });
  const slow = idea.number({
    what: `slow ${kind} in bars`,
    given: pair && Math.max(...pair),
    usual: slowUsual,
    min: fast + 1,
    max: 500,
  });
  return { fast, slow };
}

export const smaCrossover: Family = {
  name: 'sma_crossover',
  title: 'Crossover of simple moving averages',
  view: 'A fast average above a slow one marks a trend that is under way; it earns in long trends and pays for them with whipsaws when the market goes sideways.',
  cues: [
    { pattern: /\b(?:golden|death) cross\b/, weight: 5 },
    { pattern: /\b(?:sma|simple moving average)s?\b/, weight: 3 },
    { pattern: /\bcross(?:es|ing)?(?:[- ]?over)?\b/, weight: 1.5 },
    { pattern: /\bmoving averages?\b/, weight: 1.5 },
    { pattern: /\b\d{1,3} ?\/ ?\d{1,3}\b(?! ?\/)/, weight: 2 },
  ],
  design(idea) {
    const { fast, slow } = spans(idea, 'average', [20, 50], [100, 150, 200]);
    return {
      constants: [
        { name: 'SMA_FAST_BARS', value: fast, meaning: 'fast simple average' },
        { name: 'SMA_SLOW_BARS', value: slow, meaning: 'slow simple average' },
      ],
      body: `close = bars["close"]
fast = close.rolling(SMA_FAST_BARS).mean()
slow = close.rolling(SMA_SLOW_BARS).mean()
return pd.Series(np.where(fast > slow, LONG, SHORT), index=bars.index)`,
      warmupBars: slow,
      rule: `${sideNames(idea).up} while the ${fast}-bar average is above the ${slow}-bar average, else ${sideNames(idea).down}`,
    };
  },
};

export const emaCrossover: Family = {
  name: 'ema_crossover',
  title: 'Crossover of exponential moving averages',
  view: 'Exponential averages weigh recent bars more and turn earlier than simple ones: less lag at turning points, more false starts between them.',
  cues: [{ pattern: /\b(?:ema|exponential(?:ly)?(?: weighted)?(?: moving)?(?: averages?)?)s?\b/, weight: 4 }],
  design(idea) {
    const { fast, slow } = spans(idea, 'span', [12, 20, 30], [50, 100, 150]);
    return {
      constants: [
        { name: 'EMA_FAST_SPAN', value: fast, meaning: 'span of the fast exponential average' },
        { name: 'EMA_SLOW_SPAN', value: slow, meaning: 'span of the slow one' },
      ],
      body: `close = bars["close"]
fast = close.ewm(span=EMA_FAST_SPAN, adjust=False).mean()
slow = close.ewm(span=EMA_SLOW_SPAN, adjust=False).mean()
return pd.Series(np.where(fast > slow, LONG, SHORT), index=bars.index)`,
      warmupBars: slow * 3,
      rule: `${sideNames(idea).up} while the exponential average of span ${fast} is above that of span ${slow}, else ${sideNames(idea).down}`,
    };
  },
};

export const macd: Family = {
  name: 'macd',
  title: 'MACD',
  view: 'The distance of two exponential averages against its own average shows a trend gaining or losing speed; it is early, and therefore often wrong, in quiet markets.',
  cues: [{ pattern: /\bmacd\b/, weight: 5 }],
  design(idea) {
    const triple = idea.numbers(3);
    const [a, b, c] = triple ?? [];
    const fast = idea.number({
      what: 'fast span',
      given: a !== undefined && b !== undefined ? Math.min(a, b) : undefined,
      usual: [12],
      min: 2,
      max: 200,
    });
    const slow = idea.number({
      what: 'slow span',
      given: a !== undefined && b !== undefined ? Math.max(a, b) : undefined,
      usual: [26],
      min: fast + 1,
      max: 400,
    });
    const signal = idea.number({ what: 'span of the signal line', given: c, usual: [9], min: 2, max: 100 });
    return {
      constants: [
        { name: 'MACD_FAST_SPAN', value: fast, meaning: 'span of the fast exponential average' },
        { name: 'MACD_SLOW_SPAN', value: slow, meaning: 'span of the slow one' },
        { name: 'MACD_SIGNAL_SPAN', value: signal, meaning: 'span of the signal line' },
      ],
      body: `close = bars["close"]
fast = close.ewm(span=MACD_FAST_SPAN, adjust=False).mean()
slow = close.ewm(span=MACD_SLOW_SPAN, adjust=False).mean()
line = fast - slow
signal_line = line.ewm(span=MACD_SIGNAL_SPAN, adjust=False).mean()
return pd.Series(np.where(line > signal_line, LONG, SHORT), index=bars.index)`,
      warmupBars: slow * 3 + signal,
      rule: `${sideNames(idea).up} while the MACD line (${fast}, ${slow}) is above its signal line (${signal}), else ${sideNames(idea).down}`,
    };
  },
};

export const trend: Family = {
  name: 'trend',
  title: 'Trend by a long moving average',
  view: 'Large losses mostly happen below the long moving average, so being out there gives up some return for much smaller drawdowns; it fails when the price keeps crossing the average.',
  cues: [
    { pattern: /\btrend(?:s|ing)?\b(?! filter)/, weight: 1.5 },
    { pattern: /\btrend[- ]?following\b/, weight: 1.5 },
    {
      pattern:
        /\b(?:price|close|index|market|it)? ?(?:is |stays |trades )?(?:above|over|below|under) (?:its|the|a) (?:\d+[- ]?(?:day|bar|week|month) ?)?(?:simple )?(?:moving )?(?:average|ma|sma)\b/,
      weight: 2.5,
    },
  ],
  design(idea) {
    const given = idea.periodNear(/(?:moving )?average|\bs?ma\b|trend/) ?? idea.nextPeriod();
    const bars = idea.number({
      what: 'trend average in bars',
      given,
      usual: [150, 200, 250],
      min: 5,
      max: 500,
    });
    return {
      constants: [
        { name: 'TREND_BARS', value: bars, meaning: 'moving average that defines the trend' },
        { name: 'TREND_BAND', value: 0.01, meaning: 'the price must be this far beyond it to change side' },
      ],
      body: `close = bars["close"]
average = close.rolling(TREND_BARS).mean()
above = close > average * (1.0 + TREND_BAND)
below = close < average * (1.0 - TREND_BAND)
${returnHeld(idea, { enter: 'above', leave: 'below' }, { enter: 'below', leave: 'above' })}`,
      warmupBars: bars,
      rule: `${sideNames(idea).up} once the close is 1 % above its ${bars}-bar average, ${sideNames(idea).down} once it is 1 % below`,
      holds: true,
    };
  },
};
