import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { TradewrightError } from '../../contracts/errors.ts';
import { Symbol } from '../../contracts/symbol.ts';
import type { BarSource } from './bar-source.ts';
import { fileStamp, readCsvSeries } from './csv-file.ts';

/** More files than this are not looked at. */
const MOST_FILES = 10_000;

/**
 * A user's own bars: each `<SYMBOL>.csv` of the directory. Characters a file name cannot have are percent-encoded (`BTC%2FUSDT.csv`).
 * The directory is read anew each time, so files may come and go; other files in it are ignored. A missing directory holds none.
 */
export function csvDirectorySource(directory: string): BarSource {
  const pathOf = async (symbol: string): Promise<string> => {
    const file = (await filesBySymbol(directory)).get(symbol);
    if (file === undefined)
      throw new TradewrightError('BARS_NOT_FOUND', `there is no file of bars for ${symbol}`);
    return join(directory, file);
  };
  return {
    symbols: async () =>
      [...(await filesBySymbol(directory)).keys()].map((symbol) => ({ symbol, aliases: [] })),
    load: async (symbol) => readCsvSeries(await pathOf(symbol), symbol, `user file ${symbol}`),
    stamp: async (symbol) => fileStamp(await pathOf(symbol), symbol),
  };
}

async function filesBySymbol(directory: string): Promise<Map<string, string>> {
  const names = await listing(directory);
  const files = new Map<string, string>();
  for (const name of names.sort().slice(0, MOST_FILES)) {
    if (!/\.csv$/i.test(name)) continue;
    const symbol = Symbol.safeParse(decoded(name.slice(0, -'.csv'.length)));
    if (symbol.success && !files.has(symbol.data)) files.set(symbol.data, name);
  }
  return files;
}

async function listing(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
