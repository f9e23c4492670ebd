/** Values that are words: names, coins, choices, references. */
import { z } from 'zod';
import { nearest } from './nearest.ts';
import { COIN, scalar, shown } from './scalar.ts';
import type { Scalar } from './scalar.ts';

/** A value that was written by reference, or literally. `config/references.ts` reads what it points at. */
export type Given =
  | { readonly kind: 'env'; readonly name: string }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'literal'; readonly text: string };

function word(what: string, example: string, pattern: string, numeric = false): Scalar<string> {
  return scalar({ what, example, pattern, numeric, read: ([text = '']) => ({ value: text }) });
}

export const asset = word('a coin in capitals', 'USDT', COIN);
export const assetOrDebt = word('a coin in capitals or the word `debt`', 'USDT', `(?:${COIN}|debt)`);
export const assetOrAny = word('a coin in capitals or the word `any`', 'USDT', `(?:${COIN}|any)`);
export const pair = word('a pair in capitals', 'BTCUSDT', '[A-Z0-9]{5,20}');
export const pairOrAny = word('a pair in capitals or the word `any`', 'BTCUSDT', String.raw`(?:[A-Z0-9]{5,20}|any)`);
export const digits = word('a number of the venue, digits only', '354937868', String.raw`\d{1,24}`, true);
export const name = word(
  'a name: letters, digits and `-`, starting with a letter',
  'main',
  '[A-Za-z][A-Za-z0-9-]{0,31}',
);
export const tapeName = word('the name of a folder in tapes/', 'may-2021', '[a-z0-9][a-z0-9-]{0,63}');
export const text = word('a text', 'data', '[^$]{1,256}');

/** `yes` or `no` */
export const yesNo: Scalar<boolean> = scalar({
  what: '`yes` or `no`',
  example: 'no',
  pattern: '(?:(yes)|no)',
  read: ([, yes = '']) => ({ value: yes !== '' }),
});

const REFERENCE = String.raw`\$\{(env|file):([^${'$'}{}]+)\}`;

/** A value that may come from outside the file; never shown. */
export const given: Scalar<Given> = scalar<Given>({
  what: 'a value without `${`, or a whole reference `${env:NAME}` or `${file:PATH}`',
  example: '${env:NAME}',
  pattern: String.raw`(?:${REFERENCE}|((?:(?!\$\{).)+))`,
  hidden: true,
  read: ([, kind = '', target = '', literal = '']) => {
    if (kind === '') return { value: { kind: 'literal', text: literal } };
    if (kind === 'file') return { value: { kind, path: target } };
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(target)) {
      return { wrong: 'names no environment variable: letters, digits and `_`' };
    }
    return { value: { kind: 'env', name: target } };
  },
});

/** One of several words; a wrong one is answered with the nearest, one of the language to come with "not offered yet". */
export function oneOf<const W extends string>(
  words: readonly W[],
  options: { readonly numeric?: boolean; readonly later?: readonly string[] } = {},
): Scalar<W> {
  const pattern = `^(?:${words.join('|')})$`;
  const base = z
    .string()
    .meta(options.numeric === true ? { type: ['string', 'number'], pattern } : { enum: [...words] });
  return base.transform((text, context): W => {
    const found = words.find((word) => word === text);
    if (found !== undefined) return found;
    const listed = words.map((word) => `\`${word}\``).join(', ');
    const write = `write ${words.length === 1 ? listed : `one of ${listed}`}`;
    const near = nearest(text, words);
    let params = {
      says: `${shown(text)} is not ${words.length === 1 ? listed : `one of ${listed}`}`,
      remedy: near === undefined ? write : `did you mean \`${near}\`?`,
    };
    if (text === '') params = { says: 'has no value', remedy: write };
    else if (options.later?.includes(text) === true) params = { says: `\`${text}\` is not offered yet`, remedy: write };
    context.issues.push({ code: 'custom', input: text, params });
    return z.NEVER;
  });
}
