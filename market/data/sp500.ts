import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { TradewrightError } from '../../contracts/errors.ts';
import type { BarSource } from './bar-source.ts';
import { fileStamp, readCsvSeries } from './csv-file.ts';

const FILE = 'sp500-2000.csv';

/**
 * The S&P 500 index, daily, 2000-01-03 to 2020-04-17, 5,105 bars, as shipped in the npm package vega-datasets; read at run time.
 * Prices of the index, without dividends. A bar's time is midnight UTC of its trading day. In 1,760 bars, all before 2015, the open
 * is the previous close: there the source had no open of its own, and a fill at the next open is one at the deciding close.
 */
export function sp500Source(): BarSource {
  return {
    symbols: async () => [{ symbol: 'SPX', aliases: ['^GSPC', 'SP500'] }],
    load: async (symbol) => readCsvSeries(packagedFile(), symbol, `vega-datasets ${FILE}`),
    stamp: async (symbol) => fileStamp(packagedFile(), symbol),
  };
}

function packagedFile(): string {
  try {
    const entry = createRequire(import.meta.url).resolve('vega-datasets');
    return join(dirname(entry), '..', 'data', FILE);
  } catch (cause) {
    throw new TradewrightError('BARS_NOT_FOUND', 'the package vega-datasets is not installed: run npm ci', {
      cause,
    });
  }
}
