/**
 * What must hold for every release, whatever the loan, the prices and the limits: it ends at or under its level and asks
 * nothing back, no maximum is passed, and the smallest doubt ends it. Effects are worked out here by hand.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide } from '../../src/core/decide.ts';
import { levelsOf } from '../../src/core/levels.ts';
import type { LoanView, Product } from '../../src/core/loan.ts';
import { PRODUCTS, triggerLtv } from '../../src/core/loan.ts';
import { type Dec, ONE, ZERO, floor, max, min, parse } from '../../src/core/money.ts';
import type { AccountMode, Charge } from '../../src/core/need.ts';
import { releases } from '../../src/core/release.ts';
import type { ReleaseInput } from '../../src/core/releaseQuestions.ts';
import { recompute } from '../../src/core/sizingRecord.ts';
import type { Intent } from '../../src/core/intent.ts';
import { NOW, coin, dec, debt, input, loan, need, policy, wallet } from './build.ts';
import type { Act } from './build.ts';

const RUNS = { numRuns: 400, interruptAfterTimeLimit: 15_000, markInterruptAsFailure: true };
const DAY = 86_400_000;

const cents = (low: number, high: number) =>
  fc.integer({ min: low * 100, max: high * 100 }).map((value) => dec(value).div(100));
const ratio = (low: number, high: number) =>
  fc.integer({ min: low * 10_000, max: high * 10_000 }).map((value) => dec(value).div(10_000));

interface World {
  readonly product: Product;
  readonly usd: Dec;
  readonly ltv: Dec;
  readonly price: Dec;
  /** The debt is the coin that moves, the collateral the stable one. */
  readonly mirrored: boolean;
  /** Weights of the tiers in leaving order, and the share of the coins in the first of them. */
  readonly last: Dec;
  readonly first: Dec;
  readonly split: Dec;
  readonly free: Dec;
  readonly most: Dec;
  readonly perDay: Dec;
  readonly perAction: Dec | null;
  readonly below: Dec;
  readonly room: Dec;
  readonly decimals: number;
  readonly venueLtv: 'none' | 'finer' | 'coarse' | 'worse';
  readonly call: Dec | null;
  readonly marks: boolean;
}

const WORLD: fc.Arbitrary<World> = fc.record({
  product: fc.constantFrom<Product>(...PRODUCTS),
  usd: cents(100, 5_000_000),
  ltv: ratio(0.01, 0.6),
  price: cents(1, 90_000),
  mirrored: fc.boolean(),
  last: ratio(0.3, 1),
  first: ratio(0.3, 1),
  split: ratio(0, 1),
  free: ratio(0, 1),
  most: ratio(0, 1.2),
  perDay: cents(5, 500_000),
  perAction: fc.option(cents(5, 500_000), { nil: null }),
  below: ratio(0.05, 0.55),
  room: ratio(0.01, 0.4),
  decimals: fc.constantFrom(2, 4, 8),
  venueLtv: fc.constantFrom('none', 'finer', 'coarse', 'worse'),
  call: fc.option(ratio(0.3, 0.85), { nil: null }),
  marks: fc.boolean(),
});

const UP_TO_MOST = dec('0.61');

function rulesOf(world: World) {
  const upTo = min(UP_TO_MOST, world.below.plus(world.room));
  const release = { below: min(world.below, upTo), upTo, afterMs: DAY, perDay: world.perDay };
  return policy({ release, caps: { perAction: world.perAction } });
}

function names({ mirrored }: World) {
  return mirrored ? { held: 'USDT', owed: 'BTC' } : { held: 'BTC', owed: 'USDT' };
}

function venueLtvOf(world: World, ltv: Dec): readonly [string, string] | undefined {
  const around = (low: Dec, width: string) => [max(low, ZERO).toFixed(), low.plus(width).toFixed()] as const;
  switch (world.venueLtv) {
    case 'none':
      return undefined;
    case 'finer':
      return around(ltv.minus('0.00005'), '0.0001');
    case 'coarse':
      return around(floor(ltv, 2).minus('0.01'), '0.02');
    case 'worse':
      return around(ltv.times('1.05'), '0.0001');
  }
}

function loanOf(world: World): LoanView {
  const { held, owed } = names(world);
  const [price, debtPrice] = world.mirrored ? [ONE, world.price] : [world.price, ONE];
  const amount = floor(world.usd.div(price), 8);
  const tail = amount.times(world.split);
  const C = tail.times(world.last).plus(amount.minus(tail).times(world.first)).times(price);
  const owedCoins = C.times(world.ltv).div(debtPrice).toSignificantDigits(30);
  const coins = coin({
    asset: held,
    amount,
    free: amount.times(world.free),
    price,
    weight: world.last.toFixed(),
    leaves: [
      [tail.toFixed(), world.last.toFixed()],
      [amount.minus(tail).toFixed(), world.first.toFixed()],
    ],
    decimals: world.decimals,
  });
  const venueLtv = venueLtvOf(world, world.ltv);
  return loan({
    product: world.product,
    key: '1',
    C,
    coins: [coins],
    debts: [debt({ asset: owed, amount: owedCoins, price: debtPrice })],
    most: { [held]: amount.times(world.most).toFixed() },
    ...(venueLtv === undefined ? {} : { venueLtv }),
    ...(world.call === null ? {} : { call: world.call.toFixed() }),
  });
}

function inputOf(world: World, over: Partial<ReleaseInput> = {}): ReleaseInput {
  const view = loanOf(world);
  const learned = { decimals: world.marks ? {} : { USDT: 8, BTC: 8 } };
  const made = input({ loans: [view], policy: rulesOf(world), needs: [], attested: ['USDT', 'BTC'], learned });
  return { ...made, calmMs: { [view.id]: DAY }, troubled: [], ...over };
}

function actOf(given: ReleaseInput): Act | null {
  const [decision] = releases(given);
  return decision?.verdict === 'act' ? decision : null;
}

/** The loan once so many coins have left, last tier first, with the venue's figures moved along. */
function afterOf(world: World, coins: Dec): LoanView {
  const before = loanOf(world);
  const [held] = before.collateral;
  const [owed] = before.debts;
  if (held === undefined || owed === undefined) throw new Error('an empty loan');
  const tail = held.leaveTiers[0]?.room ?? ZERO;
  const fromTail = min(tail, coins);
  const lost = fromTail.times(world.last).plus(coins.minus(fromTail).times(world.first)).times(held.price);
  const C = before.collateralValue.minus(lost);
  const ltv = before.debtValue.div(C);
  const venueLtv = venueLtvOf(world, ltv);
  const interval = venueLtv === undefined ? null : { low: parse(venueLtv[0]), high: parse(venueLtv[1]) };
  const left = { ...held, amount: held.amount.minus(coins) };
  return { ...before, collateral: [left], collateralValue: C, ltv, venueLtv: interval };
}

describe('every release', () => {
  it('ends at or under its level and under target, and no protecting action follows at the same price', () => {
    let acted = 0;
    fc.assert(
      fc.property(WORLD, (world) => {
        const act = actOf(inputOf(world));
        if (act === null) return;
        acted += 1;
        const rules = rulesOf(world);
        const after = afterOf(world, parse(act.leg.amount));
        const levels = levelsOf(after, rules);
        expect(after.ltv.lte(rules.release?.upTo ?? ZERO), `LTV ${after.ltv.toFixed()}`).toBe(true);
        expect(triggerLtv(after).lte(levels.target.plus('1e-20')), `trigger ${triggerLtv(after).toFixed()}`).toBe(true);
        const money = wallet('spot', { USDT: '1000000', BTC: '1000' });
        const [protecting] = decide(input({ loans: [after], policy: rules, needs: [need(after)], wallet: money }));
        expect(protecting?.verdict).not.toBe('act');
      }),
      RUNS,
    );
    expect(acted).toBeGreaterThan(50);
  });

  it('passes no maximum: the venue’s, what is there, a limit, or margin level 2', () => {
    fc.assert(
      fc.property(WORLD, (world) => {
        const act = actOf(inputOf(world));
        if (act === null) return;
        const view = loanOf(world);
        const [held] = view.collateral;
        const amount = parse(act.leg.amount);
        const usd = amount.times(held?.price ?? ZERO);
        expect(amount.gt(ZERO)).toBe(true);
        expect(amount.decimalPlaces()).toBeLessThanOrEqual(world.decimals);
        expect(amount.lte(view.maxRelease[act.leg.asset] ?? ZERO)).toBe(true);
        expect(amount.lte((world.product.includes('flexible') ? held?.amount : held?.free) ?? ZERO)).toBe(true);
        expect(usd.lte(world.perDay)).toBe(true);
        expect(world.perAction === null || usd.lte(world.perAction)).toBe(true);
        expect(act.chargeUsd).toBe(usd.toFixed());
        if (world.product === 'binance.crossMargin') {
          const { collateralValue, debtValue } = afterOf(world, amount);
          expect(collateralValue.gt(debtValue.times(2))).toBe(true);
        }
        expect(recompute(act.sizing)).toBe(act.leg.amount);
      }),
      RUNS,
    );
  });

  const MODES: readonly AccountMode[] = ['reducing', 'degraded', 'quarantine', 'halted'];
  const undecided = { id: 'i', loan: 'x', asset: 'BTC', from: 'spot', to: 'loan' } as Intent;
  const doubts: fc.Arbitrary<(made: ReleaseInput) => Partial<ReleaseInput>> = fc.oneof(
    fc.constantFrom(...MODES).map((mode) => () => ({ mode })),
    fc.constant(() => ({ undecided: [undecided] })),
    fc.subarray(['USDT', 'BTC'], { maxLength: 1 }).map((attested) => () => ({ attested })),
    fc.constantFrom('USDT', 'BTC').map((asset) => () => ({ dislocated: [asset] })),
    fc.constant(({ view }: ReleaseInput) => ({ needs: view.loans.map((one) => need(one)) })),
    fc.constant(() => ({ troubled: ['y is cooling'] })),
    fc.nat({ max: DAY - 1 }).map((ms) => ({ calmMs }: ReleaseInput) => ({
      calmMs: Object.fromEntries(Object.keys(calmMs).map((id) => [id, ms])),
    })),
  );

  it('is ended by any doubt', () => {
    let would = 0;
    fc.assert(
      fc.property(WORLD, doubts, (world, doubt) => {
        const made = inputOf(world);
        if (actOf(made) !== null) would += 1;
        expect(actOf({ ...made, ...doubt(made) })).toBeNull();
      }),
      RUNS,
    );
    expect(would).toBeGreaterThan(50);
  });
});

describe('over time', () => {
  it('no 24 hours see more than perDay leave, whatever the sequence', () => {
    const steps = fc.array(fc.record({ world: WORLD, waitMs: fc.integer({ min: 0, max: DAY / 3 }) }), {
      minLength: 5,
      maxLength: 25,
    });
    fc.assert(
      fc.property(steps, cents(100, 100_000), (sequence, perDay) => {
        let now = NOW;
        let charges: readonly Charge[] = [];
        for (const { world, waitMs } of sequence) {
          now += waitMs;
          const act = actOf(inputOf({ ...world, perDay }, { now, charges }));
          if (act === null) continue;
          const rest = { intent: 'i', episode: '', rung: 0, asset: act.leg.asset, tier: 'normal' } as const;
          charges = [...charges, { ...rest, at: now, loan: act.loan, amount: act.leg.amount, usd: act.chargeUsd }];
          const until = now;
          const day = charges.filter(({ at }) => at > until - DAY).reduce((all, { usd }) => all.plus(usd), ZERO);
          expect(day.lte(perDay), day.toFixed()).toBe(true);
        }
      }),
      { ...RUNS, numRuns: 100 },
    );
  });
});
