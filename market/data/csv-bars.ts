import { parse } from 'csv-parse/sync';
import type { BarColumns } from '../../contracts/bars.ts';
import { TradewrightError } from '../../contracts/errors.ts';

const priceColumns = ['open', 'high', 'low', 'close'] as const;
type NumberColumn = (typeof priceColumns)[number] | 'volume';
/** Prices that were adjusted for splits and dividends may break the order by rounding. */
const ROUNDING = 1e-9;

/**
 * Bars from CSV text with a header of time (or date), open, high, low, close, volume, in any order and case; other columns are ignored.
 * Times are ISO 8601 (UTC unless they carry a zone), or seconds or milliseconds since the epoch. Throws BARS_INVALID naming file, row
 * (line in the file, the header is 1) and column of the first fault.
 */
export function parseBars(text: string, file: string): BarColumns {
  const records = parseRecords(text, file);
  const header = (records[0]?.record ?? []).map((name) => name.trim().toLowerCase());
  const indexOf = (column: string): number => {
    const index = header.indexOf(column);
    if (index < 0) throw invalid(file, 1, column, 'the column is missing');
    return index;
  };
  const timeName = header.includes('time') ? 'time' : 'date';
  const timeIndex = indexOf(timeName);
  const indexes = {
    open: indexOf('open'),
    high: indexOf('high'),
    low: indexOf('low'),
    close: indexOf('close'),
    volume: indexOf('volume'),
  };
  const rows = records.slice(1);
  if (rows.length === 0) throw invalid(file, 2, timeName, 'there are no bars');
  const bars = emptyBars(rows.length);

  rows.forEach(({ record, line }, bar) => {
    const time = parseTime(record[timeIndex] ?? '');
    if (time === undefined)
      throw invalid(file, line, timeName, `"${shown(record[timeIndex])}" is not a time`);
    if (bar > 0 && time <= (bars.time[bar - 1] as number)) {
      throw invalid(file, line, timeName, 'times must increase from row to row');
    }
    bars.time[bar] = time;
    const read = (column: NumberColumn): number => {
      const value = parseNumber(record[indexes[column]] ?? '');
      if (value === undefined) {
        throw invalid(file, line, column, `"${shown(record[indexes[column]])}" is not a number`);
      }
      return value;
    };
    for (const column of priceColumns) {
      const value = read(column);
      if (value <= 0) throw invalid(file, line, column, `a price must be above 0, not ${value}`);
      bars[column][bar] = value;
    }
    const volume = read('volume');
    if (volume < 0) throw invalid(file, line, 'volume', `volume must be at least 0, not ${volume}`);
    bars.volume[bar] = volume;
    checkOrder(bars, bar, file, line);
  });
  return bars;
}

function checkOrder(bars: BarColumns, bar: number, file: string, line: number): void {
  const [open, high, low, close] = priceColumns.map((column) => bars[column][bar] as number) as [
    number,
    number,
    number,
    number,
  ];
  if (high < low) throw invalid(file, line, 'high', `high ${high} is below low ${low}`);
  if (Math.max(open, close) > high * (1 + ROUNDING)) {
    throw invalid(file, line, 'high', `high ${high} is below open ${open} or close ${close}`);
  }
  if (Math.min(open, close) < low * (1 - ROUNDING)) {
    throw invalid(file, line, 'low', `low ${low} is above open ${open} or close ${close}`);
  }
}

function emptyBars(count: number): BarColumns {
  const column = (): Float64Array => new Float64Array(count);
  return { time: column(), open: column(), high: column(), low: column(), close: column(), volume: column() };
}

interface CsvRow {
  readonly record: readonly string[];
  readonly line: number;
}

function parseRecords(text: string, file: string): CsvRow[] {
  const rows: CsvRow[] = [];
  try {
    parse(text, {
      bom: true,
      trim: true,
      skip_empty_lines: true,
      on_record: (record: string[], { lines }) => {
        rows.push({ record, line: lines });
        return null;
      },
    });
  } catch (error) {
    throw new TradewrightError('BARS_INVALID', `${file}: not readable as CSV: ${(error as Error).message}`, {
      cause: error,
      details: { file },
    });
  }
  return rows;
}

/** Only plain decimal notation: `Number` alone would take '', '0x10' and 'Infinity'. */
function parseNumber(text: string): number | undefined {
  if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

const isoPattern =
  /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)\s?(Z|[+-]\d{2}:?\d{2})?)?$/;
/** Epoch numbers above this are milliseconds: as seconds they would lie past the year 5138. */
const LARGEST_EPOCH_SECONDS = 1e11;

function parseTime(text: string): number | undefined {
  if (/^\d{9,14}$/.test(text)) {
    const value = Number(text);
    return value < LARGEST_EPOCH_SECONDS ? value * 1_000 : value;
  }
  const match = isoPattern.exec(text);
  if (match === null) return undefined;
  const [, day = '', clock = '00:00', zone = 'Z'] = match;
  // Date.parse moves 31 February into March; a day that does not exist must not pass.
  const midnight = new Date(`${day}T00:00:00Z`);
  if (Number.isNaN(midnight.getTime()) || !midnight.toISOString().startsWith(day)) return undefined;
  const ms = Date.parse(`${day}T${clock}${zone}`);
  return Number.isNaN(ms) ? undefined : ms;
}

const shown = (text: string | undefined): string => (text ?? '').slice(0, 40);

function invalid(file: string, row: number, column: string, what: string): TradewrightError {
  return new TradewrightError('BARS_INVALID', `${file}, row ${row}, column ${column}: ${what}`, {
    details: { file, row, column },
  });
}
