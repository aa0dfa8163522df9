import type { Family } from '../family.ts';
import { perSide, returnHeld } from '../sides.ts';

export const zScore: Family = {
  name: 'z_score',
  title: 'Mean reversion by z-score',
  view: 'Prices overshoot when many trade in a hurry and come back when they are done; it earns small gains often and loses when a real trend begins.',
  cues: [
    { pattern: /\bmean[- ]rever(?:sion|ting|t|ts)\b|\brevert(?:s|ing)? to (?:the|its) mean\b/, weight: 3 },
    { pattern: /\bz-?scores?\b/, weight: 3 },
    {
      pattern: /\b(?:contrarian|overextended|overreaction|buy(?:ing)? (?:the )?dips?|pull-?backs?)\b/,
      weight: 1.5,
    },
  ],
  design(idea) {
    const given = idea.periodNear(/mean|average|z-?score|window|look-?back/) ?? idea.nextPeriod();
    const bars = idea.number({
      what: 'window of the mean in bars',
      given,
      usual: [10, 20, 30, 40],
      min: 5,
      max: 252,
    });
    const entry = idea.number({
      what: 'entry z-score',
      given: idea.captured(
        /z-?score[^.\d]{0,25}(\d(?:\.\d+)?)|(\d(?:\.\d+)?)[ -]?(?:standard deviations?|std|sd|sigmas?|σ)/,
      ),
      usual: [1.5, 2],
      min: 0.5,
      max: 4,
    });
    return {
      constants: [
        { name: 'Z_BARS', value: bars, meaning: 'window of mean and deviation' },
        { name: 'Z_ENTRY', value: entry, meaning: 'deviations away from the mean to enter' },
        { name: 'Z_EXIT', value: 0.25, meaning: 'deviations from the mean to leave' },
      ],
      body: `close = bars["close"]
mean = close.rolling(Z_BARS).mean()
z = (close - mean) / close.rolling(Z_BARS).std()
${returnHeld(idea, { enter: 'z < -Z_ENTRY', leave: 'z > -Z_EXIT' }, { enter: 'z > Z_ENTRY', leave: 'z < Z_EXIT' })}`,
      warmupBars: bars,
      rule: `${perSide(idea, `buys ${entry} deviations below the ${bars}-bar mean`, `shorts ${entry} deviations above it`)}; leaves near the mean`,
      holds: true,
    };
  },
};

export const rsi: Family = {
  name: 'rsi',
  title: 'Relative strength index',
  view: 'After a run of losses sellers are exhausted and a bounce is likely; in a real decline the index stays low and the position suffers.',
  cues: [
    { pattern: /\brsi ?\(?\d*\)?/, weight: 4 },
    { pattern: /\brelative strength index\b/, weight: 4 },
    { pattern: /\bover(?:sold|bought)\b/, weight: 1.5 },
  ],
  design(idea) {
    const given = idea.captured(
      /rsi ?[(-]? ?(\d{1,2})\b(?! ?(?:or|and)? ?(?:is )?(?:below|under|above|over))|(\d{1,2})[- ](?:day|bar|period) rsi|rsi ?[(-]? ?(\d{1,2})\b/,
    );
    const bars = idea.number({ what: 'RSI length in bars', given, usual: [2, 7, 14], min: 2, max: 100 });
    const low = idea.number({
      what: 'RSI to buy below',
      given: idea.captured(/(?:below|under|less than|<|oversold(?: at)?) ?(\d{1,2})\b/),
      usual: bars < 5 ? [10, 15] : [30, 35],
      min: 2,
      max: 49,
    });
    const high = idea.number({
      what: 'RSI to sell above',
      given: idea.captured(/(?:above|over|more than|>|overbought(?: at)?) ?(\d{2})\b/),
      usual: bars < 5 ? [85, 90] : [65, 70],
      min: 51,
      max: 98,
    });
    const exit =
      idea.sides === 'long-only' && idea.mentions(/(?:above|over|>|until|exit[^.]{0,15}) ?\d{2}\b/)
        ? high
        : Math.round((low + high) / 2 + 5);
    return {
      constants: [
        { name: 'RSI_BARS', value: bars, meaning: 'length, with Wilder smoothing' },
        { name: 'RSI_LOW', value: low, meaning: 'oversold: enter the long side below' },
        { name: 'RSI_HIGH', value: high, meaning: 'overbought: enter the short side above' },
        { name: 'RSI_EXIT', value: exit, meaning: 'leave the long side above' },
      ],
      body: `change = bars["close"].diff()
gain = change.clip(lower=0.0).ewm(alpha=1.0 / RSI_BARS, adjust=False).mean()
loss = (-change).clip(lower=0.0).ewm(alpha=1.0 / RSI_BARS, adjust=False).mean()
rsi = 100.0 * gain / (gain + loss)
${returnHeld(idea, { enter: 'rsi < RSI_LOW', leave: 'rsi > RSI_EXIT' }, { enter: 'rsi > RSI_HIGH', leave: 'rsi < 100.0 - RSI_EXIT' })}`,
      warmupBars: bars * 5,
      rule: perSide(
        idea,
        `buys when the RSI of ${bars} bars is below ${low} and leaves above ${exit}`,
        `shorts when the RSI of ${bars} bars is above ${high} and covers below ${100 - exit}`,
      ),
      holds: true,
    };
  },
};

export const bollinger: Family = {
  name: 'bollinger',
  title: 'Bollinger bands',
  view: 'A close outside the band is rare; it is either an overshoot that comes back or the start of a move, and the idea decides which is traded.',
  cues: [{ pattern: /\bbollinger\b/, weight: 5 }],
  design(idea) {
    const given = idea.periodNear(/bollinger|bands?/) ?? idea.nextPeriod();
    const bars = idea.number({ what: 'band window in bars', given, usual: [15, 20, 25], min: 5, max: 252 });
    const width = idea.number({
      what: 'band width in deviations',
      given: idea.captured(
        /(\d(?:\.\d+)?)[ -]?(?:standard deviations?|std|sd|sigmas?|σ)|bands? ?\(?\d{1,3} ?, ?(\d(?:\.\d+)?)\)?/,
      ),
      usual: [1.5, 2],
      min: 0.5,
      max: 4,
    });
    const above = { enter: 'high_side', leave: 'close < mean' };
    const below = { enter: 'low_side', leave: 'close > mean' };
    const breakout = idea.mentions(/\bbreak(?:out|s|ing)?\b|\bsqueeze\b|\bmomentum\b|\btrend\b/);
    idea.note(
      breakout
        ? 'the idea speaks of a breakout, so a close beyond the band is followed'
        : 'the idea speaks of no breakout, so a close beyond the band is faded',
    );
    return {
      constants: [
        { name: 'BAND_BARS', value: bars, meaning: 'window of mean and deviation' },
        { name: 'BAND_WIDTH', value: width, meaning: 'deviations from the mean to the band' },
      ],
      body: `close = bars["close"]
mean = close.rolling(BAND_BARS).mean()
reach = BAND_WIDTH * close.rolling(BAND_BARS).std()
high_side = close > mean + reach
low_side = close < mean - reach
${breakout ? returnHeld(idea, above, below) : returnHeld(idea, below, above)}`,
      warmupBars: bars,
      rule: breakout
        ? `follows a close ${perSide(idea, 'above', 'below')} the ${bars}-bar band of ${width} deviations until the mean is crossed`
        : `${perSide(idea, `buys below the ${bars}-bar band of ${width} deviations`, `shorts above the ${bars}-bar band of ${width} deviations`)}; leaves at the mean`,
      holds: true,
    };
  },
};

export const stochastic: Family = {
  name: 'stochastic',
  title: 'Stochastic oscillator',
  view: 'A close near the low of its recent range tends to bounce in a market that goes nowhere; in a trend the oscillator stays at one end.',
  cues: [{ pattern: /\bstochastics?\b|%k\b|\bwilliams ?%? ?r\b/, weight: 5 }],
  design(idea) {
    const given = idea.captured(/stochastics? ?(?:oscillator)? ?\(? ?(\d{1,2})\b/) ?? idea.nextPeriod();
    const bars = idea.number({ what: 'range in bars', given, usual: [10, 14, 21], min: 3, max: 100 });
    const low = idea.number({
      what: '%K to buy below',
      given: idea.captured(/(?:below|under|<) ?(\d{1,2})\b/),
      usual: [15, 20, 25],
      min: 2,
      max: 45,
    });
    return {
      constants: [
        { name: 'STOCHASTIC_BARS', value: bars, meaning: 'range of highs and lows' },
        { name: 'STOCHASTIC_SMOOTH_BARS', value: 3, meaning: 'smoothing of %K' },
        {
          name: 'STOCHASTIC_LOW',
          value: low,
          meaning: 'enter the long side below; the short side above 100 less it',
        },
      ],
      body: `lowest = bars["low"].rolling(STOCHASTIC_BARS).min()
highest = bars["high"].rolling(STOCHASTIC_BARS).max()
raw = 100.0 * (bars["close"] - lowest) / (highest - lowest)
k = raw.rolling(STOCHASTIC_SMOOTH_BARS).mean()
${returnHeld(idea, { enter: 'k < STOCHASTIC_LOW', leave: 'k > 55.0' }, { enter: 'k > 100.0 - STOCHASTIC_LOW', leave: 'k < 45.0' })}`,
      warmupBars: bars + 3,
      rule: perSide(
        idea,
        `buys when %K of ${bars} bars is below ${low} and leaves above 55`,
        `shorts when %K of ${bars} bars is above ${100 - low} and covers below 45`,
      ),
      holds: true,
    };
  },
};

export const streak: Family = {
  name: 'streak',
  title: 'Reversal after a losing streak',
  view: 'Several falling closes in a row attract bargain hunters; in a crash the streak simply goes on.',
  cues: [
    { pattern: /\b(?:consecutive|in a row|straight|successive)\b|\bstreaks?\b|\bdown days\b/, weight: 4 },
    { pattern: /\bshort[- ]term reversal\b/, weight: 4 },
  ],
  design(idea) {
    const given = idea.captured(
      /(\d)[ -](?:consecutive|straight|successive|down|red|losing|falling|days?)|(?:after|of) (\d) /,
    );
    const days = idea.number({ what: 'falling closes in a row', given, usual: [2, 3, 4], min: 2, max: 9 });
    const exit = idea.number({
      what: 'average to leave at, in bars',
      given: undefined,
      usual: [3, 5, 8],
      min: 2,
      max: 20,
    });
    return {
      constants: [
        { name: 'STREAK_BARS', value: days, meaning: 'closes in a row in one direction' },
        { name: 'STREAK_EXIT_BARS', value: exit, meaning: 'leave beyond this moving average' },
      ],
      body: `close = bars["close"]
change = close.diff()
falling = (change < 0.0).astype(float).rolling(STREAK_BARS).sum() > STREAK_BARS - 0.5
rising = (change > 0.0).astype(float).rolling(STREAK_BARS).sum() > STREAK_BARS - 0.5
average = close.rolling(STREAK_EXIT_BARS).mean()
${returnHeld(idea, { enter: 'falling', leave: 'close > average' }, { enter: 'rising', leave: 'close < average' })}`,
      warmupBars: Math.max(days, exit) + 1,
      rule: perSide(
        idea,
        `buys after ${days} falling closes in a row and leaves above the ${exit}-bar average`,
        `shorts after ${days} rising closes in a row and covers below the ${exit}-bar average`,
      ),
      holds: true,
    };
  },
};
