import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJson } from '../../src/exchanges/json.ts';

describe('parseJson', () => {
  it('keeps numbers as their wire text', () => {
    expect(parseJson('{"id":1352286576452864727,"a":0.12345678901234567890,"b":-1e-7,"c":"1.0","d":[1,2.50]}')).toEqual(
      {
        id: '1352286576452864727',
        a: '0.12345678901234567890',
        b: '-1e-7',
        c: '1.0',
        d: ['1', '2.50'],
      },
    );
  });

  it('leaves digits inside strings and names alone', () => {
    const text = '{"a1":"x \\"12\\" 3","5":"\\\\","u":"\\u00e9 7","e":""}';
    expect(parseJson(text)).toEqual({ a1: 'x "12" 3', '5': '\\', u: 'é 7', e: '' });
  });

  it.each([
    '',
    '{',
    '{"a":1',
    '<html>1</html>',
    '{1:2}',
    '01',
    '1.',
    '+1',
    'NaN',
    '{"a":1}x',
    "{'a':1}",
    '[1,]',
    '\u0000',
  ])('refuses %j', (text) => {
    expect(parseJson(text)).toBeUndefined();
  });

  it('does not let a body reach prototypes', () => {
    const parsed = parseJson('{"__proto__":{"polluted":1}}');
    expect(Object.getPrototypeOf(parsed)).toBe(Object.prototype);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('agrees with the platform about everything but numbers', () => {
    const numbersAsText = (value: unknown): unknown => {
      if (typeof value === 'number') return JSON.stringify(value);
      if (Array.isArray(value)) return value.map(numbersAsText);
      if (typeof value === 'object' && value !== null) {
        return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, numbersAsText(item)]));
      }
      return value;
    };
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        const text = JSON.stringify(value);
        expect(parseJson(text)).toEqual(numbersAsText(JSON.parse(text)));
      }),
    );
  });

  it('reads long strings without exhausting the stack', () => {
    const long = 'a\\n'.repeat(200_000);
    expect(parseJson(`{"x":"${long}"}`)).toEqual({ x: 'a\n'.repeat(200_000) });
  });
});
