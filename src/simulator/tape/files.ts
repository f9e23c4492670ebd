/** Finds tapes: a shipped one by its name, or CSV files given one by one. */
import { readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { faultSchema } from '../faults.ts';
import { TapeError, parseTapeCsv } from './csv.ts';
import { Tape } from './tape.ts';
import type { Series } from './tape.ts';

const description = z.strictObject({
  name: z.string().min(1),
  title: z.string().min(1),
  story: z.string().min(1),
  startMs: z.int().optional(),
  endMs: z.int().optional(),
  /** A script: what goes wrong at the venues in which stretch of the tape, as the admin endpoint takes it. */
  faults: z.array(faultSchema).optional(),
  /** Price tables of the folder, each with its rows: the only witness of a table that was cut exactly at the end of a line. */
  rows: z.record(z.string(), z.int().min(2)),
});

/**
 * Loads a tape.
 * @param source name of a folder in `tapesDir`, or CSV files: `path` (the symbol is read from the file name) or `SYMBOL=path`
 * @param tapesDir folder of the shipped tapes
 * @param gridMs moments are visited at least this often, default one minute
 * @throws TapeError
 */
export function loadTape(source: string | readonly string[], tapesDir: string, gridMs?: number): Tape {
  if (typeof source === 'string') return loadNamed(source, tapesDir, gridMs);
  if (source.length === 0) throw new TapeError('tape', 0, 'no file was given');
  const series = source.map(readSeries);
  return new Tape(series, { name: series.map((one) => basename(one.file, '.csv')).join('+'), gridMs });
}

/** Names of the tapes in a folder, sorted. */
export function tapeNames(tapesDir: string): string[] {
  return readdirSync(tapesDir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}

function loadNamed(name: string, tapesDir: string, gridMs: number | undefined): Tape {
  // The name becomes a path, so it may not climb out of the folder.
  if (!/^[a-z0-9][a-z0-9-]*$/.test(name) || !tapeNames(tapesDir).includes(name)) {
    throw new TapeError(name, 0, `there is no such tape; there are: ${tapeNames(tapesDir).join(', ')}`);
  }
  const folder = join(tapesDir, name);
  const { rows, ...about } = readDescription(join(folder, 'tape.json'));
  const files = readdirSync(folder).filter((file) => file.endsWith('.csv'));
  for (const file of files) {
    if (rows[file] === undefined) throw new TapeError(join(folder, file), 0, `${TAPE_JSON} do not name it`);
  }
  const series = Object.entries(rows).map(([file, expected]) => {
    const read = readSeries(join(folder, file));
    refuseOtherLength(read, expected);
    return read;
  });
  return new Tape(series, { ...about, gridMs });
}

const TAPE_JSON = 'the `rows` of its tape.json';

function refuseOtherLength({ file, rows }: Table, expected: number): void {
  if (rows === expected) return;
  const why = rows < expected ? 'it was cut off' : 'there is more in it than there was';
  throw new TapeError(file, 0, `it has ${rows} rows where ${TAPE_JSON} say ${expected}: ${why}`);
}

function readDescription(file: string): z.infer<typeof description> {
  try {
    return description.parse(JSON.parse(readText(file)));
  } catch (error) {
    if (error instanceof TapeError) throw error;
    throw new TapeError(file, 0, `not a tape description: ${String(error)}`);
  }
}

/** A price table, and how many rows it was read from. */
interface Table extends Series {
  readonly rows: number;
}

function readSeries(source: string): Table {
  const given = /^([A-Z0-9]+)=(.+)$/.exec(source);
  const file = given?.[2] ?? source;
  const text = readText(file);
  const points = parseTapeCsv(text, file);
  // A header, and an end of line after every row: the parser has just made sure of both.
  return { symbol: given?.[1] ?? symbolOf(file), file, points, rows: text.split('\n').length - 2 };
}

/** `BTCUSDT-2021-05-18.csv`, `binance-BTCUSDT-1m-2021-05-18.csv`, `okxswap-BTCUSDT-5m-….csv` → `BTCUSDT`. */
function symbolOf(file: string): string {
  const symbol = basename(file, '.csv')
    .split('-')
    .find((part) => /^[A-Z0-9]{2,}USDT?$/.test(part));
  if (symbol === undefined) {
    throw new TapeError(file, 0, 'the file name names no symbol quoted in USD or USDT; write SYMBOL=path');
  }
  return symbol;
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new TapeError(file, 0, `cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}
