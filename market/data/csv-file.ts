import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { BarSeries } from '../../contracts/bars.ts';
import { TradewrightError } from '../../contracts/errors.ts';
import { DAY_MS, isoTime, timeframeName } from '../timeframe.ts';
import { parseBars } from './csv-bars.ts';
import { barsSha256 } from './digest.ts';

/** About a million rows. */
const LARGEST_FILE_BYTES = 64 * 1024 * 1024;

/**
 * Reads one CSV file as a series. The time frame is the commonest distance between bars.
 * Throws BARS_NOT_FOUND, INPUT_TOO_LARGE, BARS_INVALID.
 */
export async function readCsvSeries(path: string, symbol: string, source: string): Promise<BarSeries> {
  const file = basename(path);
  const { size } = await statOf(path, symbol);
  if (size > LARGEST_FILE_BYTES) {
    throw new TradewrightError(
      'INPUT_TOO_LARGE',
      `${file} has ${size} bytes; a file of bars may have ${LARGEST_FILE_BYTES}`,
    );
  }
  const bars = parseBars(await readFile(path, 'utf8'), file);
  const count = bars.time.length;
  return {
    info: {
      symbol,
      source,
      timeframe: commonTimeframe(bars.time, file),
      count,
      from: isoTime(bars.time[0] as number),
      to: isoTime(bars.time[count - 1] as number),
      sha256: barsSha256(bars),
    },
    bars,
  };
}

/** Size and time of change: differs when the file was written again. */
export async function fileStamp(path: string, symbol: string): Promise<string> {
  const { size, mtimeMs } = await statOf(path, symbol);
  return `${size}:${mtimeMs}`;
}

async function statOf(path: string, symbol: string): Promise<{ size: number; mtimeMs: number }> {
  try {
    return await stat(path);
  } catch (cause) {
    throw new TradewrightError(
      'BARS_NOT_FOUND',
      `the bars of ${symbol} are gone: ${basename(path)} cannot be read`,
      {
        cause,
      },
    );
  }
}

function commonTimeframe(time: Float64Array, file: string): string {
  const counts = new Map<number, number>();
  for (let bar = 1; bar < time.length; bar += 1) {
    const distance = (time[bar] as number) - (time[bar - 1] as number);
    counts.set(distance, (counts.get(distance) ?? 0) + 1);
  }
  let commonest = DAY_MS;
  for (const [distance, count] of counts) if (count > (counts.get(commonest) ?? 0)) commonest = distance;
  const name = timeframeName(commonest);
  if (name === undefined) {
    throw new TradewrightError(
      'BARS_INVALID',
      `${file}: bars are mostly ${commonest} ms apart, which is not a whole number of minutes`,
      { details: { file, column: 'time' } },
    );
  }
  return name;
}
