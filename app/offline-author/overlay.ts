import type { Constant } from './family.ts';
import type { Idea } from './idea.ts';

/** A rule that changes the target of whatever family was chosen. */
export interface Overlay {
  readonly title: string;
  readonly constants: readonly Constant[];
  /** Python function definitions it needs. */
  readonly definitions: string;
  /** The statement of `generate_signals` that applies it to `target`. */
  readonly apply: string;
  readonly warmupBars: number;
  readonly rule: string;
  readonly holds?: boolean;
}

type Rule = (idea: Idea) => Overlay | undefined;

/** Where an overlay's own period may stand: right beside its words. */
const BESIDE_CHARS = 5;

const volatilityFilter: Rule = (idea) => {
  const words =
    /\b(?:realised |realized )?(?:volatility|vol)[- ](?:filter|regime|gate|cap)\w*\b|\b(?:volatility|vol) (?:is |stays |remains |stay )?(?:low|calm|below|under|moderate|normal)\b|\blow(?:er)?[- ](?:volatility|vol)\b|\b(?:calm|quiet) (?:markets?|times|regimes?|periods?)\b|\bfilter\w* (?:by|for|on|out) (?:high )?(?:volatility|vol)\b/;
  if (!idea.mentions(words)) return undefined;
  idea.note('the idea mentions a volatility filter, so positions are held in calm markets only');
  const bars = idea.number({
    what: 'volatility window in bars',
    given: idea.periodNear(words, BESIDE_CHARS),
    usual: [15, 20, 30],
    min: 5,
    max: 126,
  });
  const percent = idea.percentOf('volatility|vol');
  if (percent !== undefined) {
    const limit = idea.number({
      what: 'volatility limit in per cent a year',
      given: percent,
      usual: [20],
      min: 3,
      max: 90,
    });
    return {
      title: 'a volatility filter',
      constants: [
        { name: 'VOLATILITY_BARS', value: bars, meaning: 'window of the realised volatility' },
        { name: 'VOLATILITY_LIMIT', value: limit / 100, meaning: 'per year, above it no position is held' },
      ],
      definitions: `def calm(bars):
    """Where the realised volatility is at most its limit."""
    daily = bars["close"] / bars["close"].shift(1) - 1.0
    return daily.rolling(VOLATILITY_BARS).std() * math.sqrt(252.0) <= VOLATILITY_LIMIT`,
      apply: 'target = target.where(calm(bars), 0.0)',
      warmupBars: bars + 1,
      rule: `flat while the realised volatility of ${bars} bars is above ${limit} % a year`,
    };
  }
  const times = idea.number({
    what: 'volatility limit against its median',
    given: undefined,
    usual: [1.2, 1.3, 1.4],
    min: 1,
    max: 3,
  });
  return {
    title: 'a volatility filter',
    constants: [
      { name: 'VOLATILITY_BARS', value: bars, meaning: 'window of the realised volatility' },
      { name: 'VOLATILITY_USUAL_BARS', value: 252, meaning: 'window of its median' },
      { name: 'VOLATILITY_LIMIT', value: times, meaning: 'medians above which no position is held' },
    ],
    definitions: `def calm(bars):
    """Where the realised volatility is not far above its own trailing median."""
    daily = bars["close"] / bars["close"].shift(1) - 1.0
    volatility = daily.rolling(VOLATILITY_BARS).std()
    usual = volatility.rolling(VOLATILITY_USUAL_BARS).median()
    return volatility <= VOLATILITY_LIMIT * usual`,
    apply: 'target = target.where(calm(bars), 0.0)',
    warmupBars: bars + 252,
    rule: `flat while the realised volatility of ${bars} bars is above ${times} times its 252-bar median`,
  };
};

const trendFilter: Rule = (idea) => {
  const words =
    /\btrend[- ]filter\b|\bup-?trends?\b|\bbull markets?\b|\b(?:above|over) (?:its|the|a) (?:\d+[- ](?:day|bar|week|month) )?(?:simple )?(?:moving )?(?:average|ma|sma)\b/;
  if (!idea.mentions(words)) return undefined;
  idea.note('the idea asks for a trend filter, so positions against the long average are dropped');
  const given = idea.captured(/(\d{2,3})[- ](?:day|bar) (?:simple )?(?:moving )?(?:average|ma|sma)/);
  const bars = idea.number({ what: 'trend filter in bars', given, usual: [150, 200], min: 10, max: 400 });
  return {
    title: 'a trend filter',
    constants: [{ name: 'FILTER_BARS', value: bars, meaning: 'no position against this moving average' }],
    definitions: '',
    apply: `above = bars["close"] > bars["close"].rolling(FILTER_BARS).mean()
target = target.clip(lower=0.0).where(above, target.clip(upper=0.0))`,
    warmupBars: bars,
    rule: `long only above the ${bars}-bar average, short only below it`,
  };
};

const drawdownStop: Rule = (idea) => {
  const words = /\bdraw-?downs?\b|\bstop[- ]loss(?:es)?\b|\b(?:trailing )?stops?\b|\bcrash protection\b/;
  if (!idea.mentions(words)) return undefined;
  idea.note('the idea asks for protection against a fall, so positions are left after one');
  const percent = idea.number({
    what: 'fall to leave at in per cent',
    given: idea.percentOf('draw-?down|stop|fall|loss|peak|protection'),
    usual: [8, 10, 12],
    min: 1,
    max: 50,
  });
  return {
    title: 'a drawdown guard',
    constants: [
      {
        name: 'STOP_FALL',
        value: percent / 100,
        meaning: 'fall from the peak after which the long side is left',
      },
      { name: 'STOP_BARS', value: 126, meaning: 'window of the peak' },
    ],
    definitions: '',
    apply: `fall = 1.0 - bars["close"] / bars["close"].rolling(STOP_BARS).max()
stopped = hold(fall >= STOP_FALL, fall < 0.5 * STOP_FALL, 1.0)
target = target.where(stopped < 0.5, target.clip(upper=0.0))`,
    warmupBars: 126,
    rule: `no long position from a ${percent} % fall below the 126-bar peak until half of it is recovered`,
    holds: true,
  };
};

const volatilityScaling: Rule = (idea) => {
  const words =
    /\b(?:volatility|vol)[- ](?:target|scal|manag|adjust|siz)\w*\b|\b(?:scaled?|sized?|weighted|adjusted) (?:by|with|to|for) (?:the )?(?:inverse )?(?:volatility|vol)\b|\binverse volatility\b|\brisk parity\b/;
  if (!idea.mentions(words)) return undefined;
  idea.note('the idea sizes positions by volatility');
  const percent = idea.number({
    what: 'target volatility in per cent a year',
    given: idea.percentOf('volatility|vol'),
    usual: [10, 12, 15],
    min: 2,
    max: 60,
  });
  return {
    title: 'volatility scaling',
    constants: [
      { name: 'SCALE_VOLATILITY', value: percent / 100, meaning: 'target per year' },
      { name: 'SCALE_BARS', value: 30, meaning: 'window of the realised volatility' },
    ],
    definitions: `def scale(bars):
    """Target over realised volatility, at most 1, in quarters: small changes are not worth a trade."""
    daily = bars["close"] / bars["close"].shift(1) - 1.0
    volatility = daily.rolling(SCALE_BARS).std() * math.sqrt(252.0)
    return ((SCALE_VOLATILITY / volatility).clip(upper=1.0) * 4.0).round() / 4.0`,
    apply: 'target = target * scale(bars)',
    warmupBars: 31,
    rule: `scaled to ${percent} % volatility a year, at most 1, in quarters`,
  };
};

const rebalancing: Rule = (idea) => {
  const monthly = idea.mentions(/\bmonthly\b|\b(?:once a|every|each) month\b(?! end)/);
  const weekly = idea.mentions(/\bweekly\b|\b(?:once a|every|each) week\b/);
  if (!monthly && !weekly) return undefined;
  idea.note(`the idea rebalances ${monthly ? 'monthly' : 'weekly'}`);
  return {
    title: monthly ? 'monthly rebalancing' : 'weekly rebalancing',
    constants: [],
    definitions: '',
    apply: `${monthly ? 'period = pd.Series(bars.index.month, index=bars.index)\nfirst_bar = period != period.shift(1)' : 'weekday = pd.Series(bars.index.dayofweek, index=bars.index)\nfirst_bar = weekday < weekday.shift(1)'}
target = target.where(first_bar).ffill().fillna(0.0)`,
    warmupBars: 0,
    rule: `the position changes on the first bar of a ${monthly ? 'month' : 'week'} only`,
  };
};

const sizing: Rule = (idea) => {
  const given = idea.captured(
    /(\d{1,2}) ?(?:%|per ?cent) (?:of (?:the )?(?:capital|portfolio|account|equity)|position|exposure)/,
  );
  const careful = idea.mentions(
    /\b(?:conservative|cautious|defensive|half (?:the )?(?:position|size|capital))\b/,
  );
  if (given === undefined && !careful) return undefined;
  const percent = idea.number({
    what: 'position size in per cent',
    given: given ?? 50,
    usual: [50],
    min: 5,
    max: 100,
  });
  return {
    title: 'a smaller position',
    constants: [{ name: 'SIZE', value: percent / 100, meaning: 'share of the capital that is used at most' }],
    definitions: '',
    apply: 'target = target * SIZE',
    warmupBars: 0,
    rule: `at most ${percent} % of the capital`,
  };
};

/** In the order in which they are applied. `owner` is the family that says the same already, so that it is not applied twice. */
export const overlayRules: readonly { readonly rule: Rule; readonly owner?: string }[] = [
  { rule: trendFilter, owner: 'trend' },
  { rule: volatilityFilter },
  { rule: drawdownStop, owner: 'drawdown_guard' },
  { rule: volatilityScaling, owner: 'volatility_target' },
  { rule: rebalancing, owner: 'seasonality' },
  { rule: sizing },
];
