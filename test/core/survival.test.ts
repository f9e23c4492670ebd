/** Which move of which price kills a loan, and at which price its next levels lie (DESIGN §5.3, §5.8). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { levelsAt } from '../../src/core/levels.ts';
import { nextPrices } from '../../src/core/next.ts';
import type { Groups } from '../../src/core/survival.ts';
import { coinExposures, factorOf, survivals } from '../../src/core/survival.ts';
import { parse } from '../../src/core/money.ts';
import { coin, dec, debt, loan, policy } from './build.ts';

const GROUPS: Groups = {
  USDT: { wraps: null, stable: 'USD' },
  USDC: { wraps: null, stable: 'USD' },
  WBETH: { wraps: 'ETH', stable: null },
};

function moves(of: Parameters<typeof survivals>[0]) {
  return survivals(of, GROUPS).map((one) => {
    const { scenario } = one;
    const name = scenario.kind === 'all' ? 'all' : `${scenario.kind} ${scenario.asset}`;
    return `${name}: ${one.kills} ${one.move?.toFixed(6) ?? '-'}`;
  });
}

const long = loan({ coins: [coin({ amount: '1', price: '60000' })], debts: [debt({ amount: '40000' })], line: '0.83' });
const short = loan({
  coins: [coin({ asset: 'USDT', amount: '33000', price: '1' })],
  debts: [debt({ asset: 'BTC', amount: '0.5', price: '44000' })],
  line: '0.9523809524',
});
const wrapped = loan({
  coins: [coin({ asset: 'WBETH', amount: '40', price: '2500' })],
  debts: [debt({ asset: 'ETH', amount: '28', price: '2500' })],
  line: '0.91',
});

describe('survival', () => {
  it('of a long dies on a fall, of a short on a rise, of a wrapper on its basis', () => {
    expect(moves(long)).toEqual(['factor BTC: fall 0.196787', 'basis USDT: rise 0.245000']);
    expect(moves(short)).toEqual(['basis USDT: fall 0.300000', 'factor BTC: rise 0.428571']);
    expect(moves(wrapped)).toEqual(['basis WBETH: fall 0.230769', 'factor ETH: never -']);
  });

  it('of several risky coins knows the fall of all of them', () => {
    const two = loan({
      coins: [coin({ amount: '1', price: '60000' }), coin({ asset: 'SOL', amount: '200', price: '200' })],
      debts: [debt({ amount: '70000' })],
      line: '0.9',
    });
    expect(moves(two)).toEqual([
      'all: fall 0.222222',
      'basis USDT: rise 0.285714',
      'factor BTC: fall 0.370370',
      'factor SOL: fall 0.555556',
    ]);
  });

  it('is nothing at or past the line', () => {
    expect(survivals({ ...long, line: dec('0.6') }, GROUPS)[0]?.move?.toFixed()).toBe('0');
  });

  it('past the line is nothing in the direction that hurts', () => {
    const past = survivals({ ...short, line: dec('0.5') }, GROUPS).filter((one) => one.scenario.kind === 'factor');
    expect(past.map(({ kills, move }) => [kills, move?.toFixed()])).toEqual([['rise', '0']]);
  });

  it('meets the line exactly when the price moves by what it says', () => {
    const amounts = fc.record({
      btc: fc.integer({ min: 1, max: 500 }),
      eth: fc.integer({ min: 0, max: 5000 }),
      owed: fc.integer({ min: 1, max: 9_000_000 }),
    });
    fc.assert(
      fc.property(amounts, ({ btc, eth, owed }) => {
        const at = (price: ReturnType<typeof dec>) =>
          loan({
            coins: [coin({ amount: dec(btc), price }), coin({ asset: 'ETH', amount: dec(eth), price: '2000' })],
            debts: [debt({ amount: dec(owed) })],
          });
        const now = at(dec(60_000));
        const found = survivals(now, GROUPS).find(
          (one) => one.scenario.kind === 'factor' && one.scenario.asset === 'BTC',
        );
        if (found === undefined || found.move === null || found.move.isZero()) return;
        const shocked = at(dec(60_000).times(dec(1).minus(found.x ?? 0)));
        expect(shocked.ltv.minus(now.line).abs().lt('1e-30')).toBe(true);
      }),
    );
  });
});

describe('exposures', () => {
  it('add up to the venue’s own value where weights are spread over tiers', () => {
    const tiered = loan({
      coins: [coin({ amount: '2', price: '60000', weight: '0.9' })],
      debts: [debt({ amount: '1' })],
      C: '117000',
    });
    expect(coinExposures(tiered).map((one) => [one.asset, one.C.toFixed(), one.D.toFixed()])).toEqual([
      ['BTC', '117000', '0'],
      ['USDT', '0', '1'],
    ]);
  });

  it('follow what a coin wraps; stable coins follow nothing', () => {
    expect(['BTC', 'WBETH', 'USDT'].map((asset) => factorOf(asset, GROUPS))).toEqual(['BTC', 'ETH', null]);
  });
});

describe('next prices', () => {
  const { bands } = policy({ target: '0.5', act: '0.7', urgent: '0.8', warn: ['0.6'] });

  it('name every level that lies ahead, in the direction that hurts', () => {
    const healthy = loan({ coins: [coin({ amount: '1', price: '60000' })], debts: [debt({ amount: '30000' })] });
    expect(nextPrices(healthy, levelsAt(bands, dec('0.9'), null), GROUPS)).toEqual([
      { asset: 'BTC', price: '50000', what: 'warn 1' },
      { asset: 'BTC', price: '42857.143', what: 'act' },
      { asset: 'BTC', price: '37500', what: 'urgent' },
      { asset: 'BTC', price: '33333.333', what: 'line' },
    ]);
    const rising = nextPrices(short, levelsAt(bands, dec('0.9'), null), GROUPS);
    expect(rising.map((one) => [one.asset, one.what])).toEqual([
      ['BTC', 'act'],
      ['BTC', 'urgent'],
      ['BTC', 'line'],
    ]);
    expect(rising.every((one) => parse(one.price).gt(44_000))).toBe(true);
  });

  it('say nothing of what no price of the coin can do', () => {
    expect(nextPrices(wrapped, levelsAt(bands, dec('0.91'), null), GROUPS)).toEqual([]);
    expect(nextPrices({ ...long, status: 'closed' }, levelsAt(bands, dec('0.9'), null), GROUPS)).toEqual([]);
  });

  it('speak of a wrapper when the loan does not hold what it wraps', () => {
    const staked = loan({
      coins: [coin({ asset: 'WBETH', amount: '10', price: '2500' })],
      debts: [debt({ amount: '10000' })],
    });
    expect(nextPrices(staked, levelsAt(bands, dec('0.9'), null), GROUPS)[0]?.asset).toBe('WBETH');
  });
});
