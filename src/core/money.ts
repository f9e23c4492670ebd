/**
 * Money: exact decimals from wire text to wire text.
 *
 * No JavaScript `number` may hold an amount, a price or a ratio that decides something (DESIGN §2.8). A cloned
 * constructor is used because the library's global one keeps 20 digits only, and venues send more.
 */
import { Decimal } from 'decimal.js';

/** The only Decimal constructor of the project: 60 significant digits, never exponent notation in text. */
export const Dec = Decimal.clone({
  precision: 60,
  rounding: Decimal.ROUND_HALF_EVEN,
  toExpNeg: -1000,
  toExpPos: 1000,
});

/** An exact decimal number. Its unit (coins, USD, ratio) is said by the name of the variable that holds it. */
export type Dec = Decimal;

/** Thrown when text that should be a plain decimal number is not one. */
export class MoneyError extends Error {
  override readonly name = 'MoneyError';
}

const PLAIN = /^-?(?:\d+(?:\.\d+)?|\.\d+)$/;

/**
 * Reads a plain decimal number. Exponents, blanks, `""`, `NaN` and JavaScript numbers are refused:
 * `""` means "not applicable" on the wire, never zero (okx.md §4.6).
 * @throws MoneyError
 */
export function parse(text: string): Dec {
  if (typeof text !== 'string' || !PLAIN.test(text)) {
    throw new MoneyError(`not a plain decimal number: ${JSON.stringify(text)}`);
  }
  return new Dec(text);
}

/** Plain decimal text as a venue accepts it: no exponent, no trailing zeros, `0` for zero. */
export function format(value: Dec): string {
  return value.isZero() ? '0' : value.toFixed();
}

/** Rounds away from zero debt: an amount that must be at least this large. */
export function ceil(value: Dec, decimals: number): Dec {
  return value.toDecimalPlaces(decimals, Decimal.ROUND_CEIL);
}

/** Rounds down: an amount that must be at most this large. */
export function floor(value: Dec, decimals: number): Dec {
  return value.toDecimalPlaces(decimals, Decimal.ROUND_FLOOR);
}

export const ZERO: Dec = new Dec(0);
export const ONE: Dec = new Dec(1);

/** The smallest of the values; unlike the library's own it copies none of them. */
export function min(first: Dec, ...rest: readonly Dec[]): Dec {
  let least = first;
  for (const value of rest) if (value.lt(least)) least = value;
  return least;
}

/** The largest of the values; unlike the library's own it copies none of them. */
export function max(first: Dec, ...rest: readonly Dec[]): Dec {
  let most = first;
  for (const value of rest) if (value.gt(most)) most = value;
  return most;
}

export function sum(values: Iterable<Dec>): Dec {
  let total = ZERO;
  for (const value of values) total = total.plus(value);
  return total;
}
