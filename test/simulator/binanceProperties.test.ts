/** What must hold for any account and any sequence of calls. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Dec } from '../../src/core/money.ts';
import { ZERO, parse, sum } from '../../src/core/money.ts';
import { coinOf, owed, withFree, withLent } from '../../src/simulator/binance/holdings.ts';
import type { Coin, Holdings, Pocket } from '../../src/simulator/binance/holdings.ts';
import { COLLATERAL_TIERS } from '../../src/simulator/binance/tables.ts';
import { collateralOf, levelOf, maxBorrowable, maxTransferable, worthOf } from '../../src/simulator/binance/worth.ts';
import { Bench, alice, tapeOf } from './support.ts';

const ASSETS = ['BTC', 'USDT', 'DOGE'] as const;
const PRICES: Readonly<Record<string, string>> = { BTC: '60000', USDT: '1', DOGE: '0.1' };
const priceOf = (asset: string): Dec => parse(PRICES[asset] ?? '');
const bracketsOf = (asset: string): NonNullable<(typeof COLLATERAL_TIERS)[string]> =>
  COLLATERAL_TIERS[asset] ?? COLLATERAL_TIERS['*'] ?? [];
const INITIAL = parse('1.5');
const SMALL = [
  { minUsdValue: ZERO, maxUsdValue: parse('1000'), discountRate: parse('1') },
  { minUsdValue: parse('1000'), maxUsdValue: parse('20000'), discountRate: parse('0.5') },
  { minUsdValue: parse('20000'), discountRate: ZERO },
];
const TICK = parse('0.00000001');

const coins = (most: number): fc.Arbitrary<Dec> =>
  fc.integer({ min: 0, max: most }).map((ticks) => parse(String(ticks)).div(1000));
const coin = (most: number): fc.Arbitrary<Coin> =>
  fc.record({
    free: coins(most),
    locked: fc.constant(ZERO),
    borrowed: coins(Math.floor(most / 2)),
    interest: coins(5),
  });
const pocket: fc.Arbitrary<Pocket> = fc
  .record({ BTC: coin(2000), USDT: coin(90_000_000), DOGE: coin(2_000_000_000) })
  .map((record) => new Map(Object.entries(record)));

/** Everything of one asset, minus everything owed of it. */
function net(holdings: Holdings, asset: string): Dec {
  const pockets = [holdings.cross, ...holdings.isolated.values()];
  const inMargin = pockets.map((one) => coinOf(one, asset)).map((one) => one.free.plus(one.locked).minus(owed(one)));
  const wallets = [holdings.spot, holdings.funding, holdings.earn].map((wallet) => wallet.get(asset) ?? ZERO);
  return sum([...inMargin, ...wallets]);
}

describe('maxTransferable', () => {
  it('is the last amount that leaves the collateral level above 2', () => {
    fc.assert(
      fc.property(pocket, fc.constantFrom(...ASSETS), (before, asset) => {
        const most = maxTransferable(before, asset, priceOf, bracketsOf);
        const { debts } = worthOf(before, priceOf);
        const { free } = coinOf(before, asset);
        expect(most.gte(0) && most.lte(free)).toBe(true);
        if (debts.isZero()) return;
        const levelAfter = (amount: Dec): Dec =>
          collateralOf(withFree(before, asset, amount.negated()), priceOf, bracketsOf).div(debts);
        if (most.gt(0)) expect(levelAfter(most).gt(2)).toBe(true);
        if (most.lt(free)) expect(levelAfter(most.plus(TICK)).lte(2)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

describe('maxBorrowable', () => {
  it('is the last amount that leaves the collateral level at the initial bar or above', () => {
    const brackets = (asset: string): ReturnType<typeof bracketsOf> => (asset === 'DOGE' ? SMALL : bracketsOf(asset));
    fc.assert(
      fc.property(pocket, fc.constantFrom(...ASSETS), (before, asset) => {
        const most = maxBorrowable(before, asset, INITIAL, priceOf, brackets);
        const levelAfter = (borrowed: Dec): Dec => {
          const after = withLent(before, asset, borrowed);
          return collateralOf(after, priceOf, brackets).div(worthOf(after, priceOf).debts);
        };
        if (most.gt(0)) expect(levelAfter(most).gte(INITIAL)).toBe(true);
        expect(levelAfter(most.plus(TICK)).lt(INITIAL)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

describe('liquidation', () => {
  it('ends at the stop level or with nothing left, and creates no coins', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60_000 }), fc.integer({ min: 0, max: 60_000 }), (price, ownUsdt) => {
        const cross = { assets: { BTC: '1', USDT: String(ownUsdt) }, debts: { USDT: '40000', BTC: '0.2' } };
        const tape = tapeOf({
          BTC: [
            [0, '60000'],
            [1, String(price)],
            [2, String(price)],
          ],
        });
        const bench = new Bench({ binance: [alice({ cross, spot: {} })] }, tape);
        bench.simulation.engine.advance();
        const [account] = bench.simulation.binance.books.accounts();
        if (account === undefined || !bench.report().liquidated) return;
        const after = worthOf(account.holdings.cross, bench.simulation.binance.books.desk.priceOf);
        const level = levelOf(after);
        if (level !== undefined) expect(level.gte('1.5')).toBe(true);
        for (const [, one] of account.holdings.cross)
          expect([one.free, one.borrowed, one.interest].every((value) => value.gte(0))).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});

type Step =
  | { readonly do: 'repay' | 'borrow'; readonly asset: string; readonly amount: string }
  | { readonly do: 'transfer'; readonly type: string; readonly asset: string; readonly amount: string }
  | { readonly do: 'wait' }
  | { readonly do: 'hour' };

const amount = fc.integer({ min: 1, max: 3_000_000_000 }).map((ticks) => parse(String(ticks)).div(100_000).toFixed());
const types = [
  'MAIN_MARGIN',
  'MARGIN_MAIN',
  'MAIN_FUNDING',
  'FUNDING_MAIN',
  'MARGIN_FUNDING',
  'MARGIN_ISOLATEDMARGIN',
  'ISOLATEDMARGIN_MARGIN',
];
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constantFrom('repay' as const, 'borrow' as const), asset: fc.constantFrom(...ASSETS), amount }),
  fc.record({
    do: fc.constant('transfer' as const),
    type: fc.constantFrom(...types),
    asset: fc.constantFrom(...ASSETS),
    amount,
  }),
  fc.constant({ do: 'wait' as const }),
  fc.constant({ do: 'hour' as const }),
);

function take(bench: Bench, one: Step): void {
  const { engine } = bench.simulation;
  switch (one.do) {
    case 'wait':
      bench.host.pass(100);
      return;
    case 'hour':
      engine.advanceTo(engine.tapeNow() + 3_600_000);
      return;
    case 'transfer': {
      const { type, asset, amount: coinsMoved } = one;
      const symbols = { fromSymbol: 'BTCUSDT', toSymbol: 'BTCUSDT' };
      bench.signed('POST', '/sapi/v1/asset/transfer', { type, asset, amount: coinsMoved, ...symbols });
      return;
    }
    case 'repay':
    case 'borrow':
      bench.borrowRepay(one.do === 'repay' ? 'REPAY' : 'BORROW', one.amount, one.asset);
  }
}

describe('any sequence of calls', () => {
  it('changes what an account is worth by interest only, and every confirmed record says what moved', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const isolated = [{ symbol: 'BTCUSDT', assets: { BTC: '1', USDT: '100' }, debts: { USDT: '30000' } }];
        const world = {
          binance: [alice({ isolated, funding: { USDT: '500' } })],
          binanceSettings: { limits: { on: false } },
          timing: { transferMs: 50 },
        };
        const bench = new Bench(world);
        const [account] = bench.simulation.binance.books.accounts();
        if (account === undefined) throw new Error('no account');
        const before = account.holdings;
        for (const one of steps) take(bench, one);
        bench.host.pass(1000);
        const charged = (asset: string): Dec =>
          sum(
            account.interests.newest(Number.POSITIVE_INFINITY, (row) => row.asset === asset).map((row) => row.interest),
          );
        for (const asset of ASSETS) {
          expect(net(account.holdings, asset).toFixed()).toBe(net(before, asset).minus(charged(asset)).toFixed());
        }
        for (const row of account.loans.newest(Number.POSITIVE_INFINITY, () => true)) {
          expect(row.status).not.toBe('PENDING');
          if (row.status === 'CONFIRMED') expect(row.principal.plus(row.interest).eq(row.amount)).toBe(true);
        }
      }),
      { numRuns: 150 },
    );
  });
});
