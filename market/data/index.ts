import { barCatalogue, type BarCatalogue } from './catalogue.ts';
import { csvDirectorySource } from './csv-directory.ts';
import { sp500Source } from './sp500.ts';

export { type BarSource, type SourceSymbol } from './bar-source.ts';
export { barCatalogue, type BarCatalogue } from './catalogue.ts';
export { barsSha256 } from './digest.ts';
export { sp500Source } from './sp500.ts';

export interface MarketDataOptions {
  /** Directory of the user's own `<SYMBOL>.csv` files; they come before what ships with the packages. */
  readonly csvDirectory?: string | undefined;
}

/** The catalogue that the product uses: the user's own files, then the S&P 500. */
export function openMarketData(options: MarketDataOptions = {}): BarCatalogue {
  const own = options.csvDirectory === undefined ? [] : [csvDirectorySource(options.csvDirectory)];
  return barCatalogue([...own, sp500Source()]);
}
