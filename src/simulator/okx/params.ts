/** Reading a request's parameters the way OKX does: text only, complaints name the parameter (okx.md §1.5, 50014, 51000). */
import type { Dec } from '../../core/money.ts';
import { MoneyError, parse } from '../../core/money.ts';
import type { Page } from './records.ts';
import { Refusal } from './refusals.ts';

const MAX_LIMIT = 100;

/** The parameters of one request, from its query or its JSON body. */
export class Params {
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #decimals: number;

  /** `decimals` is how many an amount may carry. */
  constructor(values: Readonly<Record<string, unknown>>, decimals: number) {
    this.#values = values;
    this.#decimals = decimals;
  }

  /** Text, or undefined when missing or empty. Numbers and objects are refused: amounts travel as text. */
  optional(name: string): string | undefined {
    const value = this.#values[name];
    if (value === undefined || value === null || value === '') return undefined;
    if (typeof value !== 'string') throw new Refusal('51000', name);
    return value;
  }

  /** Text that must be there. */
  text(name: string): string {
    const value = this.optional(name);
    if (value === undefined) throw new Refusal('50014', name);
    return value;
  }

  /** One of a few words. */
  oneOf<const W extends string>(name: string, words: readonly W[]): W {
    const value = this.text(name);
    const word = words.find((candidate) => candidate === value);
    if (word === undefined) throw new Refusal('51000', name);
    return word;
  }

  /** JSON boolean that must be there. */
  flag(name: string): boolean {
    const value = this.#values[name];
    if (value === undefined) throw new Refusal('50014', name);
    if (typeof value !== 'boolean') throw new Refusal('51000', name);
    return value;
  }

  /** JSON boolean or its text; false when missing. */
  optionalFlag(name: string): boolean {
    const value = this.#values[name];
    return value === true || value === 'true';
  }

  /** A positive amount in coins; `zeroCode` is the answer to zero, `decimals` how many it may carry. */
  amount(name: string, zeroCode = '51000', decimals = this.#decimals): Dec {
    const value = readDecimal(this.text(name), name);
    if (value.decimalPlaces() > decimals) throw new Refusal('51000', name);
    if (value.lte(0)) throw new Refusal(zeroCode, name);
    return value;
  }

  /** Comma-separated currencies, or undefined for all. */
  currencies(name = 'ccy'): ReadonlySet<string> | undefined {
    const value = this.optional(name);
    return value === undefined ? undefined : new Set(value.split(',').map((ccy) => ccy.trim()));
  }

  /** A nested object. */
  object(name: string): Params {
    const value = this.#values[name];
    if (value === undefined) throw new Refusal('50014', name);
    if (!isRecord(value)) throw new Refusal('51000', name);
    return new Params(value, this.#decimals);
  }

  /** A nested array of objects; empty when missing. */
  list(name: string): readonly Params[] {
    const value = this.#values[name];
    if (value === undefined) return [];
    if (!Array.isArray(value)) throw new Refusal('51000', name);
    return value.map((entry: unknown) => {
      if (!isRecord(entry)) throw new Refusal('51000', name);
      return new Params(entry, this.#decimals);
    });
  }

  /** An array of words that must be there. */
  words(name: string): readonly string[] {
    const value = this.#values[name];
    if (value === undefined) throw new Refusal('50014', name);
    if (!Array.isArray(value)) throw new Refusal('51000', name);
    return value.map((entry: unknown) => {
      if (typeof entry !== 'string') throw new Refusal('51000', name);
      return entry;
    });
  }

  /** Paging: `after` reads older rows, `before` newer ones, at most 100. */
  page(): Page {
    return { after: this.#cursor('after'), before: this.#cursor('before'), limit: this.#limit() };
  }

  #cursor(name: string): bigint | undefined {
    const value = this.optional(name);
    if (value === undefined) return undefined;
    if (!/^\d+$/.test(value)) throw new Refusal('51000', name);
    return BigInt(value);
  }

  #limit(): number {
    const value = this.optional('limit') ?? String(MAX_LIMIT);
    const limit = Number(value);
    if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) throw new Refusal('51000', 'limit');
    return limit;
  }
}

/** Whether a JSON value is an object with named fields. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readDecimal(text: string, name: string): Dec {
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof MoneyError) throw new Refusal('51000', name);
    throw error;
  }
}
