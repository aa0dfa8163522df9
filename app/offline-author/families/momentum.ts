import type { Family } from '../family.ts';
import { sideNames } from '../sides.ts';

export const momentum: Family = {
  name: 'momentum',
  title: 'Time-series momentum',
  view: 'Returns over the past months tend to continue because investors react slowly and chase; it fails at sharp turning points and in sideways markets.',
  cues: [
    { pattern: /\bmomentum\b/, weight: 2 },
    { pattern: /\b12[- ]?(?:\/|-|minus)[- ]?1\b/, weight: 2 },
    {
      pattern:
        /\b(?:past|trailing|recent) (?:returns?|performance|winners?)\b|\bwinners?\b|\brate of change\b|\broc\b/,
      weight: 2,
    },
    { pattern: /\btrend[- ]?following\b/, weight: 1 },
  ],
  design(idea) {
    const skip = idea.mentions(
      /\b12[- ]?(?:\/|-|minus)[- ]?1\b|\bskip(?:ping)? (?:the )?(?:last|latest|recent) month\b/,
    )
      ? 21
      : 0;
    if (skip > 0) idea.note('the idea leaves out the latest month, as 12-1 momentum does');
    const given =
      skip > 0
        ? 231
        : (idea.periodNear(/\bmomentum|return|performance|rate of change|\broc\b|look-?back/) ??
          idea.nextPeriod());
    const bars = idea.number({
      what: 'momentum look-back in bars',
      given,
      usual: [126, 168, 189, 210, 231, 252],
      min: 2,
      max: 504,
    });
    return {
      constants: [
        { name: 'MOMENTUM_BARS', value: bars, meaning: 'look-back of the return' },
        { name: 'MOMENTUM_SKIP_BARS', value: skip, meaning: 'latest bars left out of it' },
      ],
      body: `close = bars["close"]
past_return = close.shift(MOMENTUM_SKIP_BARS) / close.shift(MOMENTUM_SKIP_BARS + MOMENTUM_BARS) - 1.0
return pd.Series(np.where(past_return > 0.0, LONG, SHORT), index=bars.index)`,
      warmupBars: bars + skip,
      rule: `${sideNames(idea).up} while the return over ${bars} bars is positive, else ${sideNames(idea).down}${skip > 0 ? `; the latest ${skip} bars are left out` : ''}`,
    };
  },
};

export const dualMomentum: Family = {
  name: 'dual_momentum',
  title: 'Dual momentum',
  view: 'A short and a long look-back must agree before the full position is taken, which avoids some of the whipsaws of one look-back alone; it reacts late when both turn slowly.',
  cues: [
    { pattern: /\bdual[- ]momentum\b|\babsolute momentum\b/, weight: 5 },
    {
      pattern: /\b(?:two|multiple|several|combined) (?:momentum|look-?backs?|horizons?|time-?frames?)\b/,
      weight: 3,
    },
  ],
  design(idea) {
    const pair = idea.numbers(2);
    const fast = idea.number({
      what: 'short look-back in bars',
      given: pair && Math.min(...pair),
      usual: [42, 63, 84],
      min: 2,
      max: 252,
    });
    const slow = idea.number({
      what: 'long look-back in bars',
      given: pair && Math.max(...pair),
      usual: [189, 231, 252],
      min: fast + 1,
      max: 504,
    });
    return {
      constants: [
        { name: 'DUAL_FAST_BARS', value: fast, meaning: 'short look-back' },
        { name: 'DUAL_SLOW_BARS', value: slow, meaning: 'long look-back' },
      ],
      body: `close = bars["close"]
fast_up = close > close.shift(DUAL_FAST_BARS)
slow_up = close > close.shift(DUAL_SLOW_BARS)
votes = fast_up.astype(float) + slow_up.astype(float)
return pd.Series(np.where(votes > 1.5, LONG, np.where(votes > 0.5, 0.5 * LONG, SHORT)), index=bars.index)`,
      warmupBars: slow,
      rule: `${sideNames(idea).up} when the returns over ${fast} and ${slow} bars are both positive, half of it when one is, else ${sideNames(idea).down}`,
    };
  },
};
