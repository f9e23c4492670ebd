/** Tapes: what a price table says, and which tables are refused. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { TapeError, parseTapeCsv } from '../../src/simulator/tape/csv.ts';
import { loadTape, tapeNames } from '../../src/simulator/tape/files.ts';
import { Tape } from '../../src/simulator/tape/tape.ts';
import { START_MS, tapeOf } from './support.ts';

const TAPES = join(import.meta.dirname, '../../tapes');
const SHARED = join(import.meta.dirname, '../../../shared/data/candles');
const POINTS = 'timestamp_ms,price\n';
const CANDLES = 'timestamp_ms,open,high,low,close,volume\n';

function momentsOf(tape: Tape): number[] {
  const moments: number[] = [];
  for (let at = tape.nextMoment(tape.startMs); at !== undefined; at = tape.nextMoment(at))
    moments.push(at - tape.startMs);
  return moments;
}

function refusalOf(text: string): string {
  try {
    parseTapeCsv(text, 'x.csv');
  } catch (error) {
    if (error instanceof TapeError) return error.message;
    throw error;
  }
  throw new Error('it was accepted');
}

describe('a table of turning points', () => {
  it('runs in straight lines between its points, exactly, with 8 decimals', () => {
    const tape = tapeOf({
      BTC: [
        [0, '100'],
        [3, '101'],
      ],
    });
    expect(tape.price('BTC', START_MS)?.toFixed()).toBe('100');
    expect(tape.price('BTC', START_MS + 60_000)?.toFixed()).toBe('100.33333333');
    expect(tape.price('BTC', START_MS + 180_000)?.toFixed()).toBe('101');
  });

  it('holds its first price before its start and its last price after its end', () => {
    const tape = tapeOf({
      BTC: [
        [0, '100'],
        [10, '200'],
      ],
      ETH: [
        [4, '7'],
        [6, '9'],
      ],
    });
    expect(tape.price('ETH', tape.startMs)?.toFixed()).toBe('7');
    expect(tape.price('ETH', tape.endMs)?.toFixed()).toBe('9');
  });

  it('may be asked backwards', () => {
    const tape = tapeOf({
      BTC: [
        [0, '100'],
        [1, '110'],
        [2, '90'],
        [3, '95'],
      ],
    });
    const ask = (minute: number): string | undefined => tape.price('BTC', START_MS + minute * 60_000)?.toFixed();
    expect([ask(3), ask(1), ask(2), ask(0)]).toEqual(['95', '110', '90', '100']);
  });
});

describe('a table of candles', () => {
  const at = (rows: string): readonly (readonly [number, string])[] => {
    const { times, prices } = parseTapeCsv(CANDLES + rows, 'x.csv');
    return times.map((time, index) => [time, prices[index] ?? ''] as const);
  };

  it('visits low before high when it rises, high before low when it falls, spread over its length', () => {
    expect(at('60000,10,14,8,12,1\n120000,12,13,5,6,1\n')).toEqual([
      [60_000, '10'],
      [80_000, '8'],
      [100_000, '14'],
      [119_999, '12'],
      [120_000, '12'],
      [140_000, '13'],
      [160_000, '5'],
      [179_999, '6'],
    ]);
  });

  it('is as long as the smallest gap when minutes are missing', () => {
    const { times } = parseTapeCsv(`${CANDLES}0,1,1,1,1,0\n600000,1,1,1,1,0\n660000,1,1,1,1,0\n`, 'x.csv');
    expect(times.slice(0, 5)).toEqual([0, 20_000, 40_000, 59_999, 600_000]);
  });

  it('is refused when open or close lie outside of high and low', () => {
    expect(refusalOf(`${CANDLES}0,10,9,8,9,1\n60000,9,9,9,9,1\n`)).toBe(
      'x.csv, line 2: open or close lies outside of high and low',
    );
  });
});

describe('a damaged table is refused with file and line', () => {
  it.each([
    ['an empty file', '', 'x.csv: the file is empty'],
    [
      'another header',
      'time,price\n1,2\n',
      'x.csv, line 1: the header is "time,price"; it must be "timestamp_ms,price" or "timestamp_ms,open,high,low,close,volume"',
    ],
    ['no rows', POINTS, 'x.csv: a tape needs at least two rows, this file has 0'],
    ['one row', `${POINTS}1,2\n`, 'x.csv: a tape needs at least two rows, this file has 1'],
    ['a word for a price', `${POINTS}1,2\n2,abc\n`, 'x.csv, line 3: not a number: "abc"'],
    ['an exponent', `${POINTS}1,2\n2,1e5\n`, 'x.csv, line 3: not a number: "1e5"'],
    ['a negative price', `${POINTS}1,2\n2,-5\n`, 'x.csv, line 3: not a number: "-5"'],
    ['a price of zero', `${POINTS}1,2\n2,0.00\n`, 'x.csv, line 3: a price of zero'],
    ['a word for a time', `${POINTS}1,2\nx,3\n`, 'x.csv, line 3: not a time in milliseconds: "x"'],
    ['time that goes backwards', `${POINTS}5,2\n4,3\n`, 'x.csv, line 3: time does not move forward: 4 comes after 5'],
    ['time that stands still', `${POINTS}5,2\n5,3\n`, 'x.csv, line 3: time does not move forward: 5 comes after 5'],
    ['an empty line', `${POINTS}1,2\n\n3,4\n`, 'x.csv, line 3: 1 columns where the header has 2: ""'],
    [
      'a last row cut before a column',
      `${POINTS}1,2\n2,3\n3\n`,
      'x.csv, line 4: 1 columns where the header has 2: "3"',
    ],
    [
      'a last row cut inside a number',
      `${POINTS}1,20\n2,3`,
      'x.csv, line 3: the file is cut off: the last line has no end',
    ],
  ])('%s', (_what, text, message) => {
    expect(refusalOf(text)).toBe(message);
  });

  it('with any cut at all of a real table', () => {
    const whole = `${POINTS}1000,10.5\n2000,11.25\n3000,12\n`;
    for (let length = 1; length < whole.length - 1; length += 1) {
      const cut = whole.slice(0, length);
      if (cut.endsWith('\n') && cut.split('\n').length > 3) continue;
      expect(() => parseTapeCsv(cut, 'x.csv'), JSON.stringify(cut)).toThrow(TapeError);
    }
  });

  it('but not for the line ends of another system', () => {
    expect(parseTapeCsv('timestamp_ms,price\r\n1,2\r\n2,3\r\n', 'x.csv').prices).toEqual(['2', '3']);
  });
});

describe('visited moments', () => {
  it('are all turning points of all symbols and a one-minute grid', () => {
    const series = [
      { symbol: 'BTCUSDT', file: 'a', points: { times: [0, 90_000, 180_000], prices: ['1', '2', '3'] } },
      { symbol: 'ETHUSDT', file: 'b', points: { times: [30_000, 200_000], prices: ['1', '2'] } },
    ];
    expect(momentsOf(new Tape(series, { name: 't' }))).toEqual([30_000, 60_000, 90_000, 120_000, 180_000, 200_000]);
  });

  it('follow a grid of their own when asked', () => {
    expect(
      momentsOf(
        tapeOf(
          {
            BTC: [
              [0, '1'],
              [2, '2'],
            ],
          },
          40_000,
        ),
      ),
    ).toEqual([40_000, 80_000, 120_000]);
  });
});

describe('symbols', () => {
  const price = (symbol: string, asset: string): string | undefined =>
    new Tape([{ symbol, file: 'f', points: { times: [0, 1], prices: ['2', '2'] } }], { name: 't' })
      .price(asset, 0)
      ?.toFixed();

  it('name an asset in USD or USDT', () => {
    expect([
      price('BTCUSDT', 'BTC'),
      price('BTCUSD', 'BTC'),
      price('USDCUSDT', 'USDC'),
      price('USDTUSD', 'USDT'),
    ]).toEqual(['2', '2', '2', '2']);
  });

  it('quoted in USDT follow a table of USDT itself', () => {
    const series = [
      { symbol: 'BTCUSDT', file: 'a', points: { times: [0, 1], prices: ['100', '100'] } },
      { symbol: 'USDTUSD', file: 'b', points: { times: [0, 1], prices: ['0.95', '0.95'] } },
    ];
    expect(new Tape(series, { name: 't' }).price('BTC', 0)?.toFixed()).toBe('95');
  });

  it('quoted in anything else, and two tables of one asset, are refused', () => {
    expect(() => price('ETHBTC', 'ETH')).toThrow('ETHBTC is not quoted in USD or USDT');
    const points = { times: [0, 1], prices: ['1', '1'] };
    const twice = [
      { symbol: 'BTCUSDT', file: 'a', points },
      { symbol: 'BTCUSD', file: 'b', points },
    ];
    expect(() => new Tape(twice, { name: 't' })).toThrow('a second table for BTC');
  });
});

describe('loading', () => {
  it('knows the shipped tapes by name', () => {
    expect(tapeNames(TAPES)).toEqual([
      'calm-2023',
      'feb-2025',
      'ftx-2022',
      'may-2021',
      'oct-2025',
      'rally-2024',
      'usdc-depeg-2023',
    ]);
    const tape = loadTape('may-2021', TAPES);
    expect([...tape.assets()].sort()).toEqual(['BNB', 'BTC', 'DOGE', 'ETH', 'SOL']);
    expect(tape.title).toBe('19 May 2021');
    expect(tape.price('BTC', Date.UTC(2021, 4, 19, 13, 10, 20))?.toFixed()).toBe('30000');
  });

  it.each(tapeNames(TAPES))('reads every table of %s', (name) => {
    const tape = loadTape(name, TAPES);
    expect(tape.assets().length).toBeGreaterThan(0);
    expect(tape.story).not.toBe('');
  });

  it('reads the symbol out of file names, or takes it from the caller', () => {
    const folder = mkdtempSync(join(tmpdir(), 'tape-'));
    const file = (name: string): string => {
      writeFileSync(join(folder, name), `${POINTS}1,2\n2,3\n`);
      return join(folder, name);
    };
    const names = [
      'BTCUSDT-2021-05-18.csv',
      'binance-ETHUSDT-1m-2021-05-18.csv',
      'okxswap-SOLUSDT-5m-2022-11-07.csv',
      'derived-USDCUSDT-1m.csv',
    ];
    expect(loadTape(names.map(file), TAPES).assets()).toEqual(['BTC', 'ETH', 'SOL', 'USDC']);
    expect(loadTape([`DOGEUSDT=${file('prices.csv')}`], TAPES).assets()).toEqual(['DOGE']);
    expect(() => loadTape([file('prices.csv')], TAPES)).toThrow('write SYMBOL=path');
    expect(() => loadTape([join(folder, 'BTCUSDT-none.csv')], TAPES)).toThrow('cannot be read');
  });

  it('says which tapes there are when the name is wrong, and does not leave the folder', () => {
    expect(() => loadTape('may-1921', TAPES)).toThrow('there are: calm-2023, feb-2025');
    expect(() => loadTape('../src', TAPES)).toThrow('there is no such tape');
  });

  it('refuses a folder whose tables are not those that its description counts: cut at the end of a line, grown, gone, or new', () => {
    const tapes = mkdtempSync(join(tmpdir(), 'tapes-'));
    const folder = join(tapes, 'calm');
    const table = join(folder, 'BTCUSDT-2023.csv');
    mkdirSync(folder);
    writeFileSync(table, `${POINTS}1,2\n2,3\n3,4\n`);
    const about = { name: 'calm', title: 't', story: 's', rows: { 'BTCUSDT-2023.csv': 3 } };
    writeFileSync(join(folder, 'tape.json'), JSON.stringify(about));
    expect(loadTape('calm', tapes).endMs).toBe(3);

    writeFileSync(table, `${POINTS}1,2\n2,3\n`);
    expect(() => loadTape('calm', tapes)).toThrow(
      `${table}: it has 2 rows where the \`rows\` of its tape.json say 3: it was cut off`,
    );
    writeFileSync(table, `${POINTS}1,2\n2,3\n3,4\n4,5\n`);
    expect(() => loadTape('calm', tapes)).toThrow(TapeError);
    rmSync(table);
    expect(() => loadTape('calm', tapes)).toThrow('cannot be read');
    writeFileSync(table, `${POINTS}1,2\n2,3\n3,4\n`);
    writeFileSync(join(folder, 'ETHUSDT-2023.csv'), `${POINTS}1,2\n2,3\n`);
    expect(() => loadTape('calm', tapes)).toThrow('ETHUSDT-2023.csv: the `rows` of its tape.json do not name it');
  });

  const candles = existsSync(SHARED) ? readdirSync(SHARED).filter((name) => /USDT?-/.test(name)) : [];
  it.each(candles)('accepts the real candles of %s', (name) => {
    const tape = loadTape([join(SHARED, name)], TAPES);
    expect(tape.endMs).toBeGreaterThan(tape.startMs);
  });
});
