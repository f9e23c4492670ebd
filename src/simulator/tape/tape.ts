/** A tape: what prices did, and the moments at which the simulated world looks at them. */
import { Dec, ONE, parse } from '../../core/money.ts';
import type { FaultInput } from '../faults.ts';
import { TapeError } from './csv.ts';
import type { Points } from './csv.ts';

/** Index prices carry 8 decimals on the wire (binance.md §5.8), so a price between two turning points does too. */
const PRICE_DECIMALS = 8;
const MINUTE_MS = 60_000;

/** One symbol's price table, for example `BTCUSDT`. */
export interface Series {
  readonly symbol: string;
  /** Where it came from, for messages. */
  readonly file: string;
  readonly points: Points;
}

export interface TapeOptions {
  readonly name: string;
  /** What it is and what happened, for people. */
  readonly title?: string | undefined;
  readonly story?: string | undefined;
  /** What goes wrong at the venues meanwhile; each fault says when by its `fromTapeMs` and `untilTapeMs`. */
  readonly faults?: readonly FaultInput[] | undefined;
  /** Cut the tape to a part of its tables, ms since epoch. */
  readonly startMs?: number | undefined;
  readonly endMs?: number | undefined;
  /** Moments are visited at least this often. Default one minute. */
  readonly gridMs?: number | undefined;
}

/** Prices of several assets over one stretch of time. Immutable. */
export class Tape {
  readonly name: string;
  readonly title: string;
  readonly story: string;
  /** ms since epoch. */
  readonly startMs: number;
  readonly endMs: number;
  readonly faults: readonly FaultInput[];
  readonly #gridMs: number;
  readonly #lines = new Map<string, Line>();

  /** @throws TapeError when two tables price the same asset, or a symbol is not quoted in USD or USDT */
  constructor(series: readonly Series[], options: TapeOptions) {
    for (const { symbol, file, points } of series) {
      const { asset, quote } = splitSymbol(symbol, file);
      if (this.#lines.has(asset)) throw new TapeError(file, 0, `a second table for ${asset}`);
      this.#lines.set(asset, new Line(points, quote));
    }
    const lines = [...this.#lines.values()];
    this.name = options.name;
    this.title = options.title ?? options.name;
    this.story = options.story ?? '';
    this.faults = options.faults ?? [];
    this.startMs = options.startMs ?? Math.min(...lines.map((line) => line.firstMs));
    this.endMs = options.endMs ?? Math.max(...lines.map((line) => line.lastMs));
    this.#gridMs = options.gridMs ?? MINUTE_MS;
    if (!(this.startMs < this.endMs)) throw new TapeError(options.name, 0, 'the tape ends before it starts');
  }

  /** Assets with a price table. */
  assets(): readonly string[] {
    return [...this.#lines.keys()];
  }

  /** USD of one unit of the asset, or undefined when no table prices it. Before its first point the first price holds, after its last the last. */
  price(asset: string, atMs: number): Dec | undefined {
    const line = this.#lines.get(asset);
    if (line === undefined) return undefined;
    const quoted = line.price(atMs);
    return line.quote === 'USD' ? quoted : quoted.times(this.#tether(atMs)).toDecimalPlaces(PRICE_DECIMALS);
  }

  /** The next moment after this one that is visited: a turning point of any symbol or a point of the grid; undefined past the end. */
  nextMoment(afterMs: number): number | undefined {
    if (afterMs >= this.endMs) return undefined;
    const gridSteps = Math.floor((afterMs - this.startMs) / this.#gridMs) + 1;
    let next = Math.min(this.endMs, this.startMs + gridSteps * this.#gridMs);
    for (const line of this.#lines.values()) next = Math.min(next, line.nextPoint(afterMs));
    return next;
  }

  /** USDT is worth 1 USD unless the tape has a table for it. */
  #tether(atMs: number): Dec {
    return this.#lines.get('USDT')?.price(atMs) ?? ONE;
  }
}

function splitSymbol(symbol: string, file: string): { asset: string; quote: 'USD' | 'USDT' } {
  const match = /^([A-Z0-9]+?)(USDT|USD)$/.exec(symbol);
  const asset = match?.[1];
  if (asset === undefined) throw new TapeError(file, 0, `symbol ${symbol} is not quoted in USD or USDT`);
  return { asset, quote: match?.[2] === 'USD' ? 'USD' : 'USDT' };
}

/** One symbol's turning points, with a memory of where it was asked last: time mostly moves forward. */
class Line {
  readonly quote: 'USD' | 'USDT';
  readonly #times: readonly number[];
  readonly #prices: readonly string[];
  #last = 0;

  constructor(points: Points, quote: 'USD' | 'USDT') {
    this.#times = points.times;
    this.#prices = points.prices;
    this.quote = quote;
  }

  get firstMs(): number {
    return this.#times[0] ?? 0;
  }

  get lastMs(): number {
    return this.#times.at(-1) ?? 0;
  }

  price(atMs: number): Dec {
    const index = this.#seek(atMs);
    const start = this.#times[index] ?? 0;
    const end = this.#times[index + 1];
    const from = this.#price(index);
    if (end === undefined || atMs <= start) return from;
    const share = new Dec(atMs - start).div(end - start);
    return from
      .plus(
        this.#price(index + 1)
          .minus(from)
          .times(share),
      )
      .toDecimalPlaces(PRICE_DECIMALS);
  }

  nextPoint(afterMs: number): number {
    if (afterMs < this.firstMs) return this.firstMs;
    return this.#times[this.#seek(afterMs) + 1] ?? Number.POSITIVE_INFINITY;
  }

  #price(index: number): Dec {
    return parse(this.#prices[index] ?? '');
  }

  /** Index of the last point at or before the moment; 0 when there is none. */
  #seek(atMs: number): number {
    if ((this.#times[this.#last] ?? 0) > atMs) this.#last = this.#bisect(atMs);
    while ((this.#times[this.#last + 1] ?? Number.POSITIVE_INFINITY) <= atMs) this.#last += 1;
    return this.#last;
  }

  #bisect(atMs: number): number {
    let low = 0;
    let high = this.#times.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#times[middle] ?? 0) <= atMs) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
