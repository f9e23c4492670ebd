/** Binance's wire: parameters in, JSON out, and errors as `{"code":…,"msg":…}` (binance.md §2.1, §3, §8). */
import { Dec, format } from '../../core/money.ts';

/** An answer that is not 200. Thrown by gates and business rules, turned into a reply by the face. */
export class WireError extends Error {
  override readonly name = 'WireError';
  readonly code: number;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: number, text: string, status = 400, headers: Readonly<Record<string, string>> = {}) {
    super(text);
    this.code = code;
    this.status = status;
    this.headers = headers;
  }
}

/** What a reply body is made of. A bigint is written as a JSON number with all its digits: some ids exceed 2^53 (§0.1 fact 16). */
export type Json =
  null | boolean | number | bigint | string | readonly Json[] | { readonly [name: string]: Json | undefined };

/** JSON text; members that are undefined are left out. */
export function toJson(value: Json): string {
  if (typeof value === 'bigint') return value.toString();
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (isList(value)) return `[${value.map(toJson).join(',')}]`;
  const members = Object.entries(value).flatMap(([name, member]) =>
    member === undefined ? [] : [`${JSON.stringify(name)}:${toJson(member)}`],
  );
  return `{${members.join(',')}}`;
}

function isList(value: readonly Json[] | { readonly [name: string]: Json | undefined }): value is readonly Json[] {
  return Array.isArray(value);
}

/** Number text of cross margin and spot: always 8 decimals (§0.1 fact 15). */
export function pad(value: Dec): string {
  return value.toFixed(8, Dec.ROUND_DOWN);
}

/** Number text of isolated margin, loans and wallets: at most 8 decimals, no trailing zeros (§0.1 fact 15). */
export function trim(value: Dec): string {
  return format(value.toDecimalPlaces(8, Dec.ROUND_DOWN));
}

const ENCODED = /^(?:[A-Za-z0-9\-_.~!*'(),;:@&=+$/?]|%[0-9A-Fa-f]{2})*$/;

/** Whether the text is percent-encoded as it must be before it is signed, since 2026-01-15 (§2.3). */
export function isEncoded(text: string): boolean {
  return ENCODED.test(text);
}

/** The signed payload: query and body, without separator and without the `signature` parameter (§2.3). */
export function payloadOf(query: string, body: string): string {
  return withoutSignature(query) + withoutSignature(body);
}

function withoutSignature(part: string): string {
  return part
    .split('&')
    .filter((pair) => !pair.startsWith('signature='))
    .join('&');
}

/** Parameters by name. From query and body; a name in both takes the query's value (§2.1). */
export class Params {
  readonly #values = new Map<string, string>();

  /** @throws WireError -1101 for a name sent twice, -1100 for text that cannot be decoded */
  constructor(query: string, body: string) {
    for (const [name, value] of pairs(body)) this.#values.set(name, value);
    for (const [name, value] of pairs(query)) this.#values.set(name, value);
  }

  names(): readonly string[] {
    return [...this.#values.keys()];
  }

  /** The value, or undefined when it was not sent or is empty. */
  find(name: string): string | undefined {
    const value = this.#values.get(name);
    return value === '' ? undefined : value;
  }

  /** @throws WireError -1102 */
  text(name: string): string {
    const value = this.find(name);
    if (value === undefined) throw mandatory(name);
    return value;
  }

  /** @throws WireError -1102, -1130 */
  oneOf<const T extends string>(name: string, allowed: readonly T[]): T {
    const value = this.text(name);
    const found = allowed.find((one) => one === value);
    if (found === undefined) throw new WireError(-1130, `Data sent for parameter '${name}' is not valid.`);
    return found;
  }

  /** A literal TRUE or FALSE, in any case; the connector sends both (§2.1). @throws WireError -1102, -1130 */
  flag(name: string, otherwise?: boolean): boolean {
    const value = this.find(name)?.toUpperCase();
    if (value === 'TRUE' || value === 'FALSE') return value === 'TRUE';
    if (value !== undefined) throw new WireError(-1130, `Data sent for parameter '${name}' is not valid.`);
    if (otherwise === undefined) throw mandatory(name);
    return otherwise;
  }

  /** A count, id or time. @throws WireError -1100 */
  whole(name: string): bigint | undefined {
    const value = this.find(name);
    if (value === undefined) return undefined;
    if (!/^\d{1,19}$/.test(value)) throw illegal(name, '^[0-9]{1,20}$');
    return BigInt(value);
  }

  /** An amount of coins with at most 8 decimals; it may be zero. @throws WireError -1102, -1100, -1111 */
  amount(name: string): Dec {
    const value = this.text(name);
    if (!/^\d{1,20}(?:\.\d{1,20})?$/.test(value)) throw illegal(name, String.raw`^([0-9]{1,20})(\.[0-9]{1,20})?$`);
    const amount = new Dec(value);
    if (amount.decimalPlaces() > 8) throw new WireError(-1111, 'Precision is over the maximum defined for this asset.');
    return amount;
  }
}

/** -1102: a parameter is missing, empty or malformed. */
export function mandatory(name: string): WireError {
  return new WireError(-1102, `Mandatory parameter '${name}' was not sent, was empty/null, or malformed.`);
}

function illegal(name: string, range: string): WireError {
  return new WireError(-1100, `Illegal characters found in parameter '${name}'; legal range is '${range}'.`);
}

function pairs(text: string): [string, string][] {
  const seen = new Set<string>();
  return text
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const cut = pair.indexOf('=');
      const name = decode(cut < 0 ? pair : pair.slice(0, cut));
      if (seen.has(name)) throw new WireError(-1101, 'Duplicate values for a parameter detected.');
      seen.add(name);
      return [name, cut < 0 ? '' : decode(pair.slice(cut + 1))];
    });
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw new WireError(-1100, 'Illegal characters found in a parameter.');
  }
}
