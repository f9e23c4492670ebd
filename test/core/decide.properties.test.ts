/**
 * What must hold for every plan, whatever the loan, the money and the limits: the level is reached when the plan says so,
 * nothing exceeds a cap or a balance, no forbidden dust, rounding never under-repays, money has no unit, and an amount can be
 * computed again from its record alone. Effects are worked out here by hand, not with the code under test.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide } from '../../src/core/decide.ts';
import { NOTHING_LEARNED } from '../../src/core/learned.ts';
import type { LoanView, Product } from '../../src/core/loan.ts';
import { type Dec, ONE, ZERO, ceil, max, min, parse } from '../../src/core/money.ts';
import type { DecideInput } from '../../src/core/need.ts';
import { recompute } from '../../src/core/sizingRecord.ts';
import { coin, dec, debt, input, landed, loan, need, policy, rung, wallet } from './build.ts';
import type { Act } from './build.ts';
import type { Intent } from '../../src/core/intent.ts';

/** Shrinking a failure of so many parts may take minutes: it is cut short. */
const RUNS = { numRuns: 400, interruptAfterTimeLimit: 15_000, markInterruptAsFailure: true };

/** A whole number of cents as money text. */
const cents = (low: number, high: number) =>
  fc.integer({ min: low * 100, max: high * 100 }).map((value) => dec(value).div(100));
const ratio = (low: number, high: number) =>
  fc.integer({ min: low * 10_000, max: high * 10_000 }).map((value) => dec(value).div(10_000));

interface World {
  readonly product: Product;
  readonly collateralUsd: Dec;
  readonly ltv: Dec;
  readonly coinPrice: Dec;
  readonly debtPrice: Dec;
  readonly insideCoins: Dec;
  readonly walletCoins: Dec;
  readonly walletBtc: Dec;
  readonly decimals: number;
  readonly minRepay: Dec | null;
  readonly minLeft: Dec | null;
  readonly perAction: Dec | null;
  readonly perDay: Dec | null;
  readonly marks: boolean;
  readonly dust: 'leave' | 'clear';
}

const maybe = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: null });

const WORLD: fc.Arbitrary<World> = fc.record({
  product: fc.constantFrom<Product>(
    'binance.crossMargin',
    'binance.isolatedMargin',
    'binance.flexibleLoan',
    'okx.flexibleLoan',
    'okx.spotBorrow',
  ),
  collateralUsd: cents(500, 5_000_000),
  // exactly on target, the last digit alone would decide whether anything is needed
  ltv: ratio(0.6, 1.05).filter((ltv) => !ltv.eq('0.62')),
  coinPrice: cents(1, 90_000),
  debtPrice: fc.constantFrom(dec(1), dec('0.9996'), dec('1.0007'), dec('2417.33')),
  insideCoins: cents(0, 20_000),
  walletCoins: cents(0, 3_000_000),
  walletBtc: cents(0, 50),
  decimals: fc.constantFrom(2, 4, 6, 8),
  minRepay: maybe(cents(1, 50)),
  minLeft: maybe(cents(1, 400)),
  perAction: maybe(cents(50, 400_000)),
  perDay: maybe(cents(50, 800_000)),
  marks: fc.boolean(),
  dust: fc.constantFrom('leave' as const, 'clear' as const),
});

function hasInside(product: Product): boolean {
  return !product.includes('flexible');
}

function loanOf(world: World): LoanView {
  const inside = hasInside(world.product) ? world.insideCoins : ZERO;
  const risky = coin({
    asset: 'BTC',
    amount: world.collateralUsd.div(world.coinPrice),
    free: '0',
    price: world.coinPrice,
    decimals: world.decimals,
  });
  const stable = coin({ asset: 'USDT', amount: inside, price: world.debtPrice, decimals: world.decimals });
  const coins = hasInside(world.product) ? [risky, stable] : [risky];
  const C = coins.reduce((total, one) => total.plus(one.amount.times(one.price)), ZERO);
  const owed = ceil(C.times(world.ltv).div(world.debtPrice), world.decimals);
  const minima = {
    ...(world.minRepay === null ? {} : { minRepay: world.minRepay.toFixed() }),
    ...(world.minLeft === null ? {} : { minLeft: world.minLeft.toFixed() }),
  };
  const debts = [debt({ amount: owed, price: world.debtPrice, decimals: world.decimals, ...minima })];
  return loan({ product: world.product, key: hasInside(world.product) ? '' : 'K', coins, debts, line: '0.95' });
}

function inputOf(world: World, of: LoanView = loanOf(world)): DecideInput {
  const name = world.product.startsWith('okx') ? 'funding' : 'spot';
  return input({
    loans: [of],
    wallet: wallet(name, { USDT: world.walletCoins, BTC: world.walletBtc }),
    policy: policy({
      target: '0.62',
      act: '0.7',
      urgent: '0.8',
      dust: world.dust,
      caps: { perAction: world.perAction, perDay: world.perDay },
      ladder: [
        rung(1, { from: ['inside'] }),
        rung(2, { from: ['wallet'] }),
        rung(3, { do: 'add', with: ['BTC'], from: ['wallet'] }),
      ].filter((one) => hasInside(world.product) || one.number !== 1),
    }),
    learned: { decimals: world.marks ? {} : { USDT: world.decimals, BTC: world.decimals } },
  });
}

interface After {
  readonly view: LoanView;
  readonly spent: Dec;
}

/** Carries a leg out on quantities, by hand. */
function carryOut(before: LoanView, act: Act): After {
  const { verb, asset, amount, from } = act.leg;
  const coins = parse(amount);
  const moves = (of: string): Dec => {
    if (of !== asset) return ZERO;
    if (verb === 'repay') return from === 'inside' ? coins.negated() : ZERO;
    return coins;
  };
  const debts = before.debts.map((one) => ({
    ...one,
    amount: verb === 'repay' && one.asset === asset ? one.amount.minus(coins) : one.amount,
  }));
  const collateral = before.collateral.map((one) => ({
    ...one,
    amount: one.amount.plus(moves(one.asset)),
    free: one.asset === 'USDT' ? one.free.plus(moves(one.asset)) : one.free,
  }));
  const D = debts.reduce((total, one) => total.plus(one.amount.times(one.price)), ZERO);
  const C = collateral.reduce((total, one) => total.plus(one.amount.times(one.price)), ZERO);
  const view = { ...before, debts, collateral, debtValue: D, collateralValue: C, ltv: C.isZero() ? ZERO : D.div(C) };
  return { view, spent: from === 'inside' || from === 'loan' ? ZERO : coins };
}

/** Carries out the first leg and what it leaves of the plan, as one look after the other would. */
interface Played {
  readonly acts: readonly Act[];
  readonly last: LoanView;
  /** Why the plan ended before its last leg; `null` when it did not. */
  readonly ended: 'reached' | 'limited' | null;
}

function play(world: World): Played {
  let at = loanOf(world);
  const given = inputOf(world, at);
  let [decision] = decide(given);
  const acts: Act[] = [];
  const recent: Intent[] = [];
  while (decision?.verdict === 'act' && acts.length < 4) {
    acts.push(decision);
    recent.unshift(landed(decision, at, { epoch: acts.length }));
    at = carryOut(at, decision).view;
    if (decision.remainder === null) break;
    const needs = [need(at, { remainder: decision.remainder })];
    [decision] = decide({ ...inputOf(world, at), needs, recent });
  }
  const verdict = acts.length > 0 ? decision?.verdict : 'act';
  return { acts, last: at, ended: verdict === 'act' ? null : verdict === 'nothing' ? 'reached' : 'limited' };
}

function rungsUsed(act: Act): number {
  return act.trace.filter((line) => line.fired && line.rule.startsWith('rung')).length;
}

/**
 * How far marks and rounding may take the LTV from what the first leg announced: by their value ÷ C at most. A mark is two
 * ten-thousandths of its amount at most (a feeding transfer's).
 */
function finelyOff(acts: readonly Act[], world: World, last: LoanView): Dec {
  return acts.reduce((total, { leg, sizing }) => {
    const mark = parse(sizing.tail).abs();
    expect(mark.lte(parse(leg.amount).times('0.00021'))).toBe(true);
    const coins = mark.plus(dec(`1e-${String(world.decimals)}`));
    return total.plus(coins.times(leg.asset === 'BTC' ? world.coinPrice : world.debtPrice).div(last.collateralValue));
  }, ZERO);
}

describe('every plan', () => {
  it('reaches its aim when it does not call itself partial', () => {
    let whole = 0;
    fc.assert(
      fc.property(WORLD, (world) => {
        const { acts, last, ended } = play(world);
        const [first] = acts;
        if (first === undefined || first.partial || acts.some((one) => one.partial)) return;
        whole += 1;
        expect(parse(first.ltvAfter).lte('0.62')).toBe(true);
        // one action's cap may forbid a later leg
        if (ended === 'limited') return;
        // what rungs beyond the remainder would add is left to later looks
        if (rungsUsed(first) > (first.remainder?.legs[0]?.verb === 'repay' ? 1 : 2)) return;
        // a mark may leave a trace undone where the last coin was already planned for
        const traces = world.marks ? '0.62001' : '0.62';
        // the last of sixty digits may differ when C is worked out afresh from coins
        expect(last.debtValue.lte(last.collateralValue.times(traces).plus('1e-30'))).toBe(true);
        if (last.debtValue.gt(0) && ended === null) {
          const off = parse(first.ltvAfter).minus(last.ltv).abs();
          expect(off.lte(finelyOff(acts, world, last).plus('0.0001'))).toBe(true);
        }
      }),
      RUNS,
    );
    expect(whole).toBeGreaterThan(RUNS.numRuns / 20);
  });

  it('never exceeds a cap or a balance', () => {
    fc.assert(
      fc.property(WORLD, (world) => {
        const before = loanOf(world);
        const [decision] = decide(inputOf(world, before));
        if (decision?.verdict !== 'act') return;
        const { leg, chargeUsd } = decision;
        const amount = parse(leg.amount);
        const held =
          leg.from === 'inside' ? world.insideCoins : leg.asset === 'BTC' ? world.walletBtc : world.walletCoins;
        expect(amount.lte(held)).toBe(true);
        const price = leg.asset === 'BTC' ? world.coinPrice : world.debtPrice;
        expect(parse(chargeUsd).eq(amount.times(price))).toBe(true);
        for (const cap of [world.perAction, world.perDay]) {
          if (cap !== null) expect(parse(chargeUsd).lte(cap)).toBe(true);
        }
        if (leg.verb === 'repay') expect(amount.lte(before.debts[0]?.amount ?? ZERO)).toBe(true);
        expect(amount.decimalPlaces()).toBeLessThanOrEqual(world.decimals);
        expect(amount.gt(0)).toBe(true);
      }),
      RUNS,
    );
  });

  it('leaves no forbidden dust and sends no amount below the minimum', () => {
    let near = 0;
    const small = fc.record({ world: WORLD, minLeft: cents(50, 900) });
    fc.assert(
      fc.property(small, ({ world, minLeft }) => {
        const tight = { ...world, collateralUsd: min(world.collateralUsd, dec(1500)), debtPrice: ONE, minLeft };
        const { acts } = play(tight);
        let left = loanOf(tight).debts[0]?.amount ?? ZERO;
        for (const { leg } of acts) {
          if (leg.verb !== 'repay') continue;
          left = left.minus(leg.amount);
          if (!left.isZero()) expect(left.gte(minLeft)).toBe(true);
          if (tight.minRepay !== null && !leg.full) expect(parse(leg.amount).gte(tight.minRepay)).toBe(true);
          near += 1;
        }
      }),
      RUNS,
    );
    expect(near).toBeGreaterThan(RUNS.numRuns / 20);
  });

  it('can be computed again from its record alone', () => {
    fc.assert(
      fc.property(WORLD, (world) => {
        for (const act of play(world).acts) expect(recompute(act.sizing)).toBe(act.leg.amount);
      }),
      RUNS,
    );
  });

  it('names what is missing when it says starved or capped', () => {
    fc.assert(
      fc.property(WORLD, (world) => {
        const before = loanOf(world);
        const [decision] = decide(inputOf(world, before));
        if (decision?.verdict !== 'starved' && decision?.verdict !== 'capped') return;
        const missing = before.debtValue.minus(before.collateralValue.times('0.62'));
        expect(parse(decision.missingUsd).minus(missing).abs().lte('0.01')).toBe(true);
        if (decision.verdict === 'capped') expect(world.perAction !== null || world.perDay !== null).toBe(true);
      }),
      RUNS,
    );
  });

  it('is the same plan in any unit of money', () => {
    const worlds = fc.record({ world: WORLD, k: fc.constantFrom(dec(10), dec(1000), dec('0.01'), dec(7)) });
    fc.assert(
      fc.property(worlds, ({ world, k }) => {
        // crumbs are counted in USD: no source and no cap is one here
        const enough = (amount: Dec): Dec => amount.plus(100);
        const fine = {
          ...world,
          ...{ minRepay: null, minLeft: null, decimals: 18, marks: false, debtPrice: ONE },
          ...{ insideCoins: enough(world.insideCoins), walletCoins: enough(world.walletCoins) },
          ...{ walletBtc: enough(world.walletBtc), perDay: world.perDay === null ? null : enough(world.perDay) },
        };
        const scaled: World = {
          ...fine,
          collateralUsd: fine.collateralUsd.times(k),
          insideCoins: fine.insideCoins.times(k),
          walletCoins: fine.walletCoins.times(k),
          walletBtc: fine.walletBtc.times(k),
          perAction: fine.perAction?.times(k) ?? null,
          perDay: fine.perDay?.times(k) ?? null,
        };
        const unmarked = (of: World) => {
          const [one] = decide({
            ...inputOf(of),
            learned: { ...NOTHING_LEARNED, decimals: { USDT: 18, BTC: 18 } },
          });
          return one;
        };
        const small = unmarked(fine);
        const large = unmarked(scaled);
        expect(large?.verdict).toBe(small?.verdict);
        if (small?.verdict !== 'act' || large?.verdict !== 'act') return;
        expect(large.leg.verb).toBe(small.leg.verb);
        expect(large.partial).toBe(small.partial);
        const expected = parse(small.leg.amount).times(k);
        const off = parse(large.leg.amount).minus(expected).abs();
        expect(off.lte(max(k, ONE).times('1e-12'))).toBe(true);
      }),
      RUNS,
    );
  });
});

describe('debt in the risky coin', () => {
  it('is repaid with the same value as its mirror image', () => {
    const mirrored = fc.record({
      D: cents(1000, 900_000),
      ltv: ratio(0.76, 0.89).filter((ltv) => !ltv.eq('0.82')),
      price: cents(2, 90_000),
    });
    fc.assert(
      fc.property(mirrored, ({ D, ltv, price }) => {
        const C = D.div(ltv);
        const stableDebt = loan({
          product: 'binance.flexibleLoan',
          key: 'A',
          coins: [coin({ asset: 'BTC', amount: C.div(price), price, free: '0' })],
          debts: [debt({ asset: 'USDT', amount: D, decimals: 18 })],
          C,
        });
        const riskyDebt = loan({
          product: 'binance.flexibleLoan',
          key: 'B',
          coins: [coin({ asset: 'USDT', amount: C, price: '1', free: '0' })],
          debts: [debt({ asset: 'BTC', amount: D.div(price), price, decimals: 18 })],
          D,
        });
        const spot = wallet('spot', { USDT: '1000000', BTC: '1000000' });
        const act = (of: LoanView) => {
          const [one] = decide(
            input({
              loans: [of],
              wallet: spot,
              policy: policy(),
              learned: { decimals: { USDT: 18, BTC: 18 } },
              groups: { USDT: { wraps: null, stable: 'USD' } },
            }),
          );
          if (one?.verdict !== 'act') throw new Error('expected an act');
          return one;
        };
        const [a, b] = [act(stableDebt), act(riskyDebt)];
        expect(parse(b.leg.amount).times(price).minus(a.leg.amount).abs().lte('1e-9')).toBe(true);
        // one dies on a fall, the other on a rise of the same coin
        const [fall, rise] = [a.next[0], b.next[0]];
        expect(fall?.asset).toBe('BTC');
        expect(rise?.asset).toBe('BTC');
        expect(parse(fall?.price ?? '0').lt(price)).toBe(true);
        expect(parse(rise?.price ?? '0').gt(price)).toBe(true);
      }),
      RUNS,
    );
  });
});
