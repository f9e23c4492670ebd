import { describe, expect, it } from 'vitest';
import { VenueError } from '../../src/exchanges/exchange.ts';
import { parseJson } from '../../src/exchanges/json.ts';
import { Reader, printedUnit, wireAmount } from '../../src/exchanges/parse.ts';
import { parse } from '../../src/core/money.ts';

function reader(text: string): Reader {
  return Reader.of(parseJson(text), 'place');
}

describe('Reader', () => {
  it('reads what is there', () => {
    const at = reader('{"t":"x","n":12,"d":"1.50","b":true,"s":"TRUE","o":{"i":1},"l":[{"v":"a"}]}');
    expect(at.text('t')).toBe('x');
    expect(at.count('n')).toBe(12);
    expect(at.dec('d').toFixed()).toBe('1.5');
    expect([at.flag('b'), at.flag('s')]).toEqual([true, true]);
    expect(at.object('o').text('i')).toBe('1');
    expect(at.list('l').map((row) => row.text('v'))).toEqual(['a']);
  });

  it.each(['{}', '{"v":""}', '{"v":null}'])('takes %s for not applicable, never for zero', (text) => {
    expect(reader(text).decOrNull('v')).toBeNull();
    expect(() => reader(text).dec('v')).toThrow(VenueError);
    expect(() => reader(text).text('v')).toThrow('place.v: missing');
  });

  it.each(['{"v":"1e5"}', '{"v":1e-7}', '{"v":"NaN"}', '{"v":{}}', '{"v":"1,5"}'])(
    'refuses %s as a decimal',
    (text) => {
      expect(() => reader(text).dec('v')).toThrow(VenueError);
    },
  );

  it('refuses a negative amount, takes a negative zero', () => {
    expect(() => reader('{"v":"-1"}').amount('v')).toThrow('negative');
    expect(reader('{"v":"-0.00"}').amount('v').isZero()).toBe(true);
  });

  it.each([
    ['1566898617', 1_566_898_617_000],
    ['1563438204000', 1_563_438_204_000],
    ['1749094553955907', 1_749_094_553_955],
  ])('reads the time %s', (digits, ms) => {
    expect(reader(`{"v":${digits}}`).time('v')).toBe(ms);
  });

  it('never says a value in an error', () => {
    expect(() => reader('{"v":"SECRET"}').dec('v')).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('SECRET') as string }) as Error,
    );
  });

  it('does not find inherited members', () => {
    expect(reader('{}').textOrNull('toString')).toBeNull();
  });
});

describe('wireAmount', () => {
  it('writes plain decimals only', () => {
    expect(wireAmount('0.10')).toBe('0.1');
    expect(wireAmount('123456789012345678901234567890.123456789')).toBe('123456789012345678901234567890.123456789');
    for (const bad of ['0', '-1', '1e5', '', 'x']) expect(() => wireAmount(bad)).toThrow();
  });
});

describe('printedUnit', () => {
  it('knows that venues trim zeros', () => {
    expect(printedUnit(parse('1.35'), 8).toFixed()).toBe('0.00000001');
    expect(printedUnit(parse('1.351234567891'), 8).toFixed()).toBe('0.000000000001');
  });
});
