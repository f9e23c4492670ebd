/** When a venue's prices are believed, and how a dispute begins and ends (DESIGN §2.7, peers.md §C.2). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  DISLOCATION_RULES,
  compare,
  ownPrices,
  type CompareInput,
  type Disputes,
  type Reference,
  type Verdict,
} from '../../src/core/dislocation.ts';
import type { Groups } from '../../src/core/survival.ts';
import { attestedOf, dislocatedOf, involved, priceNews, withInside, wordsOf } from '../../src/core/verdicts.ts';
import { coin, debt, dec, loan, view } from './build.ts';

const NOW = 1_760_000_000_000;
const GROUPS: Groups = {
  USDT: { wraps: null, stable: 'USD' },
  USDC: { wraps: null, stable: 'USD' },
  USDE: { wraps: null, stable: 'USD' },
  WBETH: { wraps: 'ETH', stable: null },
  BNSOL: { wraps: 'SOL', stable: null },
};

const ref = (price: string, unit = 'USDT', at = NOW): Reference => ({
  price: dec(price),
  unit,
  at,
  source: `okx ${unit}`,
});

type Prices = Readonly<Record<string, string>>;

function run(own: Prices, references: Readonly<Record<string, Reference>>, more: Partial<CompareInput> = {}) {
  const prices = Object.fromEntries(Object.entries(own).map(([asset, price]) => [asset, [dec(price)]]));
  const { at = NOW, until = at } = more;
  const rest = { references, groups: GROUPS, rules: DISLOCATION_RULES, disputes: {} };
  return compare({ own: prices, ...rest, ...more, at, until });
}

const kinds = (verdicts: Readonly<Record<string, Verdict>>): Record<string, string> =>
  Object.fromEntries(Object.entries(verdicts).map(([asset, { kind }]) => [asset, kind]));

/** One coin in dollars through a list of gaps, a new reference each time. */
function walk(gaps: readonly number[], calmAfter = 5): boolean[] {
  let disputes: Disputes = {};
  return gaps.map((gap, index) => {
    const at = NOW + index * 1_000;
    const rules = { ...DISLOCATION_RULES, calmAfter };
    const result = run({ BTC: String(1 + gap) }, { BTC: ref('1', 'USD', at) }, { at, disputes, rules });
    disputes = result.disputes;
    return dislocatedOf(result.verdicts).includes('BTC');
  });
}

describe('a venue’s price', () => {
  it('agrees up to the bound of its kind, and disagrees beyond it', () => {
    const cases = [
      ['BTC', '103', '100', 'agrees'],
      ['BTC', '103.01', '100', 'disagrees'],
      ['USDC', '1.015', '1', 'agrees'],
      ['USDC', '0.98', '1', 'disagrees'],
      ['WBETH', '3900', '4200', 'disagrees'],
    ] as const;
    for (const [asset, own, outside, kind] of cases)
      expect([asset, run({ [asset]: own }, { [asset]: ref(outside) }).verdicts[asset]?.kind]).toEqual([asset, kind]);
  });

  it('of zero disagrees with everything', () => {
    const { verdicts } = run({ BTC: '0', ETH: '2000' }, { BTC: ref('60000'), ETH: ref('4000') });
    expect(kinds(verdicts)).toEqual({ BTC: 'disagrees', ETH: 'disagrees' });
    expect(wordsOf('BTC', verdicts['BTC'])).toBe("BTC: the venue's price is -100.0 % off okx USDT");
  });

  it('is unknown without a reference, with an old one, one from the future, and one that is no price', () => {
    for (const [references, at] of [
      [{}, NOW],
      [{ BTC: ref('60000') }, NOW + 5_001],
      [{ BTC: ref('60000') }, NOW - 5_001],
      [{ BTC: ref('0') }, NOW],
      [{ BTC: ref('60000', 'EURX') }, NOW],
    ] as const)
      expect(run({ BTC: '60000' }, references, { at }).verdicts['BTC']?.kind).toBe('unknown');
    expect(run({ BTC: '60000' }, { BTC: ref('60000') }, { at: NOW + 5_000 }).verdicts['BTC']?.kind).toBe('agrees');
  });

  it('that took long to read is compared with a reference from any moment of the reading', () => {
    const kindOf = (at: number, until: number): string | undefined =>
      run({ BTC: '60000' }, { BTC: ref('60000') }, { at, until }).verdicts['BTC']?.kind;
    expect(kindOf(NOW - 20_000, NOW - 4_000)).toBe('agrees');
    expect(kindOf(NOW - 20_000, NOW)).toBe('agrees');
    expect(kindOf(NOW - 20_000, NOW - 5_001)).toBe('unknown');
    expect(kindOf(NOW + 5_001, NOW + 9_000)).toBe('unknown');
  });

  it('that differs between the products of an account is judged by the one farthest off', () => {
    const own = { BTC: [dec('60000'), dec('50000'), dec('60100')] };
    const { verdicts } = run({}, { BTC: ref('60000') }, { own });
    expect(verdicts['BTC']).toMatchObject({ kind: 'disagrees', gap: dec('0.2') });
  });

  it('is judged the same in both directions, whatever the bound', () => {
    const price = fc.integer({ min: 1, max: 10 ** 9 }).map((cents) => dec(String(cents)).div(100).toFixed());
    fc.assert(
      fc.property(price, price, (one, other) => {
        const there = run({ BTC: one }, { BTC: ref(other) }).verdicts['BTC'];
        const back = run({ BTC: other }, { BTC: ref(one) }).verdicts['BTC'];
        expect(there?.kind).toBe(back?.kind);
        expect(there).toMatchObject({ gap: back && 'gap' in back ? back.gap : null });
      }),
    );
  });

  it('is judged the same at every scale', () => {
    const whole = fc.integer({ min: 1, max: 10 ** 6 });
    fc.assert(
      fc.property(whole, whole, fc.integer({ min: -9, max: 9 }), whole, (own, outside, power, factor) => {
        const scaled = (value: number): string =>
          dec(String(value)).times(factor).times(dec('10').pow(power)).toFixed();
        const plain = run({ BTC: String(own) }, { BTC: ref(String(outside)) }).verdicts['BTC'];
        const large = run({ BTC: scaled(own) }, { BTC: ref(scaled(outside)) }).verdicts['BTC'];
        expect(large?.kind).toBe(plain?.kind);
      }),
    );
  });
});

describe('a reference that moved while the venue was read', () => {
  const moved = (was: string): Reference => ({ ...ref('100'), was: dec(was) });

  it('agrees with every price between what it was and what it is, and with none beyond', () => {
    const kindOf = (own: string, was: string): string | undefined =>
      run({ BTC: own }, { BTC: moved(was) }).verdicts['BTC']?.kind;
    for (const own of ['80', '90', '100', '103', '77.7']) expect([own, kindOf(own, '80')]).toEqual([own, 'agrees']);
    for (const own of ['77.6', '103.01']) expect([own, kindOf(own, '80')]).toEqual([own, 'disagrees']);
    expect([kindOf('115', '120'), kindOf('97', '120'), kindOf('96', '120')]).toEqual([
      'agrees',
      'disagrees',
      'disagrees',
    ]);
  });

  it('is measured from its nearer end, and moves nothing where it did not move', () => {
    expect(run({ BTC: '72' }, { BTC: moved('80') }).verdicts['BTC']).toMatchObject({ ratio: dec('0.9') });
    expect(run({ BTC: '90' }, { BTC: moved('100') }).verdicts['BTC']).toMatchObject({ ratio: dec('0.9') });
  });

  it('does not make its unit wrong', () => {
    const { verdicts } = run({ USDT: '1', BTC: '90' }, { BTC: moved('80') });
    expect(kinds(verdicts)).toEqual({ USDT: 'agrees', BTC: 'agrees' });
  });
});

describe('10 October 2025', () => {
  const own = { USDT: '1', USDE: '0.6567', WBETH: '430', BNSOL: '34.9', ETH: '3810', BTC: '110200' };
  const outside = {
    USDT: ref('1.0003', 'USD'),
    USDE: ref('0.98'),
    ETH: ref('3805'),
    SOL: ref('180'),
    BTC: ref('110000'),
  };

  it('shows the three collateral coins, also the wrapped ones that the other venue does not list', () => {
    const { verdicts } = run(own, outside);
    expect([...dislocatedOf(verdicts)].sort()).toEqual(['BNSOL', 'USDE', 'WBETH']);
    expect(verdicts['WBETH']).toMatchObject({ loose: true });
    expect(wordsOf('WBETH', verdicts['WBETH'])).toBe("WBETH: the venue's price is -88.7 % off okx USDT");
    expect(attestedOf(verdicts)).toEqual(['USDT', 'ETH', 'BTC']);
  });
});

describe('a wrapped coin', () => {
  it('is held against its own reference where there is one, with the bound of a coin', () => {
    const { verdicts } = run({ WBETH: '4000' }, { WBETH: ref('4200'), ETH: ref('3900') });
    expect(verdicts['WBETH']).toMatchObject({ kind: 'disagrees', loose: false });
  });

  it('without one is held against its coin in a wide bound, which is not enough to be generous', () => {
    const { verdicts } = run({ WBETH: '4200' }, { ETH: ref('3900') });
    expect(verdicts['WBETH']).toMatchObject({ kind: 'agrees', loose: true });
    expect(attestedOf(verdicts)).toEqual([]);
  });
});

describe('the unit of the references', () => {
  it('moves both sides alike: a real de-peg of USDT dislocates nothing', () => {
    const own = { USDT: '0.9', BTC: '54000', ETH: '3600' };
    const { verdicts } = run(own, { BTC: ref('60000'), ETH: ref('4000') });
    expect(kinds(verdicts)).toEqual({ USDT: 'agrees', BTC: 'agrees', ETH: 'agrees' });
    expect(attestedOf(verdicts)).toEqual(['USDT', 'BTC', 'ETH']);
  });

  it('disagrees when every other price speaks against it and it is off its peg', () => {
    const own = { USDT: '0.9', BTC: '60000', ETH: '4000' };
    expect(run(own, { BTC: ref('60000'), ETH: ref('4000') }).verdicts['USDT']).toMatchObject({
      kind: 'disagrees',
      ratio: dec('0.9'),
    });
  });

  it('is not blamed at its peg for the one other price that is wrong', () => {
    const { verdicts } = run({ USDT: '1', BTC: '45000' }, { BTC: ref('60000') });
    expect(kinds(verdicts)).toEqual({ USDT: 'unknown', BTC: 'disagrees' });
    expect(dislocatedOf(verdicts)).toEqual(['BTC']);
    expect(attestedOf(verdicts)).toEqual([]);
  });

  it('agrees when most other prices do', () => {
    const own = { USDT: '1', BTC: '45000', ETH: '4000', USDC: '1' };
    const { verdicts } = run(own, { BTC: ref('60000'), ETH: ref('4001'), USDC: ref('1.0002') });
    expect(kinds(verdicts)).toEqual({ USDT: 'agrees', BTC: 'disagrees', ETH: 'agrees', USDC: 'agrees' });
  });

  it('is unknown when nothing is quoted in it, and when all that is quoted in it has no price', () => {
    expect(run({ USDT: '1', BTC: '60000' }, {}).verdicts['USDT']?.kind).toBe('unknown');
    expect(run({ USDT: '1', BTC: '0' }, { BTC: ref('60000') }).verdicts['USDT']?.kind).toBe('unknown');
  });

  it('is taken at its peg only where the venue says nothing about it', () => {
    expect(run({ BTC: '60000' }, { BTC: ref('60000') }).verdicts['BTC']?.kind).toBe('agrees');
    expect(run({ BTC: '60000', USDT: '0' }, { BTC: ref('60000') }).verdicts['BTC']?.kind).toBe('unknown');
  });

  it('of its own reference is compared in dollars', () => {
    expect(run({ USDT: '1' }, { USDT: ref('0.97', 'USD') }).verdicts['USDT']?.kind).toBe('disagrees');
    expect(run({ USD: '1' }, {}).verdicts['USD']?.kind).toBe('agrees');
  });
});

describe('a dispute', () => {
  it('begins at once, and ends at once below half the bound', () => {
    expect(walk([0.031, 0.016, 0.0149, 0.016, 0.029])).toEqual([true, true, false, false, false]);
  });

  it('ends between half and the whole bound after so many agreeing comparisons in a row', () => {
    expect(walk([0.04, 0.02, 0.02, 0.04, 0.02, 0.02, 0.02], 3)).toEqual([true, true, true, true, true, true, false]);
  });

  it('does not count one reference twice', () => {
    let disputes: Disputes = run({ BTC: '1.04' }, { BTC: ref('1') }).disputes;
    for (let look = 0; look < 20; look += 1) {
      const result = run({ BTC: '1.02' }, { BTC: ref('1') }, { disputes });
      expect(dislocatedOf(result.verdicts)).toEqual(['BTC']);
      disputes = result.disputes;
    }
  });

  it('never begins from noise below the bound, and never comes back from noise below half of it', () => {
    const below = (bound: number): fc.Arbitrary<number[]> =>
      fc.array(
        fc.integer({ min: 0, max: 9_999 }).map((share) => (share / 10_000) * bound),
        { maxLength: 40 },
      );
    fc.assert(
      fc.property(below(0.015), (noise) => {
        expect(walk(noise)).not.toContain(true);
        expect(walk([0.5, ...noise]).slice(1)).not.toContain(true);
      }),
    );
    fc.assert(
      fc.property(below(0.03), (noise) => {
        expect(walk(noise)).not.toContain(true);
      }),
    );
  });

  it('changes at most once while the gap stays in a band narrower than half the bound, whatever band', () => {
    const noise = fc.array(fc.integer({ min: 0, max: 149 }), { minLength: 2, maxLength: 60 });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_000 }), noise, (level, values) => {
        const states = walk(
          values.map((value) => (level + value) / 10_000),
          Infinity,
        );
        const changes = states.filter((state, index) => state !== (states[index - 1] ?? false)).length;
        expect(changes).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('lasts at least the agreed number of comparisons while no gap is below half the bound', () => {
    const gaps = fc.array(fc.integer({ min: 160, max: 600 }), { minLength: 10, maxLength: 80 });
    fc.assert(
      fc.property(gaps, (values) => {
        const runs = walk(
          values.map((value) => value / 10_000),
          4,
        )
          .map((state) => (state ? 'x' : '.'))
          .join('');
        for (const [dispute] of runs.matchAll(/x+(?=\.)/g)) expect(dispute.length).toBeGreaterThanOrEqual(4);
      }),
    );
  });

  it('is not ended by silence, until nothing was heard for very long', () => {
    const { disputes } = run({ BTC: '50' }, { BTC: ref('100') });
    const later = run({ BTC: '50' }, {}, { disputes, at: NOW + 3_600_000 });
    expect(later.verdicts['BTC']).toMatchObject({ kind: 'unknown', disputed: true });
    expect(dislocatedOf(later.verdicts)).toEqual(['BTC']);
    const muchLater = run({ BTC: '50' }, {}, { disputes: later.disputes, at: NOW + 3_600_001 });
    expect(muchLater.verdicts['BTC']).toMatchObject({ kind: 'unknown', disputed: false });
  });

  it('outlives looks that do not see the coin, and its memory is plain JSON', () => {
    const { disputes } = run({ BTC: '50' }, { BTC: ref('100') });
    const unseen = run({ ETH: '1' }, { ETH: ref('1') }, { disputes });
    expect(JSON.parse(JSON.stringify(unseen.disputes))).toEqual(disputes);
    const again = run({ BTC: '98' }, { BTC: ref('100') }, { disputes: unseen.disputes });
    expect(dislocatedOf(again.verdicts)).toEqual(['BTC']);
  });
});

describe('an attested price', () => {
  it('has a reference of its own that agrees now: silence, and a coin that is not priced, are not enough', () => {
    const { verdicts } = run({ BTC: '100', ETH: '10', SOL: '5' }, { BTC: ref('100'), SOL: ref('6') });
    expect(attestedOf(verdicts)).toEqual(['BTC']);
  });

  it('is no longer attested while its dispute calms down', () => {
    const { disputes } = run({ BTC: '110' }, { BTC: ref('100') });
    const later = run({ BTC: '102' }, { BTC: ref('100', 'USDT', NOW + 1_000) }, { disputes, at: NOW + 1_000 });
    expect(attestedOf(later.verdicts)).toEqual([]);
  });
});

describe('the account’s machine', () => {
  const apart = run({ BTC: '50', ETH: '10' }, { BTC: ref('100'), ETH: ref('10') }).verdicts;
  const calm = run({ BTC: '100', ETH: '10' }, { BTC: ref('100'), ETH: ref('10') }).verdicts;

  it('is told once when prices of its loans come apart, and not about other coins', () => {
    expect(priceNews(apart, ['BTC', 'ETH'], false)).toMatchObject({
      type: 'DISLOCATED',
      why: expect.stringMatching(/^BTC: the venue's price is -50.0 % off okx USDT\. .*nothing is released/),
    });
    expect(priceNews(apart, ['BTC'], true)).toBeNull();
    expect(priceNews(apart, ['ETH'], false)).toBeNull();
  });

  it('is told that it is over when that was seen, or nothing was heard for very long; not when nothing can be seen', () => {
    const { disputes } = run({ BTC: '50' }, { BTC: ref('100') });
    const blind = (at: number) => run({ BTC: '100' }, {}, { disputes, at }).verdicts;
    expect(priceNews(calm, ['BTC'], true)).toMatchObject({ type: 'CALM', why: 'the price sources agree again' });
    expect(priceNews(calm, ['BTC'], false)).toBeNull();
    expect(priceNews(blind(NOW + 3_600_000), ['BTC'], true)).toBeNull();
    expect(priceNews(blind(NOW + 3_600_001), ['BTC'], true)).toMatchObject({
      type: 'CALM',
      why: expect.stringContaining('nothing was heard'),
    });
    expect(priceNews(blind(NOW), [], true)?.type).toBe('CALM');
  });
});

describe('a view', () => {
  const one = loan({
    coins: [coin({ asset: 'WBETH', amount: '1', price: '4200' })],
    debts: [debt({ asset: 'USDT', amount: '9', price: '1' })],
  });
  const seen = { ...view([one, { ...one, id: 'other' }], []), prices: { WBETH: dec('4300'), BNB: dec('600') } };

  it('gives every price it holds once, and the coins inside wrapped ones to ask for', () => {
    const own = ownPrices(seen);
    expect(own).toEqual({ USDT: [dec('1')], WBETH: [dec('4200'), dec('4300')], BNB: [dec('600')] });
    expect([...withInside(Object.keys(own), GROUPS)].sort()).toEqual(['BNB', 'ETH', 'USDT', 'WBETH']);
    expect([...involved(seen)].sort()).toEqual(['USDT', 'WBETH']);
  });
});
