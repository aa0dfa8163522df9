import type { Family } from '../family.ts';
import { sideNames } from '../sides.ts';

export const onBalanceVolume: Family = {
  name: 'on_balance_volume',
  title: 'On-balance volume trend',
  view: 'Volume on rising days against volume on falling days shows whether money comes or goes before the price says so; for an index the volume is a noisy measure.',
  cues: [
    { pattern: /\bon[- ]balance volume\b|\bobv\b|\baccumulation\b|\bmoney flow\b/, weight: 5 },
    { pattern: /\bvolume\b/, weight: 1 },
  ],
  design(idea) {
    const given = idea.periodNear(/volume|\bobv\b|average/) ?? idea.nextPeriod();
    const bars = idea.number({
      what: 'average of the balance in bars',
      given,
      usual: [50, 100, 150],
      min: 5,
      max: 300,
    });
    return {
      constants: [{ name: 'OBV_BARS', value: bars, meaning: 'average that the balance is compared with' }],
      body: `direction = np.sign(bars["close"].diff().fillna(0.0))
balance = (direction * bars["volume"]).cumsum()
return pd.Series(np.where(balance > balance.rolling(OBV_BARS).mean(), LONG, SHORT), index=bars.index)`,
      warmupBars: bars + 1,
      rule: `${sideNames(idea).up} while on-balance volume is above its ${bars}-bar average, else ${sideNames(idea).down}`,
    };
  },
};
