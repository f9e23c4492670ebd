/** How one kind of value is read, described to editors, and told about when it is misspelt. */
import { z } from 'zod';

/** A coin symbol, as a piece of a pattern. */
export const COIN = '[A-Z0-9]{1,20}';

/** What a failed value is reported with; carried through zod's issues as `params`. */
export interface Misspelt {
  readonly says: string;
  readonly remedy: string;
}

export interface Syntax<T> {
  /** With its article: `a duration`. */
  readonly what: string;
  readonly example: string;
  readonly pattern: string;
  /** Editors read it as a number when it is not quoted. */
  readonly numeric?: boolean;
  /** The value may be a secret: no message shows it. */
  readonly hidden?: boolean;
  /** Groups of the pattern → value; a text says what is wrong with a value that is spelt well. */
  read(groups: readonly string[]): { readonly value: T } | { readonly wrong: string };
}

export type Scalar<T> = z.ZodType<T, string>;

/** A scalar as messages show it. */
export function shown(text: string): string {
  const short = text.length > 40 ? `${text.slice(0, 39)}…` : text;
  return JSON.stringify(short);
}

function misspelt(
  text: string,
  syntax: { readonly what: string; readonly example: string; readonly hidden?: boolean },
): Misspelt {
  const remedy = `write ${syntax.what}, e.g. \`${syntax.example}\``;
  if (text === '') return { says: 'has no value', remedy };
  if (/^\$\{[^}]*\}$/.test(text) && syntax.hidden !== true) {
    return {
      says: 'a reference is not taken here',
      remedy: `${remedy}, so that the file shows what the server will do`,
    };
  }
  return { says: syntax.hidden === true ? `is not ${syntax.what}` : `${shown(text)} is not ${syntax.what}`, remedy };
}

/** A kind of value: its pattern goes into the JSON Schema, its reader makes the value, its words tell a misspelt one. */
export function scalar<T>(syntax: Syntax<T>): Scalar<T> {
  const pattern = new RegExp(`^${syntax.pattern}$`);
  const base = z.string().meta({
    ...(syntax.numeric === true ? { type: ['string', 'number'] } : {}),
    pattern: pattern.source,
    examples: [syntax.example],
  });
  return base.transform((text, context): T => {
    const groups = pattern.exec(text);
    const result =
      groups === null ? undefined : syntax.read(groups.map((group) => (typeof group === 'string' ? group : '')));
    if (result !== undefined && 'value' in result) return result.value;
    const problem = misspelt(text, syntax);
    const params =
      result === undefined
        ? problem
        : { ...problem, says: syntax.hidden === true ? result.wrong : `${shown(text)} ${result.wrong}` };
    context.issues.push({ code: 'custom', input: text, params: { ...params } });
    return z.NEVER;
  });
}
