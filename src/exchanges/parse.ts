/**
 * Reading venue JSON: typed fields or a `malformed` error that names the place and never the value.
 *
 * Unknown fields are ignored, missing needed ones are errors, and `""` means "not applicable", never zero (DESIGN §6):
 * the `…OrNull` readers answer `null` for absent, `null` and `""`; the others refuse all three.
 */
import { MoneyError, format, parse, type Dec } from '../core/money.ts';
import { VenueError } from './exchange.ts';
import { isObject, type Json, type JsonObject } from './json.ts';

export function malformed(where: string, what: string): VenueError {
  return new VenueError('malformed', `${where}: ${what}`);
}

/** One JSON object and where it came from, e.g. `margin/account.userAssets[3]`. */
export class Reader {
  readonly where: string;
  readonly #object: JsonObject;

  private constructor(object: JsonObject, where: string) {
    this.#object = object;
    this.where = where;
  }

  static of(json: Json | undefined, where: string): Reader {
    if (!isObject(json)) throw malformed(where, 'not an object');
    return new Reader(json, where);
  }

  static list(json: Json | undefined, where: string): Reader[] {
    if (!Array.isArray(json)) throw malformed(where, 'not a list');
    const items: readonly Json[] = json;
    return items.map((item, index) => Reader.of(item, `${where}[${String(index)}]`));
  }

  /** Text of a string, number or boolean; `null` when absent, `null` or `""`. */
  textOrNull(name: string): string | null {
    const value = this.#own(name);
    if (value === undefined || value === null || value === '') return null;
    if (typeof value === 'string') return value;
    if (typeof value === 'boolean') return String(value);
    throw malformed(this.#at(name), 'not a plain value');
  }

  text(name: string): string {
    return this.#need(name, this.textOrNull(name));
  }

  decOrNull(name: string): Dec | null {
    const text = this.textOrNull(name);
    if (text === null) return null;
    try {
      return parse(text);
    } catch (error) {
      if (error instanceof MoneyError) throw malformed(this.#at(name), 'not a plain decimal number');
      throw error;
    }
  }

  dec(name: string): Dec {
    return this.#need(name, this.decOrNull(name));
  }

  /** Never negative: a balance, a debt, a price. */
  amount(name: string): Dec {
    const value = this.dec(name);
    if (value.isNegative() && !value.isZero()) throw malformed(this.#at(name), 'negative');
    return value;
  }

  flagOrNull(name: string): boolean | null {
    const text = this.textOrNull(name);
    if (text === null) return null;
    const lower = text.toLowerCase();
    if (lower === 'true') return true;
    if (lower === 'false') return false;
    throw malformed(this.#at(name), 'neither true nor false');
  }

  flag(name: string): boolean {
    return this.#need(name, this.flagOrNull(name));
  }

  /** A time in ms since the epoch. Venues mix seconds, milliseconds and microseconds (binance.md §11): told apart by magnitude. */
  timeOrNull(name: string): number | null {
    const text = this.textOrNull(name);
    if (text === null) return null;
    if (!/^\d{1,19}$/.test(text)) throw malformed(this.#at(name), 'not a time');
    return toMs(text);
  }

  time(name: string): number {
    return this.#need(name, this.timeOrNull(name));
  }

  /** A small whole number: a status, a count. Ids are text. */
  count(name: string): number {
    const text = this.text(name);
    if (!/^-?\d{1,15}$/.test(text)) throw malformed(this.#at(name), 'not a whole number');
    return Number(text);
  }

  object(name: string): Reader {
    return Reader.of(this.#own(name), this.#at(name));
  }

  list(name: string): Reader[] {
    return Reader.list(this.#own(name), this.#at(name));
  }

  /** An absent list is empty. Only for members that a venue documents as left out when empty. */
  listOrEmpty(name: string): Reader[] {
    const value = this.#own(name);
    return value === undefined || value === null ? [] : Reader.list(value, this.#at(name));
  }

  has(name: string): boolean {
    return this.textOrNull(name) !== null;
  }

  #own(name: string): Json | undefined {
    return Object.hasOwn(this.#object, name) ? this.#object[name] : undefined;
  }

  #at(name: string): string {
    return `${this.where}.${name}`;
  }

  #need<T>(name: string, value: T | null): T {
    if (value === null) throw malformed(this.#at(name), 'missing');
    return value;
  }
}

/** Ms since the epoch from 10 (s), 13 (ms), 16 (µs) or 19 (ns) digits. */
function toMs(digits: string): number {
  if (digits.length <= 11) return Number(digits) * 1000;
  if (digits.length <= 14) return Number(digits);
  return Number(digits.slice(0, 13));
}

/** An amount for the wire: plain decimal text, above zero. Refuses everything else before anything is signed. */
export function wireAmount(text: string): string {
  const value = parse(text);
  if (!value.isPositive() || value.isZero()) throw new MoneyError('an amount must be above zero');
  return format(value);
}

/** What rounding to the printed digits may hide: one unit of the last digit, at least at `leastDecimals` (venues trim zeros). */
export function printedUnit(value: Dec, leastDecimals: number): Dec {
  const decimals = Math.max(value.decimalPlaces(), leastDecimals);
  return parse('1').div(parse('10').pow(decimals));
}
