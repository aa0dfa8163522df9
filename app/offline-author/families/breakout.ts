import type { Family } from '../family.ts';
import { perSide, returnHeld } from '../sides.ts';

export const donchian: Family = {
  name: 'donchian',
  title: 'Donchian channel breakout',
  view: 'A new extreme of many bars shows that the price has left its old range and may trend; most breakouts fail, the few that run must pay for them.',
  cues: [
    { pattern: /\bdonchian\b|\bturtles?\b/, weight: 5 },
    { pattern: /\bbreak-?outs?\b|\bbreaks? (?:out|above|through)\b/, weight: 2.5 },
    { pattern: /\b(?:new|\d+[- ](?:day|week|month)) highs?\b|\bchannel\b/, weight: 2 },
  ],
  design(idea) {
    const pair = idea.numbers(2);
    const entryGiven = pair
      ? Math.max(...pair)
      : (idea.periodNear(/highs?|break-?out|channel|donchian/) ?? idea.nextPeriod());
    const entry = idea.number({
      what: 'entry channel in bars',
      given: entryGiven,
      usual: [20, 40, 55],
      min: 5,
      max: 300,
    });
    const exit = idea.number({
      what: 'exit channel in bars',
      given: pair ? Math.min(...pair) : undefined,
      usual: [10, 20].filter((each) => each <= entry),
      min: 2,
      max: entry,
    });
    return {
      constants: [
        {
          name: 'CHANNEL_ENTRY_BARS',
          value: entry,
          meaning: 'a close beyond the extreme of these earlier bars enters',
        },
        {
          name: 'CHANNEL_EXIT_BARS',
          value: exit,
          meaning: 'a close beyond the opposite extreme of these leaves',
        },
      ],
      body: `close = bars["close"]
top = bars["high"].rolling(CHANNEL_ENTRY_BARS).max().shift(1)
bottom = bars["low"].rolling(CHANNEL_ENTRY_BARS).min().shift(1)
long_stop = bars["low"].rolling(CHANNEL_EXIT_BARS).min().shift(1)
short_stop = bars["high"].rolling(CHANNEL_EXIT_BARS).max().shift(1)
${returnHeld(idea, { enter: 'close > top', leave: 'close < long_stop' }, { enter: 'close < bottom', leave: 'close > short_stop' })}`,
      warmupBars: entry + 1,
      rule: perSide(
        idea,
        `buys a close above the high of ${entry} earlier bars and leaves below the low of ${exit}`,
        `shorts a close below the low of ${entry} earlier bars and covers above the high of ${exit}`,
      ),
      holds: true,
    };
  },
};

export const volumeBreakout: Family = {
  name: 'volume_breakout',
  title: 'Breakout confirmed by volume',
  view: 'A breakout with unusual volume has more conviction behind it than one in thin trading; volume spikes also mark exhaustion, and then it buys the top.',
  cues: [
    { pattern: /\bvolume\b[^.]{0,60}\bbreak-?outs?\b|\bbreak-?outs?\b[^.]{0,60}\bvolume\b/, weight: 6 },
    { pattern: /\bvolume[- ](?:spikes?|surges?|confirm\w*)\b|\b(?:high|heavy|unusual) volume\b/, weight: 3 },
  ],
  design(idea) {
    const volumeBars = idea.number({
      what: 'average of the volume in bars',
      given: idea.periodNear(/average volume|volume average/),
      usual: [20, 50],
      min: 5,
      max: 200,
    });
    const bars = idea.number({
      what: 'breakout window in bars',
      given: idea.periodNear(/highs?|break-?out/) ?? idea.nextPeriod(),
      usual: [20, 30, 50],
      min: 5,
      max: 252,
    });
    const times = idea.number({
      what: 'volume against its average',
      given: idea.captured(/(\d(?:\.\d+)?) ?(?:x|times)\b/),
      usual: [1.1, 1.2, 1.3],
      min: 1,
      max: 5,
    });
    return {
      constants: [
        {
          name: 'BREAKOUT_BARS',
          value: bars,
          meaning: 'a close beyond the extreme of these earlier bars enters',
        },
        { name: 'BREAKOUT_VOLUME_BARS', value: volumeBars, meaning: 'average of the volume' },
        { name: 'BREAKOUT_VOLUME_TIMES', value: times, meaning: 'volume needed, in averages' },
      ],
      body: `close = bars["close"]
busy = bars["volume"] > BREAKOUT_VOLUME_TIMES * bars["volume"].rolling(BREAKOUT_VOLUME_BARS).mean().shift(1)
top = bars["high"].rolling(BREAKOUT_BARS).max().shift(1)
bottom = bars["low"].rolling(BREAKOUT_BARS).min().shift(1)
middle = close.rolling(BREAKOUT_BARS).mean()
${returnHeld(idea, { enter: '(close > top) & busy', leave: 'close < middle' }, { enter: '(close < bottom) & busy', leave: 'close > middle' })}`,
      warmupBars: Math.max(bars, volumeBars) + 1,
      rule: `${perSide(idea, `buys a close above the high of ${bars} bars`, `shorts a close below the low of ${bars} bars`)} on ${times} times the usual volume; leaves beyond the ${bars}-bar average`,
      holds: true,
    };
  },
};

export const atrChannel: Family = {
  name: 'atr_channel',
  title: 'Average true range channel',
  view: 'Measuring a move in units of the usual daily range makes the same rule fit calm and wild markets; it enters late after a sudden jump.',
  cues: [{ pattern: /\batr\b|\baverage true range\b|\bkeltner\b|\bchandelier\b/, weight: 4 }],
  design(idea) {
    const given =
      idea.captured(/(?:atr|true range|keltner)[^.\d]{0,8}\(?(\d{1,3})\b(?!\.)/) ?? idea.nextPeriod();
    const bars = idea.number({
      what: 'range and average in bars',
      given,
      usual: [14, 20, 30],
      min: 5,
      max: 200,
    });
    const width = idea.number({
      what: 'channel width in ranges',
      given: idea.captured(/(\d(?:\.\d+)?) ?(?:x|times|\*)? ?(?:the )?(?:atr|average true range)/),
      usual: [1, 1.5, 2],
      min: 0.5,
      max: 5,
    });
    return {
      constants: [
        { name: 'ATR_BARS', value: bars, meaning: 'average true range and middle line' },
        { name: 'ATR_WIDTH', value: width, meaning: 'ranges from the middle line to the channel' },
      ],
      body: `close = bars["close"]
previous = close.shift(1)
reach = np.maximum((bars["high"] - previous).abs(), (bars["low"] - previous).abs())
true_range = np.maximum(bars["high"] - bars["low"], reach)
average_range = true_range.rolling(ATR_BARS).mean()
middle = close.rolling(ATR_BARS).mean()
up = close > middle + ATR_WIDTH * average_range
down = close < middle - ATR_WIDTH * average_range
${returnHeld(idea, { enter: 'up', leave: 'close < middle' }, { enter: 'down', leave: 'close > middle' })}`,
      warmupBars: bars + 1,
      rule: `follows a close ${width} average ranges ${perSide(idea, 'above', 'below')} the ${bars}-bar average until that average is crossed`,
      holds: true,
    };
  },
};
