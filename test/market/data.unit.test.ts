import { expect } from 'chai';
import { rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BarsInfo } from '../../contracts/bars.ts';
import { TradewrightError } from '../../contracts/errors.ts';
import { Symbol } from '../../contracts/symbol.ts';
import { parseBars } from '../../market/data/csv-bars.ts';
import { barCatalogue, barsSha256, openMarketData, type BarSource } from '../../market/data/index.ts';
import { tempDir } from '../support/temp-dir.ts';
import { dailyBars } from './series.ts';

const symbol = (name: string): Symbol => Symbol.parse(name);

async function failure(run: () => unknown): Promise<{ code: string; message: string }> {
  try {
    await run();
  } catch (error) {
    if (error instanceof TradewrightError) return { code: error.code, message: error.message };
    throw error;
  }
  throw new Error('it did not fail');
}

describe('S&P 500 bars', () => {
  it('are 5,105 daily ones from 2000-01-03 to 2020-04-17', async () => {
    const { info, bars } = await openMarketData().loadBars(symbol('SPX'));
    expect(BarsInfo.parse(info)).to.deep.equal({
      symbol: 'SPX',
      source: 'vega-datasets sp500-2000.csv',
      timeframe: '1d',
      count: 5_105,
      from: '2000-01-03T00:00:00.000Z',
      to: '2020-04-17T00:00:00.000Z',
      sha256: barsSha256(bars),
    });
    for (const column of Object.values(bars) as Float64Array[]) expect(column).to.have.length(5_105);
    expect([bars.open[0], bars.high[0], bars.low[0], bars.close[0], bars.volume[0]]).to.deep.equal([
      1469.25, 1478, 1438.359985, 1455.219971, 931_800_000,
    ]);
    expect([bars.open[5_104], bars.close[5_104]]).to.deep.equal([2842.429932, 2874.560059]);
  });

  it('are found under their other names, and loaded once', async () => {
    const market = openMarketData();
    const [first, ...others] = await Promise.all(
      ['SPX', '^gspc', 'sp500'].map((name) => market.loadBars(symbol(name))),
    );
    for (const other of others) expect(other).to.equal(first);
  });

  it('an unknown symbol is refused with the known ones', async () => {
    const { code, message } = await failure(() => openMarketData().loadBars(symbol('TSLA')));
    expect(code).to.equal('SYMBOL_UNKNOWN');
    expect(message).to.equal('no market data for TSLA; known: SPX');
    expect(await openMarketData().knownSymbols()).to.deep.equal(['SPX']);
  });
});

describe("a user's CSV files", () => {
  const good =
    'time,open,high,low,close,volume\n2024-01-01T00:00:00Z,1,3,0.5,2,10\n2024-01-01T01:00:00Z,2,4,2,3,0\n';
  let directory: Awaited<ReturnType<typeof tempDir>>;
  const put = (name: string, text: string): Promise<void> => writeFile(join(directory.path, name), text);
  beforeEach(async () => {
    directory = await tempDir();
  });
  afterEach(() => directory.remove());

  it('are read by symbol, with the time frame measured', async () => {
    await put('BTC%2FUSDT.csv', good);
    await put('brk.b.CSV', good);
    await put('notes.txt', 'not bars');
    await put('!!.csv', 'not a symbol');
    const market = openMarketData({ csvDirectory: directory.path });
    expect(await market.knownSymbols()).to.deep.equal(['BRK.B', 'BTC/USDT', 'SPX']);
    const { info, bars } = await market.loadBars(symbol('btc/usdt'));
    expect(info).to.include({
      symbol: 'BTC/USDT',
      timeframe: '1h',
      count: 2,
      from: '2024-01-01T00:00:00.000Z',
    });
    expect([...bars.close]).to.deep.equal([2, 3]);
  });

  it('come before what ships with the packages', async () => {
    await put('SPX.csv', good);
    expect(
      (await openMarketData({ csvDirectory: directory.path }).loadBars(symbol('SPX'))).info.count,
    ).to.equal(2);
  });

  it('are kept until they change, and a failure is not kept', async () => {
    await put('ABC.csv', good.replace('0.5', 'half'));
    const market = openMarketData({ csvDirectory: directory.path });
    expect(await failure(() => market.loadBars(symbol('ABC')))).to.include({ code: 'BARS_INVALID' });
    await put('ABC.csv', good);
    const first = await market.loadBars(symbol('ABC'));
    expect(await market.loadBars(symbol('ABC'))).to.equal(first);
    await put('ABC.csv', good.replace('2024-01-01T01', '2024-01-01T04'));
    await utimes(join(directory.path, 'ABC.csv'), new Date(0), new Date(0));
    const second = await market.loadBars(symbol('ABC'));
    expect(second.info.timeframe).to.equal('4h');
    expect(second.info.sha256).not.to.equal(first.info.sha256);
  });

  it('may be missing altogether, or vanish', async () => {
    await put('ABC.csv', good);
    const market = openMarketData({ csvDirectory: directory.path });
    await market.loadBars(symbol('ABC'));
    await rm(join(directory.path, 'ABC.csv'));
    expect(await failure(() => market.loadBars(symbol('ABC')))).to.include({ code: 'SYMBOL_UNKNOWN' });
    expect(await openMarketData({ csvDirectory: join(directory.path, 'none') }).knownSymbols()).to.deep.equal(
      ['SPX'],
    );
  });
});

describe('bars from CSV', () => {
  const header = 'date,open,high,low,close,volume';
  const rows = (...lines: string[]): string => [header, ...lines].join('\n');
  const fault = async (text: string): Promise<string> => {
    const { code, message } = await failure(() => parseBars(text, 'x.csv'));
    expect(code).to.equal('BARS_INVALID');
    return message;
  };

  it('take any order and case of columns, a BOM, Windows line ends, and several ways to write a time', () => {
    const bars = parseBars(
      '\uFEFFVolume, Close ,LOW,High,Open,Extra,Time\r\n' +
        '5,2,1,3,1.5,x,2024-01-01\r\n' +
        '5,2,1,3,1.5,x,2024-01-01 12:30\r\n' +
        '5,2,1,3,1.5,x,2024-01-01T15:30:00+02:00\r\n' +
        '5,2,1,3,1.5,x,1704153600\r\n' +
        '5,2,1,3,1.5e0,x,1704157200000\r\n\r\n',
      'x.csv',
    );
    expect([...bars.time].map((ms) => new Date(ms).toISOString())).to.deep.equal([
      '2024-01-01T00:00:00.000Z',
      '2024-01-01T12:30:00.000Z',
      '2024-01-01T13:30:00.000Z',
      '2024-01-02T00:00:00.000Z',
      '2024-01-02T01:00:00.000Z',
    ]);
    expect([bars.open[4], bars.high[4], bars.low[4], bars.close[4], bars.volume[4]]).to.deep.equal([
      1.5, 3, 1, 2, 5,
    ]);
  });

  const ok = '2024-01-01,1,3,1,2,5';
  const cases: readonly [name: string, text: string, message: string][] = [
    [
      'a time that does not increase',
      rows(ok, ok),
      'x.csv, row 3, column date: times must increase from row to row',
    ],
    [
      'a time that is none',
      rows('yesterday,1,3,1,2,5'),
      'x.csv, row 2, column date: "yesterday" is not a time',
    ],
    [
      'a day that does not exist',
      rows('2023-02-29,1,3,1,2,5'),
      'x.csv, row 2, column date: "2023-02-29" is not a time',
    ],
    [
      'a price that is no number',
      rows(ok, '2024-01-02,1,NaN,1,2,5'),
      'x.csv, row 3, column high: "NaN" is not a number',
    ],
    ['an empty price', rows('2024-01-01,1,3,1,,5'), 'x.csv, row 2, column close: "" is not a number'],
    [
      'an infinite price',
      rows('2024-01-01,1,1e999,1,2,5'),
      'x.csv, row 2, column high: "1e999" is not a number',
    ],
    [
      'a hexadecimal price',
      rows('2024-01-01,0x10,3,1,2,5'),
      'x.csv, row 2, column open: "0x10" is not a number',
    ],
    [
      'a price of 0',
      rows('2024-01-01,1,3,0,2,5'),
      'x.csv, row 2, column low: a price must be above 0, not 0',
    ],
    [
      'a high below the low',
      rows('2024-01-01,2,1,3,2,5'),
      'x.csv, row 2, column high: high 1 is below low 3',
    ],
    [
      'a high below the open',
      rows('2024-01-01,4,3,1,2,5'),
      'x.csv, row 2, column high: high 3 is below open 4 or close 2',
    ],
    [
      'a low above the close',
      rows('2024-01-01,3,3,2,1,5'),
      'x.csv, row 2, column low: low 2 is above open 3 or close 1',
    ],
    [
      'a negative volume',
      rows('2024-01-01,1,3,1,2,-5'),
      'x.csv, row 2, column volume: volume must be at least 0, not -5',
    ],
    [
      'a missing column',
      'date,open,high,low,volume\n2024-01-01,1,3,1,5',
      'x.csv, row 1, column close: the column is missing',
    ],
    [
      'a missing time',
      'open,high,low,close,volume\n1,3,1,2,5',
      'x.csv, row 1, column date: the column is missing',
    ],
    ['no rows', header, 'x.csv, row 2, column date: there are no bars'],
    ['nothing', '', 'x.csv, row 1, column date: the column is missing'],
  ];
  for (const [name, text, message] of cases) {
    it(`refuses ${name}`, async () => expect(await fault(text)).to.equal(message));
  }

  it('refuses a row with too few fields, naming the line', async () => {
    expect(await fault(rows(ok, '2024-01-02,1'))).to.match(/^x\.csv: not readable as CSV: .*line 3/);
  });

  it('counts lines of the file, blank ones included', async () => {
    expect(await fault(`${header}\n\n${ok}\n\n2024-01-02,0,3,1,2,5`)).to.match(/^x\.csv, row 5, column open/);
  });
});

describe('digest of bars', () => {
  it('is the same for the same numbers and differs with any of them', () => {
    const bars = dailyBars([1, 2, 3]);
    const view = { ...bars, close: Float64Array.of(9, 1, 2, 3).subarray(1) };
    expect(barsSha256(view)).to.equal(barsSha256(dailyBars([1, 2, 3])));
    expect(barsSha256({ ...bars, volume: bars.volume.with(2, 1_001) })).not.to.equal(barsSha256(bars));
  });
});

describe('catalogue of bars', () => {
  it('keeps a bounded number of series, and drops the one used longest ago', async () => {
    const loads: string[] = [];
    const names = Array.from({ length: 17 }, (_, index) => `S${index}`);
    const source: BarSource = {
      symbols: async () => names.map((name) => ({ symbol: name, aliases: [] })),
      stamp: async () => 'same',
      load: async (name) => {
        loads.push(name);
        const bars = dailyBars([1]);
        const time = '2024-01-01T00:00:00.000Z';
        return {
          info: { symbol: name, source: 'test', timeframe: '1d', count: 1, from: time, to: time, sha256: '' },
          bars,
        };
      },
    };
    const market = barCatalogue([source]);
    for (const name of names.slice(0, 16)) await market.loadBars(symbol(name));
    await market.loadBars(symbol('S0'));
    await market.loadBars(symbol('S16'));
    await market.loadBars(symbol('S0'));
    expect(loads).to.have.length(17);
    await market.loadBars(symbol('S1'));
    expect(loads.slice(17)).to.deep.equal(['S1']);
  });

  it('asks again after a failure', async () => {
    let loads = 0;
    const source: BarSource = {
      symbols: async () => [{ symbol: 'ABC', aliases: [] }],
      stamp: async () => 'same',
      load: async () => {
        loads += 1;
        throw new TradewrightError('BARS_NOT_FOUND', 'not at the moment');
      },
    };
    const market = barCatalogue([source]);
    for (let times = 0; times < 2; times += 1) await failure(() => market.loadBars(symbol('ABC')));
    expect(loads).to.equal(2);
  });
});
