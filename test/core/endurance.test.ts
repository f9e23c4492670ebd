/** How far prices may move with the permitted money (DESIGN §5.3): what the policy could pay on the way, its coins moved too. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide } from '../../src/core/decide.ts';
import type { EnduranceInput, Endured } from '../../src/core/endurance.ts';
import { MOST_RISE, accountEndurance, enduranceOf, metBy } from '../../src/core/endurance.ts';
import { NOTHING_LEARNED } from '../../src/core/learned.ts';
import type { LoanView } from '../../src/core/loan.ts';
import { type Dec, ZERO, max, parse, sum } from '../../src/core/money.ts';
import type { Charge } from '../../src/core/need.ts';
import type { Policy } from '../../src/core/policy.ts';
import { survivals } from '../../src/core/survival.ts';
import type { LoanSpec } from './build.ts';
import { NOW, UNLIMITED, coin, dec, debt, input, loan, need, policy, rung, view, wallet } from './build.ts';

const GROUPS: EnduranceInput['groups'] = {
  USDT: { wraps: null, stable: 'USD' },
  WBETH: { wraps: 'ETH', stable: null },
};
const REPAY = rung(1, { do: 'repay', with: 'debt', from: ['wallet'] });
const ADD = rung(2, { do: 'add', with: ['BTC', 'ETH'], from: ['wallet'] });
const OPEN = policy({ ladder: [REPAY, ADD], caps: UNLIMITED });

function of(spec: Partial<LoanSpec>): LoanView {
  return loan({
    product: 'okx.flexibleLoan',
    key: '1',
    coins: [coin({ amount: '1', price: '60000' })],
    debts: [debt({ amount: '40000' })],
    line: '0.85',
    ...spec,
  });
}

function given(
  loans: readonly LoanView[],
  free: Readonly<Record<string, string | Dec>>,
  rules: Policy = OPEN,
  over: Partial<EnduranceInput> = {},
): EnduranceInput {
  return {
    now: NOW,
    view: view(loans, [wallet('funding', free)], { BTC: '60000', ETH: '2500', USDT: '1' }),
    policies: Object.fromEntries(loans.map(({ id }) => [id, rules])),
    wallets: [{ name: 'funding', keep: {} }],
    groups: GROUPS,
    charges: [],
    undecided: [],
    learned: NOTHING_LEARNED,
    ...over,
  };
}

function told(rows: readonly Endured[]): string[] {
  return rows.map(({ scenario, without, with: money }) => {
    const name = scenario.kind === 'all' ? 'all' : `${scenario.kind} ${scenario.asset}`;
    return `${name}: ${without?.toFixed(3) ?? '-'} ${money?.toFixed(3) ?? '-'}`;
  });
}

function main(rows: readonly Endured[], asset = 'BTC'): Endured {
  const found = rows.find(({ scenario }) => scenario.kind === 'factor' && scenario.asset === asset);
  if (found === undefined) throw new Error(`no move of ${asset} kills: ${told(rows).join('; ')}`);
  return found;
}

describe('endurance', () => {
  it('without permitted money is that of the prices alone', () => {
    const rows = enduranceOf(given([of({})], {}));
    expect(told(rows)).toEqual(['factor BTC: -0.216 -0.216', 'basis USDT: 0.275 0.275']);
    expect(enduranceOf(given([of({})], { USDT: '9000' }, OPEN, { wallets: [] }))).toEqual(rows);
    expect(enduranceOf(given([of({})], { USDT: '9000' }, OPEN, { policies: {} }))).toEqual(rows);
  });

  it('counts what wallets hold above what is kept, at moved prices', () => {
    const free = { USDT: '9000' };
    const kept = { wallets: [{ name: 'funding', keep: { USDT: dec(8000) } }] };
    // (40000 − 9000) / (0.85 × 60000) is 0.608 of the price; 39000 of it with 1000 to spend.
    expect(main(enduranceOf(given([of({})], free))).with?.toFixed(3)).toBe('-0.392');
    expect(main(enduranceOf(given([of({})], free, OPEN, kept))).with?.toFixed(3)).toBe('-0.235');
    // One more bitcoin falls with the first: 40000 / (0.85 × 120000).
    expect(main(enduranceOf(given([of({})], { BTC: '1' }))).with?.toFixed(3)).toBe('-0.608');
  });

  it('keeps to the limits beyond urgent and to what of them is spent', () => {
    const capped = policy({ ladder: [REPAY], caps: { perDay: dec(100) }, urgentCaps: { perDay: dec(5000) } });
    const spent: Charge = {
      ...{ intent: 'i', at: NOW - 1000, loan: of({}).id, episode: 'e', rung: 1, asset: 'USDT', tier: 'urgent' },
      ...{ amount: '3000', usd: '3000' },
    };
    expect(main(enduranceOf(given([of({})], { USDT: '9000' }, capped))).with?.toFixed(3)).toBe('-0.314');
    const rest = main(enduranceOf(given([of({})], { USDT: '9000' }, capped, { charges: [spent] })));
    expect(rest.with?.toFixed(3)).toBe('-0.255');
  });

  it('of a debt in the coin is a rise; of a wrapper against its own coin only the basis', () => {
    const short = of({
      coins: [coin({ asset: 'USDT', amount: '40000', price: '1' })],
      debts: [debt({ asset: 'BTC', amount: '0.5', price: '60000' })],
    });
    const rows = enduranceOf(given([short], { BTC: '0.1' }));
    expect(told(rows)).toEqual(['basis USDT: -0.118 -0.294', 'factor BTC: 0.133 0.417']);
    expect(main(enduranceOf(given([short], { BTC: '0.5' }))).with).toBeNull();

    const wrapped = of({
      coins: [coin({ asset: 'WBETH', amount: '40', price: '2500' })],
      debts: [debt({ asset: 'ETH', amount: '28', price: '2500' })],
    });
    expect(told(enduranceOf(given([wrapped], { ETH: '7' })))).toEqual(['basis WBETH: -0.176 -0.382']);
  });

  it('past the line is zero, unless the money brings the loan back', () => {
    const past = of({ line: '0.6' });
    expect(main(enduranceOf(given([past], { USDT: '100' }))).with?.isZero()).toBe(true);
    const saved = main(enduranceOf(given([past], { USDT: '20000' })));
    expect([saved.without?.toFixed(3), saved.with?.toFixed(3)]).toEqual(['0.000', '-0.444']);
  });

  it('believes the venue where it says worse than the quantities', () => {
    const worse = of({ venueLtv: ['0.8', '0.8'] });
    expect(main(enduranceOf(given([worse], {}))).without?.toFixed(3)).toBe('-0.059');
  });

  it('gives a loan under `whenShort: skip` only what brings it below urgent', () => {
    const skips = policy({ ladder: [REPAY], whenShort: 'skip' });
    const [partial, skip] = [OPEN, skips].map((rules) => main(enduranceOf(given([of({})], { USDT: '9000' }, rules))));
    expect(partial?.with?.toFixed(3)).toBe('-0.392');
    expect(skip?.with?.toFixed(3)).toBe('-0.370');
  });

  it('of an account shares the money between its loans', () => {
    const loans = [of({}), of({ key: '2' })];
    const rows = given(loans, { USDT: '10000' });
    const alone = enduranceOf(rows).filter(({ scenario }) => scenario.kind === 'factor');
    expect(told(alone)).toEqual(['factor BTC: -0.216 -0.412', 'factor BTC: -0.216 -0.412']);
    expect(told(accountEndurance(rows))).toEqual(['factor BTC: -0.216 -0.314']);
  });

  it('says whether it is what the policy wants, and what is missing', () => {
    const rows = enduranceOf(given([of({})], { USDT: '9000' }));
    const met = (fall: string | null, rise: string | null): readonly (string | undefined)[] =>
      metBy({ fall: fall === null ? null : dec(fall), rise: rise === null ? null : dec(rise) }, rows).map((one) =>
        [one.direction, one.wanted.toFixed(), one.shortBy?.toFixed(2) ?? 'met'].join(' '),
      );
    expect(met('0.3', '2')).toEqual(['fall -0.3 met', 'rise 2 met']);
    expect(met('0.5', null)).toEqual(['fall -0.5 0.11']);
    expect(met(null, null)).toEqual([]);
  });
});

const amounts = fc.record({
  btc: fc.integer({ min: 1, max: 40 }),
  eth: fc.integer({ min: 0, max: 400 }),
  usdt: fc.integer({ min: 0, max: 900_000 }),
  owedBtc: fc.integer({ min: 0, max: 60 }),
  walletUsdt: fc.integer({ min: 0, max: 400_000 }),
  walletBtc: fc.integer({ min: 0, max: 20 }),
  walletEth: fc.integer({ min: 0, max: 100 }),
  cap: fc.option(fc.integer({ min: 100, max: 500_000 })),
});
type Amounts = typeof amounts extends fc.Arbitrary<infer T> ? T : never;

function worldOf(a: Amounts): EnduranceInput {
  const debts = [
    ...(a.usdt > 0 ? [debt({ amount: dec(a.usdt) })] : []),
    ...(a.owedBtc > 0 ? [debt({ asset: 'BTC', amount: dec(a.owedBtc).div(10), price: '60000' })] : []),
  ];
  const coins = [
    coin({ amount: dec(a.btc), weight: '0.95' }),
    coin({
      asset: 'ETH',
      amount: dec(a.eth),
      price: '2500',
      tiers: [
        ['50', '0.9'],
        [null, '0.5'],
      ],
      weight: '0.9',
    }),
  ];
  const rules = policy({ ladder: [REPAY, ADD], urgentCaps: { perDay: a.cap === null ? null : dec(a.cap) } });
  const free = { USDT: dec(a.walletUsdt), BTC: dec(a.walletBtc).div(10), ETH: dec(a.walletEth) };
  return given([of({ coins, debts })], free, rules);
}

/** Decides again and again at moved prices, carries each call out by hand, and looks where the loan ends. */
function livesThrough(start: EnduranceInput, asset: string, x: Dec): boolean {
  const at = (price: Dec, of: string): Dec => (of === asset ? price.times(dec(1).minus(x)) : price);
  const [one] = start.view.loans;
  if (one === undefined) throw new Error('no loan');
  let held = one.collateral.map((coin) => ({ ...coin, price: at(coin.price, coin.asset) }));
  let owed = one.debts.map((coin) => ({ ...coin, price: at(coin.price, coin.asset) }));
  const free = Object.fromEntries(Object.entries(start.view.wallets[0]?.free ?? {}));
  const charges: Charge[] = [];
  const rules = start.policies[one.id];
  for (let call = 0; call < 20; call += 1) {
    const now = of({ coins: held, debts: owed, C: valueOf(held) });
    if (now.ltv.lt('0.5')) return true;
    const [decision] = decide(
      input({
        loans: [now],
        wallet: wallet('funding', free),
        charges,
        needs: [need(now, { urgency: 'urgent' })],
        ...(rules === undefined ? {} : { policy: rules }),
      }),
    );
    if (decision?.verdict !== 'act') break;
    const { leg } = decision;
    const coins = parse(leg.amount);
    free[leg.asset] = (free[leg.asset] ?? ZERO).minus(coins);
    if (leg.verb === 'repay') owed = owed.map((one) => changed(one, leg.asset, coins.negated()));
    else held = held.map((one) => changed(one, leg.asset, coins));
    charges.push({
      ...{ intent: `i${String(call)}`, at: NOW, loan: one.id, episode: 'e', rung: decision.rung, asset: leg.asset },
      ...{ amount: leg.amount, usd: decision.chargeUsd, tier: decision.tier },
    });
  }
  const end = of({ coins: held, debts: owed, C: valueOf(held) });
  return end.ltv.lt(end.line);
}

function changed<T extends { readonly asset: string; readonly amount: Dec }>(one: T, asset: string, by: Dec): T {
  return one.asset === asset ? { ...one, amount: max(ZERO, one.amount.plus(by)) } : one;
}

function valueOf(held: LoanView['collateral']): Dec {
  return sum(held.map(({ amount, price, weight }) => amount.times(price).times(weight)));
}

describe('endurance, whatever the loan and the money', () => {
  it('does not take what rounding leaves of a need for money that is missing', () => {
    // At one of the halves tried, what is needed ends at the coin's last decimal, and digits 61 and beyond are lost.
    const spec = { coins: [coin({ amount: '8', weight: '0.95' })], debts: [debt({ amount: '348334' })] };
    const row = main(enduranceOf(given([of(spec)], { USDT: '305565' })));
    // 42769 / (0.85 × 0.95 × 480000) of the price.
    expect(row.with?.toFixed(4)).toBe('-0.8897');
  });

  it('is where deciding again and again at moved prices ceases to save the loan', () => {
    fc.assert(
      fc.property(amounts, (drawn) => {
        // One tier: what the search below adds by hand has to count as the plan counted it.
        const world = worldOf({ ...drawn, walletEth: 0, eth: 0 });
        const [one] = world.view.loans;
        if (one === undefined || one.debtValue.isZero() || one.ltv.gte(one.line)) return;
        for (const row of enduranceOf(world)) {
          if (row.scenario.kind !== 'factor') continue;
          const sign = row.direction === 'fall' ? 1 : -1;
          const far = row.with?.abs() ?? (row.direction === 'fall' ? dec('0.999') : MOST_RISE);
          const before = max(ZERO, far.minus('0.002'));
          expect(livesThrough(world, row.scenario.asset, before.times(sign)), `survives ${before.toFixed(4)}`).toBe(
            true,
          );
          if (row.with === null) continue;
          const after = far.plus('0.002');
          if (row.direction === 'fall' && after.gte(1)) continue;
          expect(livesThrough(world, row.scenario.asset, after.times(sign)), `dies at ${after.toFixed(4)}`).toBe(false);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('with more money or wider limits is never less, and with none what prices alone say', () => {
    fc.assert(
      fc.property(amounts, fc.integer({ min: 1, max: 100_000 }), fc.integer({ min: 1, max: 9 }), (less, usdt, btc) => {
        const worlds = [
          worldOf({ ...less, walletUsdt: 0, walletBtc: 0, walletEth: 0 }),
          worldOf({ ...less, cap: null }),
          worldOf({ ...less, cap: null, walletUsdt: less.walletUsdt + usdt }),
          worldOf({ ...less, cap: null, walletUsdt: less.walletUsdt + usdt, walletBtc: less.walletBtc + btc }),
        ];
        const [none, ...more] = worlds.map(enduranceOf);
        const reachOf = (row: Endured | undefined): Dec => row?.with?.abs() ?? dec(99);
        for (const [index, row] of (none ?? []).entries()) {
          expect(row.with).toEqual(row.without);
          let known = reachOf(row).minus('0.00002');
          for (const rows of more) {
            const reach = reachOf(rows[index]);
            expect(reach.gte(known), `${reach.toFixed(5)} after ${known.toFixed(5)}`).toBe(true);
            known = reach.minus('0.00002');
          }
        }
        const narrow = worldOf({ ...less, cap: 100 + usdt });
        const wide = worldOf({ ...less, cap: 100 + 2 * usdt });
        const [narrowRows, wideRows] = [enduranceOf(narrow), enduranceOf(wide)];
        for (const [index, row] of narrowRows.entries()) {
          expect(reachOf(wideRows[index]).gte(reachOf(row).minus('0.00002'))).toBe(true);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('moves in the direction that raises the LTV, and never nearer with money', () => {
    fc.assert(
      fc.property(amounts, (drawn) => {
        const world = worldOf(drawn);
        const [one] = world.view.loans;
        if (one === undefined || one.debtValue.isZero()) return;
        for (const row of enduranceOf(world)) {
          const same = survivals(one, GROUPS).find(
            ({ scenario }) => told([{ ...row, scenario }])[0] === told([row])[0],
          );
          expect(same?.kills).toBe(row.direction);
          const signs = [row.without, row.with].filter((move) => move !== null && !move.isZero());
          expect(signs.every((move) => move?.isNegative() === (row.direction === 'fall'))).toBe(true);
          if (row.with !== null) expect(row.with.abs().gte(row.without?.abs() ?? 0)).toBe(true);
        }
      }),
      { numRuns: 100 },
    );
  });
});
