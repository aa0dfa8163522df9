import type { BarSeries } from '../../contracts/bars.ts';

/** A place that bars come from. Implementations read files or ask exchanges; the catalogue asks them in order. */
export interface BarSource {
  /** Symbols it has now, upper-cased, and for each the other names it goes by. */
  symbols(): Promise<readonly SourceSymbol[]>;
  /** Reads and checks the whole series. Throws BARS_INVALID, BARS_NOT_FOUND, INPUT_TOO_LARGE. */
  load(symbol: string): Promise<BarSeries>;
  /** Changes whenever the data behind a symbol does: a cached series is used as long as it stays the same. */
  stamp(symbol: string): Promise<string>;
}

export interface SourceSymbol {
  readonly symbol: string;
  readonly aliases: readonly string[];
}
