/** When prices alone make a look worth it (DESIGN §4). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { levelsAt, zoneOf } from '../../src/core/levels.ts';
import { estimate, ringFor, rings, worthALook } from '../../src/core/watch.ts';
import { coin, dec, debt, loan, policy } from './build.ts';

const { bands } = policy({ target: '0.6', act: '0.7', urgent: '0.8', warn: ['0.65'] });

function watched(owed: string, key = '') {
  const of = loan({ key, coins: [coin({ amount: '1', price: '50000' })], debts: [debt({ amount: owed })] });
  return { loan: of, levels: levelsAt(bands, of.line, null) };
}

const btc = (price: number) => ({ BTC: dec(price) });

describe('a price', () => {
  it('rings when a level is crossed, in either direction', () => {
    const near = watched('34950'); // 69.9 %
    expect(ringFor(near, btc(49_900))?.why).toContain('from warned to breached');
    expect(ringFor(near, btc(50_100))).toBeNull();
    expect(ringFor(near, btc(54_000))?.why).toContain('from warned to healthy');
  });

  it('rings after half a point towards the line inside one zone', () => {
    const healthy = watched('25000'); // 50 %
    expect(ringFor(healthy, btc(49_600))).toBeNull();
    expect(ringFor(healthy, btc(49_400))?.ltv.gt('0.505')).toBe(true);
    expect(ringFor(healthy, btc(60_000))).toBeNull();
  });

  it('of a coin the loan does not hold, or of a loan that is not open, says nothing', () => {
    expect(ringFor(watched('39000'), { DOGE: dec(1) })).toBeNull();
    const closed = watched('39000');
    expect(ringFor({ ...closed, loan: { ...closed.loan, status: 'closed' } }, btc(1))).toBeNull();
  });

  it('moves the venue’s opinion along with ours', () => {
    const { loan: of, levels } = watched('34500'); // own 69 %, the venue may mean up to 69.9 %
    const rounded = { loan: { ...of, venueLtv: { low: dec('0.689'), high: dec('0.699') } }, levels };
    expect(ringFor(rounded, btc(49_900))).not.toBeNull();
    expect(ringFor({ loan: of, levels }, btc(49_900))).toBeNull();
  });

  it('kills a debt in the risky coin by rising', () => {
    const of = loan({
      coins: [coin({ asset: 'USDT', amount: '50000', price: '1' })],
      debts: [debt({ asset: 'BTC', amount: '0.69', price: '50000' })],
    });
    const one = { loan: of, levels: levelsAt(bands, of.line, null) };
    expect(ringFor(one, btc(52_000))?.why).toContain('breached');
    expect(ringFor(one, btc(49_900))).toBeNull();
  });

  it('rings for the most endangered loan first', () => {
    const all = [watched('34950', 'A'), watched('39500', 'B'), watched('10000', 'C')];
    expect(rings(all, btc(49_000)).map((one) => one.loan.slice(-1))).toEqual(['B', 'A']);
    expect(worthALook(all, btc(49_000))).toContain('/B by new prices');
    expect(worthALook(all, btc(50_000))).toBeNull();
  });

  it('of nothing leaves a loan without collateral past its line', () => {
    expect(ringFor(watched('34950'), btc(0))?.ltv.toFixed()).toBe('0.9');
  });

  it('estimates exactly what a look would compute', () => {
    const worlds = fc.record({
      owed: fc.integer({ min: 1, max: 90_000 }),
      price: fc.integer({ min: 1, max: 200_000 }),
    });
    fc.assert(
      fc.property(worlds, ({ owed, price }) => {
        const one = watched(String(owed));
        const { D, C } = estimate(one.loan, btc(price));
        expect(D.eq(owed)).toBe(true);
        expect(C.minus(price).abs().lt('1e-30')).toBe(true);
        const zone = zoneOf(D.div(C), one.levels);
        const before = zoneOf(one.loan.ltv, one.levels);
        if (zone.name !== before.name) expect(ringFor(one, btc(price))).not.toBeNull();
      }),
    );
  });
});
