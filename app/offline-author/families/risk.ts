import type { Family } from '../family.ts';
import { returnHeld, sideNames } from '../sides.ts';

export const volatilityTarget: Family = {
  name: 'volatility_target',
  title: 'Volatility targeting',
  view: 'Volatility is far easier to forecast than return, so holding less when it is high evens out the risk; it sells into falls and misses part of fast recoveries.',
  cues: [
    {
      pattern:
        /\b(?:volatility|vol)[- ]target\w*\b|\btarget(?:ing|s|ed)?(?: an?)?(?: annual\w*)?(?: \d+ ?%)?(?: annual\w*)? (?:volatility|vol)\b/,
      weight: 5,
    },
    {
      pattern:
        /\brisk parity\b|\binverse volatility\b|\b(?:constant|managed) (?:volatility|risk)\b|\bvolatility[- ](?:scaled|managed|adjusted)\b/,
      weight: 4,
    },
    { pattern: /\b(?:volatility|vol)\b(?! ?-?(?:filter|is|stays|below|under))/, weight: 0.5 },
  ],
  design(idea) {
    const given = idea.periodNear(/volatility|\bvol\b/) ?? idea.nextPeriod();
    const bars = idea.number({
      what: 'volatility window in bars',
      given,
      usual: [20, 30, 60],
      min: 5,
      max: 252,
    });
    const percent = idea.number({
      what: 'target volatility in per cent a year',
      given: idea.percentOf('volatility|vol'),
      usual: [10, 12, 15],
      min: 2,
      max: 60,
    });
    const both = idea.sides !== 'long-only';
    return {
      constants: [
        { name: 'TARGET_VOLATILITY', value: percent / 100, meaning: 'per year' },
        { name: 'TARGET_BARS', value: bars, meaning: 'window of the realised volatility' },
        ...(both
          ? [{ name: 'TARGET_TREND_BARS', value: 200, meaning: 'moving average that decides the side' }]
          : []),
      ],
      body: `close = bars["close"]
daily = close / close.shift(1) - 1.0
volatility = daily.rolling(TARGET_BARS).std() * math.sqrt(252.0)
weight = (TARGET_VOLATILITY / volatility).clip(upper=1.0)
# Quarters of the position: a small change of the estimate is not worth a trade.
steps = (weight * 4.0).round() / 4.0
${both ? 'side = np.where(close > close.rolling(TARGET_TREND_BARS).mean(), LONG, SHORT)\nreturn steps * side' : 'return steps * LONG'}`,
      warmupBars: Math.max(bars + 1, both ? 200 : 0),
      rule: `position of ${percent} % over the realised volatility of ${bars} bars, at most 1, in quarters${both ? ', on the side of the 200-bar trend' : ''}`,
    };
  },
};

export const drawdownGuard: Family = {
  name: 'drawdown_guard',
  title: 'Drawdown guard',
  view: 'Large losses are hard to win back, so leaving after a set fall caps the worst years; it sells near the bottom of every short scare.',
  cues: [
    { pattern: /\bdraw-?downs?\b/, weight: 1.5 },
    {
      pattern:
        /\bdraw-?down (?:guard|control|limit|stop|protect\w*)\b|\bcapital preservation\b|\bcrash protection\b/,
      weight: 2,
    },
    { pattern: /\bbuy (?:and|&) hold\b/, weight: 1.5 },
    { pattern: /\b(?:trailing )?stop(?:[- ]loss)?\b/, weight: 1 },
  ],
  design(idea) {
    const percent = idea.number({
      what: 'fall from the peak to leave at, in per cent',
      given: idea.percentOf('draw-?down|stop|fall|loss|peak'),
      usual: [7, 10, 12],
      min: 1,
      max: 50,
    });
    const bars = idea.number({
      what: 'window of the peak in bars',
      given: idea.nextPeriod(),
      usual: [126, 189, 252],
      min: 20,
      max: 504,
    });
    return {
      constants: [
        { name: 'GUARD_BARS', value: bars, meaning: 'window of the peak' },
        {
          name: 'GUARD_FALL',
          value: percent / 100,
          meaning: 'fall from the peak at which the long side is left',
        },
      ],
      body: `close = bars["close"]
fall = 1.0 - close / close.rolling(GUARD_BARS).max()
recovered = (fall < 0.5 * GUARD_FALL) | (close > close.rolling(100).mean() * 1.02)
broken = fall >= GUARD_FALL
${returnHeld(idea, { enter: 'recovered & ~broken', leave: 'broken' }, { enter: 'broken', leave: 'recovered & ~broken' })}`,
      warmupBars: Math.max(bars, 100),
      rule: `${sideNames(idea).up} until the price is ${percent} % below its ${bars}-bar peak, then ${sideNames(idea).down} until half of that is recovered or the 100-bar trend is up`,
      holds: true,
    };
  },
};
