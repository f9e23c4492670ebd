/** Bands, zones and the second scale of OKX spot mode (DESIGN §5.1). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  LevelsError,
  aimLevel,
  cushionOf,
  levelsAt,
  levelsOf,
  levelsText,
  ltvOfMarginRatio,
  zoneOf,
} from '../../src/core/levels.ts';
import { repayInside, repayOutside } from '../../src/core/sizing.ts';
import { coin, dec, debt, loan, policy } from './build.ts';

const { bands } = policy({ target: '0.6', act: '0.7', urgent: '0.8', warn: ['0.65', '0.62'] });

describe('levels', () => {
  it('keep act a point below the call and the line, and target below act', () => {
    const levels = levelsAt(bands, dec('0.83'), dec('0.65'));
    expect(levels.act.toFixed()).toBe('0.64');
    expect(levels.target.toFixed()).toBe('0.6');
    const tight = levelsAt(bands, dec('0.83'), dec('0.55'));
    expect(tight.act.toFixed()).toBe('0.54');
    expect(tight.target.lt(tight.act)).toBe(true);
    expect(levelsAt(bands, dec('0.705'), null).act.toFixed()).toBe('0.695');
  });

  it('keep urgent between act and line when the policy puts it at or past the line', () => {
    const levels = levelsAt(bands, dec('0.78'), null);
    expect(levels.urgent.toFixed()).toBe('0.74');
  });

  it('are in order whatever the venue says', () => {
    const ratio = fc.integer({ min: 200, max: 10_000 }).map((value) => dec(value).div(10_000));
    fc.assert(
      fc.property(ratio, fc.option(ratio, { nil: null }), fc.boolean(), (line, call, cushion) => {
        const given = cushion ? policy({ scale: 'cushion', target: '0.26', act: '0.16', urgent: '0.08' }).bands : bands;
        const { target, act, urgent } = levelsAt(given, line, call);
        expect(target.gt(0) && target.lt(act) && act.lt(urgent) && urgent.lt(line)).toBe(true);
        if (call !== null) expect(act.lte(call.minus('0.01'))).toBe(true);
      }),
    );
  });

  it('refuse thresholds that leave no room', () => {
    expect(() => levelsAt(bands, dec('0.01'), null)).toThrow(LevelsError);
    expect(() => levelsAt(bands, dec('0.9'), dec('0'))).toThrow(LevelsError);
  });

  it('count being exactly on a level as past it', () => {
    const levels = levelsAt(bands, dec('0.9'), null);
    const zone = (ltv: string) => zoneOf(dec(ltv), levels);
    expect(zone('0.6199')).toEqual({ name: 'healthy', warned: 0 });
    expect(zone('0.62')).toEqual({ name: 'warned', warned: 1 });
    expect(zone('0.65')).toEqual({ name: 'warned', warned: 2 });
    expect(zone('0.7')).toEqual({ name: 'breached', warned: 2 });
    expect(zone('0.8').name).toBe('urgent');
    expect(zone('0.9').name).toBe('pastLine');
    expect(zoneOf(aimLevel(levels, 'urgent'), levels).name).toBe('breached');
    expect(cushionOf(dec('0.72'), dec('0.9')).toFixed()).toBe('0.2');
  });

  it('are exact as text', () => {
    expect(levelsText(levelsAt(bands, dec('0.9'), dec('0.8')))).toEqual({
      warn: ['0.62', '0.65'],
      target: '0.6',
      act: '0.7',
      urgent: '0.8',
      line: '0.9',
      call: '0.8',
    });
  });
});

describe("OKX spot mode's margin ratio", () => {
  const m = dec('0.035');
  const D = dec(60_000);
  const adjEq = dec(4_000);
  const C = adjEq.plus(D);

  it('lowers act and target where it is the stricter scale', () => {
    const strict = { ...bands, minMarginRatio: { act: dec(20), target: dec(30) } };
    const levels = levelsAt(strict, dec('0.966184'), null, m);
    expect(levels.act.eq(ltvOfMarginRatio(dec(20), m))).toBe(true);
    expect(levels.target.eq(ltvOfMarginRatio(dec(30), m))).toBe(true);
    const lax = { ...bands, minMarginRatio: { act: dec('2.5'), target: dec(4) } };
    expect(levelsAt(lax, dec('0.966184'), null, m).act.toFixed()).toBe('0.7');
    expect(levelsAt(strict, dec('0.966184'), null).act.toFixed()).toBe('0.7');
  });

  it('is read from the observation', () => {
    const spot = loan({
      product: 'okx.spotBorrow',
      coins: [coin({ amount: '1', price: '64000' })],
      debts: [debt({ amount: D })],
      line: '0.966184',
      marginRatio: { value: adjEq.div(m.times(D)), m, adjEq },
    });
    const strict = policy();
    const rules = { ...strict, bands: { ...strict.bands, minMarginRatio: { act: dec(20), target: dec(30) } } };
    expect(levelsOf(spot, rules).act.eq(ltvOfMarginRatio(dec(20), m))).toBe(true);
  });

  it('sizes as its own formulas do (DESIGN §5.2)', () => {
    const M = dec(4);
    const t = ltvOfMarginRatio(M, m);
    const Mm = M.times(m);
    const near = (a: { minus: (b: never) => { abs: () => { lt: (c: string) => boolean } } }, b: unknown) =>
      a
        .minus(b as never)
        .abs()
        .lt('1e-40');
    expect(near(repayInside({ D, C }, t, dec(1), dec(1), dec(1)) ?? dec(0), D.minus(adjEq.div(Mm)))).toBe(true);
    expect(near(repayOutside({ D, C }, t, dec(1)), Mm.times(D).minus(adjEq).div(Mm.plus(1)))).toBe(true);
    expect(near(D.div(t).minus(C), Mm.times(D).minus(adjEq))).toBe(true);
  });
});
