/**
 * JSON without loss: every number stays the text it was on the wire.
 *
 * Venues send ids above 2^53 and decimals with more digits than a JavaScript number holds (binance.md §0.1 fact 16),
 * and Node 20 cannot hand a reviver the source text. So numbers are quoted before the platform's parser reads them.
 */

/** A JSON value whose numbers are their wire text. `1` and `"1"` become the same: venues use both for the same field. */
export type Json = null | boolean | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [name: string]: Json;
}

/** Strings, so that digits inside them are left alone, or numbers. Unrolled: long strings must not exhaust the engine's stack. */
const STRING_OR_NUMBER = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** `undefined` when the text is not JSON (then it is no answer at all, whatever the status said). */
export function parseJson(text: string): Json | undefined {
  try {
    JSON.parse(text); // Is it JSON at all? After this the expression below can only meet well-formed tokens.
    const quoted = text.replace(STRING_OR_NUMBER, (token) => (token.startsWith('"') ? token : `"${token}"`));
    const value: Json = JSON.parse(quoted) as Json;
    return value;
  } catch {
    return undefined;
  }
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
