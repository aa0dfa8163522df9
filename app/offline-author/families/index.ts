import type { Family } from '../family.ts';
import { atrChannel, donchian, volumeBreakout } from './breakout.ts';
import { seasonality } from './calendar.ts';
import { dualMomentum, momentum } from './momentum.ts';
import { emaCrossover, macd, smaCrossover, trend } from './moving-average.ts';
import { bollinger, rsi, stochastic, streak, zScore } from './reversion.ts';
import { drawdownGuard, volatilityTarget } from './risk.ts';
import { onBalanceVolume } from './volume.ts';

/** The whole library; of equally good matches the earlier one counts. */
export const families: readonly Family[] = [
  momentum,
  dualMomentum,
  smaCrossover,
  emaCrossover,
  macd,
  trend,
  zScore,
  rsi,
  bollinger,
  stochastic,
  streak,
  donchian,
  volumeBreakout,
  atrChannel,
  volatilityTarget,
  drawdownGuard,
  seasonality,
  onBalanceVolume,
];
