/**
 * Price tables in CSV. Two shapes: turning points (`timestamp_ms,price`) and candles
 * (`timestamp_ms,open,high,low,close,volume`). A table that is damaged is refused, with file and line: a tape that is
 * silently shorter than it looks would make a crash test pass.
 */
import { max, min, parse } from '../../core/money.ts';

/** A price table that cannot be trusted. `line` counts from 1; 0 means the file as a whole. */
export class TapeError extends Error {
  override readonly name = 'TapeError';
  readonly file: string;
  readonly line: number;

  constructor(file: string, line: number, what: string) {
    super(line === 0 ? `${file}: ${what}` : `${file}, line ${line}: ${what}`);
    this.file = file;
    this.line = line;
  }
}

/** Turning points of one symbol: between two of them the price runs in a straight line. Prices are decimal text. */
export interface Points {
  /** ms since epoch, strictly rising. */
  readonly times: readonly number[];
  readonly prices: readonly string[];
}

const POINT_HEADER = 'timestamp_ms,price';
const CANDLE_HEADER = 'timestamp_ms,open,high,low,close,volume';
const WHOLE = /^\d{1,15}$/;
const DECIMAL = /^\d+(?:\.\d+)?$/;

interface Row {
  readonly line: number;
  readonly atMs: number;
  /** Cells after the timestamp, each plain decimal text. */
  readonly cells: readonly string[];
}

/**
 * Reads one price table.
 * @param file only for messages
 * @throws TapeError
 */
export function parseTapeCsv(text: string, file: string): Points {
  if (text === '') throw new TapeError(file, 0, 'the file is empty');
  const lines = text.split('\n');
  const header = (lines[0] ?? '').replace(/\r$/, '');
  if (header !== POINT_HEADER && header !== CANDLE_HEADER) {
    throw new TapeError(
      file,
      1,
      `the header is ${JSON.stringify(header)}; it must be "${POINT_HEADER}" or "${CANDLE_HEADER}"`,
    );
  }
  // A row cut inside its last number looks like a whole row; the missing end of line is the only witness of the cut.
  if (lines.at(-1) !== '') throw new TapeError(file, lines.length, 'the file is cut off: the last line has no end');
  const rows = readRows(lines, header.split(',').length, file);
  return header === POINT_HEADER ? pointsOf(rows) : candlesToPoints(rows, file);
}

function readRows(lines: readonly string[], columns: number, file: string): Row[] {
  const rows: Row[] = [];
  let before = -1;
  for (let index = 1; index < lines.length - 1; index += 1) {
    const row = readRow((lines[index] ?? '').replace(/\r$/, ''), index + 1, columns, file);
    if (row.atMs <= before) {
      throw new TapeError(file, row.line, `time does not move forward: ${row.atMs} comes after ${before}`);
    }
    before = row.atMs;
    rows.push(row);
  }
  if (rows.length < 2) throw new TapeError(file, 0, `a tape needs at least two rows, this file has ${rows.length}`);
  return rows;
}

function readRow(text: string, line: number, columns: number, file: string): Row {
  const [time = '', ...cells] = text.split(',');
  if (cells.length !== columns - 1) {
    throw new TapeError(
      file,
      line,
      `${cells.length + 1} columns where the header has ${columns}: ${JSON.stringify(text)}`,
    );
  }
  if (!WHOLE.test(time)) throw new TapeError(file, line, `not a time in milliseconds: ${JSON.stringify(time)}`);
  cells.forEach((cell, index) => {
    if (!DECIMAL.test(cell)) throw new TapeError(file, line, `not a number: ${JSON.stringify(cell)}`);
    if (index < 4 && /^[0.]+$/.test(cell)) throw new TapeError(file, line, 'a price of zero');
  });
  return { line, atMs: Number(time), cells };
}

function pointsOf(rows: readonly Row[]): Points {
  return { times: rows.map((row) => row.atMs), prices: rows.map((row) => row.cells[0] ?? '') };
}

/**
 * A candle is visited at its open, at both extremes and at its close, spread over its length. A rising candle is
 * taken to have fallen first and a falling one to have risen first. The length is the smallest gap in the file,
 * because minutes without trades may be absent.
 */
function candlesToPoints(rows: readonly Row[], file: string): Points {
  const length = rows.reduce((least, row, index) => {
    const next = rows[index + 1];
    return next === undefined ? least : Math.min(least, next.atMs - row.atMs);
  }, Number.POSITIVE_INFINITY);
  const times: number[] = [];
  const prices: string[] = [];
  const visit = (atMs: number, price: string): void => {
    if (atMs <= (times.at(-1) ?? -1)) return;
    times.push(atMs);
    prices.push(price);
  };
  for (const { atMs, cells, line } of rows) {
    const [open = '', high = '', low = '', close = ''] = cells;
    const rose = checkCandle(open, high, low, close, file, line);
    visit(atMs, open);
    visit(atMs + Math.floor(length / 3), rose ? low : high);
    visit(atMs + Math.floor((2 * length) / 3), rose ? high : low);
    visit(atMs + length - 1, close);
  }
  return { times, prices };
}

/** @returns whether the candle closed at or above its open */
function checkCandle(open: string, high: string, low: string, close: string, file: string, line: number): boolean {
  const [first, last] = [parse(open), parse(close)];
  if (parse(high).lt(max(first, last)) || parse(low).gt(min(first, last))) {
    throw new TapeError(file, line, 'open or close lies outside of high and low');
  }
  return last.gte(first);
}
