/** Text that must never be seen: keys, secrets, passphrases, URLs that carry a token (DESIGN §2.10). */
import { inspect } from 'node:util';

const SHOWN = '[secret]';

/**
 * Wraps one secret text. Every way of printing it (template, JSON, `console.log`, `util.inspect`, a logger) gives
 * `[secret]`; the text comes out by `reveal()` only, at the place that signs or connects.
 */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
    Object.freeze(this);
  }

  /** The text itself. Call it where it is used, and keep the result in no field. */
  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return SHOWN;
  }

  toJSON(): string {
    return SHOWN;
  }

  [Symbol.toPrimitive](): string {
    return SHOWN;
  }

  [inspect.custom](): string {
    return SHOWN;
  }
}
