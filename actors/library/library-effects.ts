import {
  SelectStrategyRequest,
  type SelectStrategyResult,
  WithdrawStrategyRequest,
} from '../../contracts/effects/strategy-library.ts';
import { ReadStrategyRequest, ReadStrategyResult } from '../../contracts/effects/study.ts';
import { TradewrightError } from '../../contracts/errors.ts';
import type { Clock } from '../../contracts/ports/clock.ts';
import type { StrategyStore } from '../../contracts/ports/stores.ts';
import type { EffectHandlers } from '../effects/effect-call.ts';

/** The effects on the library of strategies. */
export function libraryEffects(strategies: StrategyStore, clock: Clock): EffectHandlers {
  return {
    'strategy.select': async (request): Promise<SelectStrategyResult> => {
      const { symbol } = SelectStrategyRequest.parse(request);
      const found = await strategies.latestActive(symbol);
      if (!found) return { strategy: null };
      const { strategyId, version, code, codeSha256, author, confidence } = found;
      return { strategy: { strategyId, version, code, codeSha256, author, confidence } };
    },

    'strategy.read': async (request): Promise<ReadStrategyResult> => {
      const { strategyId, version } = ReadStrategyRequest.parse(request);
      const found =
        version === undefined
          ? (await strategies.versions(strategyId)).at(-1)
          : await strategies.get(strategyId, version);
      if (found) return ReadStrategyResult.parse(found);
      const which = version === undefined ? 'version' : `version ${version}`;
      throw new TradewrightError('STRATEGY_NOT_FOUND', `there is no ${which} of strategy ${strategyId}`);
    },

    'strategy.withdraw': async (request) => {
      const { strategyId, version } = WithdrawStrategyRequest.parse(request);
      const found = await strategies.get(strategyId, version);
      if (found) await strategies.setStatus(strategyId, version, 'withdrawn', clock.now());
      return { strategyId, version, withdrawn: found !== undefined };
    },
  };
}
