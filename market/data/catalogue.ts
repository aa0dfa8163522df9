import type { BarSeries } from '../../contracts/bars.ts';
import { TradewrightError } from '../../contracts/errors.ts';
import type { Symbol } from '../../contracts/symbol.ts';
import type { BarSource } from './bar-source.ts';

/** Series kept in memory; the one used longest ago goes first. */
const MOST_CACHED = 16;
/** Symbols named in an error. */
const MOST_NAMED = 30;

export interface BarCatalogue {
  /**
   * The bars of a symbol or of one of its aliases (`info.symbol` is the main name). A loaded series is kept until its data changes;
   * it is shared, so nobody writes into it. Throws SYMBOL_UNKNOWN naming the known ones, BARS_INVALID, BARS_NOT_FOUND,
   * INPUT_TOO_LARGE.
   */
  loadBars(symbol: Symbol): Promise<BarSeries>;
  /** Main names, sorted. */
  knownSymbols(): Promise<string[]>;
}

/** Bars from several sources; where two know a name, the first source has it. */
export function barCatalogue(sources: readonly BarSource[]): BarCatalogue {
  const cache = new Map<string, Promise<BarSeries>>();

  const knownSymbols = async (): Promise<string[]> => {
    const listings = await Promise.all(sources.map((source) => source.symbols()));
    return [...new Set(listings.flat().map(({ symbol }) => symbol))].sort();
  };

  const find = async (wanted: string): Promise<{ source: BarSource; index: number; symbol: string }> => {
    for (const [index, source] of sources.entries()) {
      for (const { symbol, aliases } of await source.symbols()) {
        if (symbol === wanted || aliases.includes(wanted)) return { source, index, symbol };
      }
    }
    const known = await knownSymbols();
    const more = known.length > MOST_NAMED ? ` and ${known.length - MOST_NAMED} more` : '';
    throw new TradewrightError(
      'SYMBOL_UNKNOWN',
      `no market data for ${wanted}; known: ${known.slice(0, MOST_NAMED).join(', ') || 'none'}${more}`,
      { details: { symbol: wanted, known: known.slice(0, MOST_NAMED) } },
    );
  };

  return {
    knownSymbols,
    async loadBars(wanted) {
      const { source, index, symbol } = await find(wanted);
      const prefix = `${index} ${symbol} `;
      const key = prefix + (await source.stamp(symbol));
      const loading = cache.get(key) ?? source.load(symbol);
      // Older data of the same symbol goes, and the newest use stands last.
      for (const other of cache.keys()) if (other.startsWith(prefix)) cache.delete(other);
      cache.set(key, loading);
      for (const oldest of cache.keys()) {
        if (cache.size <= MOST_CACHED) break;
        cache.delete(oldest);
      }
      try {
        return await loading;
      } catch (error) {
        if (cache.get(key) === loading) cache.delete(key);
        throw error;
      }
    },
  };
}
