/**
 * The sizing oracle, figure by figure (fixtures/sizing-examples.json, ids X01 … X30). Where an example is a whole remedy it goes
 * through `decide`, leg by leg, each leg from the view the one before left; where it is a bare formula, through that.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decide } from '../../src/core/decide.ts';
import { levelsAt } from '../../src/core/levels.ts';
import type { Decision } from '../../src/core/need.ts';
import { ceil, floor, parse } from '../../src/core/money.ts';
import type { Dec } from '../../src/core/money.ts';
import { recompute } from '../../src/core/sizingRecord.ts';
import {
  addCollateral,
  interestFirst,
  releaseCollateral,
  releaseKeepingRatio,
  repayInside,
  repayOutside,
  sellCollateral,
} from '../../src/core/sizing.ts';
import { survives } from '../../src/core/survival.ts';
import { clairvoyantAdd, clairvoyantMixed, clairvoyantRepay } from '../support/clairvoyant.ts';
import { acting, coin, dec, debt, input, landed, loan, need, policy, rung, tiers, wallet } from './build.ts';
import type { Act } from './build.ts';

/** Figures of the table as they were parsed: every example has fields of its own. */
type Figures = ReturnType<typeof JSON.parse>;

interface Example {
  readonly id: string;
  readonly inputs: Figures;
  readonly policy: Figures;
  readonly expected: Figures;
}

const EXAMPLES = JSON.parse(
  readFileSync(new URL('./fixtures/sizing-examples.json', import.meta.url), 'utf8'),
) as Example[];
const seen = new Set<string>();

/** Runs one example and remembers that it was run. */
function example(id: string, check: (one: Example) => void): void {
  seen.add(id);
  it(id, () => {
    const one = EXAMPLES.find((each) => each.id === id);
    if (one === undefined) throw new Error(`no example ${id}`);
    check(one);
  });
}

function six(value: Dec): string {
  return value.toFixed(6);
}

function only(decisions: readonly Decision[]): Act {
  expect(decisions).toHaveLength(1);
  const act = acting(decisions[0]);
  expect(recompute(act.sizing)).toBe(act.leg.amount);
  return act;
}

function expectLeg(act: Act, verb: string, amount: string): void {
  expect(act.leg.verb).toBe(verb);
  expect(parse(act.leg.amount).eq(amount), `${act.leg.amount} is not ${amount}`).toBe(true);
}

const REPAY_WALLET = [rung(1, { from: ['wallet'] })];
const REPAY_INSIDE = [rung(1, { from: ['inside'] })];
const addOf = (asset: string) => [rung(1, { do: 'add', with: [asset], from: ['wallet'] })];

describe('sizing examples', () => {
  example('X01-cross-transfer-repay', ({ inputs, policy: rules, expected }) => {
    const btc = coin({ amount: inputs.assets.BTC.free, price: inputs.assets.BTC.index });
    const owed = dec(inputs.debts.USDT.borrowed).plus(inputs.debts.USDT.interest);
    const before = loan({ coins: [btc], debts: [debt({ amount: owed, interest: inputs.debts.USDT.interest })] });
    expect(six(before.ltv)).toBe(expected.ltvBefore);
    const spot = wallet('spot', inputs.spot);
    const plain = policy({ target: rules.target, act: '0.7', ladder: REPAY_WALLET });

    const first = only(decide(input({ loans: [before], wallet: spot, policy: plain })));
    expectLeg(first, 'transferIn', expected.legs[0].amount);
    expect(six(parse(first.ltvAfter))).toBe(expected.ltvAfter);

    const moved = coin({ asset: 'USDT', amount: first.leg.amount, price: '1' });
    const between = loan({ coins: [btc, moved], debts: before.debts });
    expect(six(between.ltv)).toBe(expected.ltvAfterTransferOnly);
    const needs = [need(between, { remainder: first.remainder })];
    const recent = [landed(first, before)];
    const second = only(decide(input({ loans: [between], wallet: spot, policy: plain, needs, recent })));
    expectLeg(second, 'repay', expected.legs[1].amount);
    expect(second.chargeUsd).toBe('0');
    expect(second.remainder).toBeNull();
    expect(six(parse(second.ltvAfter))).toBe(expected.ltvAfter);
  });

  example('X02-cross-inside-repay', ({ inputs, policy: rules, expected }) => {
    const coins = [
      coin({ amount: inputs.assets.BTC.free, price: inputs.assets.BTC.index }),
      coin({ asset: 'USDT', amount: inputs.assets.USDT.free, price: '1' }),
    ];
    const before = loan({ coins, debts: [debt({ amount: inputs.debts.USDT.borrowed })] });
    expect(six(before.ltv)).toBe(expected.ltvBefore);
    const plain = policy({ target: rules.target, act: '0.7', ladder: REPAY_INSIDE });
    const act = only(decide(input({ loans: [before], policy: plain })));
    expectLeg(act, 'repay', expected.legs[0].amount);
    expect(act.leg.from).toBe('inside');
    expect(six(parse(act.ltvAfter))).toBe(expected.ltvAfter);
    const wrong = ceil(
      repayOutside({ D: before.debtValue, C: before.collateralValue }, dec(rules.target), dec('1')),
      8,
    );
    expect(wrong.toFixed(8)).toBe(expected.wrongIfOutsideFormulaUsed);
  });

  example('X04-cross-add', ({ inputs, policy: rules, expected }) => {
    const before = loan({
      coins: [coin({ amount: inputs.assets.BTC.free, price: inputs.assets.BTC.index })],
      debts: [debt({ amount: inputs.debts.USDT.borrowed })],
    });
    expect(six(before.ltv)).toBe(expected.ltvBefore);
    const plain = policy({ target: rules.target, act: '0.7', ladder: addOf('BTC') });
    const act = only(decide(input({ loans: [before], wallet: wallet('spot', inputs.spot), policy: plain })));
    expectLeg(act, 'transferIn', expected.legs[0].amount);
    expect(six(parse(act.ltvAfter))).toBe(expected.ltvAfter);
  });

  example('X05-cross-release-bounds', ({ inputs, policy: rules, expected }) => {
    const { free, index } = inputs.assets.ETH;
    const stand = { D: dec(inputs.debts.USDT.borrowed), C: dec(free).times(index) };
    const byLtv = floor(releaseCollateral(stand, dec(rules.release.upTo), dec(index), tiers([[null, '1']])), 8);
    expect(byLtv.toFixed(8)).toBe(expected.bounds.ltv);
    // 40 ETH of 100 000 USD: the second bracket (0.8) holds 20 ETH and leaves first
    const leaving = tiers([
      ['20', inputs.collateralTiersUsd[1][2]],
      ['20', inputs.collateralTiersUsd[0][2]],
    ]);
    const weighted = dec(50_000).plus(dec(50_000).times('0.8'));
    const ask = { weighted, debt: stand.D, ratio: dec(2), price: dec(index), decimals: inputs.decimals };
    const byRatio = releaseKeepingRatio(ask, leaving);
    expect(byRatio.toFixed(8)).toBe(expected.bounds.collateralMLabove2);
    const least = [byLtv, byRatio, dec(inputs.maxTransferable.ETH)].reduce((a, b) => (a.lt(b) ? a : b));
    expect(least.toFixed(8)).toBe(expected.legs[0].amount);
    expect(six(stand.D.div(stand.C.minus(least.times(index))))).toBe(expected.ltvAfter);
  });

  example('X06-isolated-long', ({ inputs, policy: rules, expected }) => {
    const owed = dec(inputs.quote.borrowed).plus(inputs.quote.interest);
    const line = dec(1).div(inputs.liquidationRiskRatio);
    expect(six(line)).toBe(expected.line);
    const at = (usdt: string | Dec, debtNow: Dec) =>
      loan({
        product: 'binance.isolatedMargin',
        key: inputs.symbol,
        line: line.toFixed(12),
        coins: [
          coin({ amount: inputs.base.free, price: inputs.base.index }),
          coin({ asset: 'USDT', amount: usdt, price: '1' }),
        ],
        debts: [debt({ amount: debtNow })],
      });
    const plain = policy({
      target: rules.target,
      act: '0.78',
      ladder: [rung(1, { from: ['inside'] }), rung(2, { from: ['wallet'] })],
    });
    const spot = wallet('spot', inputs.spot);
    const before = at(inputs.quote.free, owed);
    expect(six(before.ltv)).toBe(expected.ltvBefore);

    const first = only(decide(input({ loans: [before], wallet: spot, policy: plain })));
    expectLeg(first, 'repay', expected.legs[0].amount);
    expect(first.remainder).toEqual({
      rung: 2,
      legs: [
        { verb: 'transferIn', asset: 'USDT', atMost: '2503.2' },
        { verb: 'repay', asset: 'USDT', atMost: '2503.2' },
      ],
    });
    const repaid = at('0', owed.minus(first.leg.amount));
    const afterFirst = [need(repaid, { remainder: first.remainder })];
    const second = only(decide(input({ loans: [repaid], wallet: spot, policy: plain, needs: afterFirst })));
    expectLeg(second, 'transferIn', expected.legs[1].amount);

    const moved = at(second.leg.amount, owed.minus(first.leg.amount));
    const afterSecond = [need(moved, { remainder: second.remainder })];
    const asked = { loans: [moved], wallet: spot, policy: plain, needs: afterSecond };
    const third = only(
      decide(input({ ...asked, recent: [landed(second, repaid), landed(first, before, { epoch: 0 })] })),
    );
    expectLeg(third, 'repay', expected.legs[2].amount);
    expect(six(parse(third.ltvAfter))).toBe(expected.ltvAfter);
  });

  example('X08-bflex-add', ({ inputs, policy: rules, expected }) => {
    const before = loan({
      product: 'binance.flexibleLoan',
      key: 'USDT-BNB',
      line: inputs.liquidationLTV,
      call: inputs.marginCallLTV,
      venueLtv: expected.venueLtvInterval,
      coins: [coin({ asset: 'BNB', amount: inputs.collateralAmount, free: '0', price: inputs.index })],
      debts: [debt({ amount: inputs.totalDebt })],
    });
    expect(six(before.ltv)).toBe(expected.ltvOwn);
    const plain = policy({ target: rules.target, act: '0.7', ladder: addOf('BNB') });
    const act = only(decide(input({ loans: [before], wallet: wallet('spot', { BNB: '100' }), policy: plain })));
    expectLeg(act, 'add', expected.legs[0].amount);
    expect(six(parse(act.ltvAfter))).toBe(expected.ltvAfter);
  });

  example('X09a-bflex-dust-clear', ({ inputs, policy: rules, expected }) => {
    const before = loan({
      product: 'binance.flexibleLoan',
      key: 'USDT-BNB',
      coins: [coin({ asset: 'BNB', amount: '1', price: inputs.collateralValue, free: '0' })],
      debts: [debt({ amount: inputs.totalDebt, minLeft: inputs.minLeft })],
    });
    const wanted = repayOutside({ D: before.debtValue, C: before.collateralValue }, dec(rules.target), dec(1));
    expect(wanted.toFixed(8)).toBe(expected.unconstrained);
    expect(before.debtValue.minus(wanted).toFixed(8)).toBe(expected.leftoverWouldBe);
    const plain = policy({ target: rules.target, act: '0.5', ladder: REPAY_WALLET });
    const act = only(decide(input({ loans: [before], wallet: wallet('spot', inputs.spot), policy: plain })));
    expectLeg(act, 'repay', expected.legs[0].amount);
    expect(act.leg.full).toBe(true);
    expect(act.fingerprint).toBe('unmarked');
    expect(act.ltvAfter).toBe(expected.ltvAfter);
  });

  example('X10-okxflex-add-tiers', ({ inputs, policy: rules, expected }) => {
    const { amt, index } = inputs.collateral.BTC;
    const stand = { D: dec(inputs.loanNotionalUsd), C: dec(inputs.collateralNotionalUsd) };
    expect(six(stand.D.div(stand.C))).toBe(expected.ltvBefore);
    const [first, second, third] = inputs.discountTiersBTC;
    const before = loan({
      product: 'okx.flexibleLoan',
      key: '12345',
      C: stand.C,
      coins: [
        coin({
          amount: amt,
          price: index,
          free: '0',
          weight: first[2],
          tiers: [
            [dec(first[1]).minus(amt).toFixed(), first[2]],
            [dec(second[1]).minus(second[0]).toFixed(), second[2]],
            [null, third[2]],
          ],
        }),
      ],
      debts: [debt({ amount: stand.D })],
    });
    const plain = policy({ target: rules.target, act: '0.7', ladder: addOf('BTC') });
    const act = only(decide(input({ loans: [before], wallet: wallet('funding', { BTC: '10' }), policy: plain })));
    expectLeg(act, 'add', expected.legs[0].amount);
    expect(six(parse(act.ltvAfter))).toBe(expected.ltvAfter);
    const average = stand.C.div(dec(amt).times(index));
    const wrong = addCollateral(stand, dec(rules.target), dec(index), [{ room: null, weight: average }]).coins;
    expect(ceil(wrong, 8).toFixed(8)).toBe(expected.wrongWithAverageWeight);
  });

  example('X12-okxflex-repay-offpar', ({ inputs, policy: rules, expected }) => {
    const { amt } = inputs.loan.USDT;
    const price = dec(inputs.loanNotionalUsd).div(amt);
    const before = loan({
      product: 'okx.flexibleLoan',
      key: '12345',
      D: inputs.loanNotionalUsd,
      coins: [coin({ amount: '1', price: inputs.collateralNotionalUsd, free: '0' })],
      debts: [debt({ amount: amt, price })],
    });
    expect(six(before.ltv)).toBe(expected.ltvBefore);
    const plain = policy({ target: rules.target, act: '0.7', ladder: REPAY_WALLET });
    const act = only(decide(input({ loans: [before], wallet: wallet('funding', inputs.funding), policy: plain })));
    expectLeg(act, 'repay', expected.legs[0].amount);
    expect(six(parse(act.ltvAfter))).toBe(expected.ltvAfter);
  });

  example('X14-okxspot-inside-repay', ({ inputs, policy: rules, expected }) => {
    const { liab, availBal } = inputs.debt.USDT;
    const adjEq = dec(inputs.adjEq);
    const m = dec(inputs.mmrPlusFeeRate);
    const before = loan({
      product: 'okx.spotBorrow',
      line: '0.966184',
      C: adjEq.plus(inputs.debtUsd),
      // the venue's own discount of the coin must not matter: equity stays when it pays its own debt
      coins: [
        coin({ amount: '1', price: '55000' }),
        coin({ asset: 'USDT', amount: availBal, price: '1', weight: '0.9' }),
      ],
      debts: [debt({ amount: liab })],
      marginRatio: { value: adjEq.div(m.times(inputs.debtUsd)), m, adjEq },
    });
    expect(six(before.ltv)).toBe(expected.ltvBefore);
    expect(six(adjEq.div(m.times(inputs.debtUsd)))).toBe(expected.mgnRatioBefore);
    const plain = policy({ target: rules.target, act: '0.72', ladder: REPAY_INSIDE });
    const act = only(decide(input({ loans: [before], policy: plain })));
    expectLeg(act, 'repay', expected.legs[0].amount);
    expect(six(parse(act.ltvAfter))).toBe(expected.ltvAfter);
    const left = dec(inputs.debtUsd).minus(act.leg.amount);
    expect(six(adjEq.div(m.times(left)))).toBe(expected.mgnRatioAfter);
  });

  example('X16-okxspot-add', ({ inputs, policy: rules, expected }) => {
    const before = (asset: string) =>
      loan({
        product: 'okx.spotBorrow',
        line: '0.966184',
        D: inputs.debtUsd,
        C: dec(inputs.adjEq).plus(inputs.debtUsd),
        coins: [
          asset === 'BTC'
            ? coin({ amount: '1', price: inputs.btcIndex, weight: inputs.btcDiscount })
            : coin({
                asset: 'USDT',
                amount: '1000',
                price: '1',
                tiers: [
                  [dec(inputs.usdtEquity).abs().toFixed(), '1'],
                  [null, '0.9'],
                ],
              }),
        ],
        debts: [debt({ amount: inputs.debtUsd })],
      });
    const funding = wallet('funding', { BTC: '1', USDT: '10000' });
    const plain = (asset: string) => policy({ target: rules.target, act: '0.82', urgent: '0.9', ladder: addOf(asset) });
    expect(six(before('BTC').ltv)).toBe(expected.ltvBefore);
    for (const [asset, amount] of [
      ['BTC', expected.ifBTC],
      ['USDT', expected.ifUSDT],
    ] as const) {
      const act = only(decide(input({ loans: [before(asset)], wallet: funding, policy: plain(asset) })));
      expectLeg(act, 'transferIn', amount);
      expect(six(parse(act.ltvAfter))).toBe(expected.ltvAfter);
    }
  });

  example('X18-interest-first', ({ inputs, expected }) => {
    const owed = { principal: dec(inputs.borrowed), interest: dec(inputs.interest) };
    for (const [amount, says] of [
      ['400', expected.repay400],
      ['1', expected.repay1],
    ] as const) {
      const left = interestFirst(owed, dec(amount));
      expect(left.interest.toFixed()).toBe(says.interest);
      expect(left.principal.toFixed()).toBe(says.borrowed);
      expect(left.interest.plus(left.principal).toFixed()).toBe(says.debt);
    }
    const { principal } = interestFirst(owed, dec('400'));
    expect(ceil(principal.times(inputs.dailyRate).div(24), 8).toFixed(8)).toBe(expected.repay400.nextHourInterest);
  });

  example('X19-minimum', ({ inputs, policy: rules, expected }) => {
    const before = loan({
      coins: [coin({ amount: '1', price: inputs.assets })],
      debts: [debt({ amount: inputs.debt, minRepay: inputs.minRepay, minLeft: inputs.minLeft })],
    });
    const wanted = repayOutside({ D: before.debtValue, C: before.collateralValue }, dec(rules.target), dec(1));
    expect(wanted.toFixed(8)).toBe(expected.need);
    const plain = policy({ target: rules.target, act: rules.act, ladder: REPAY_WALLET });
    const first = only(decide(input({ loans: [before], wallet: wallet('spot', inputs.spot), policy: plain })));
    expectLeg(first, 'transferIn', expected.legs[0].amount);
    expect(first.remainder?.legs).toEqual([{ verb: 'repay', asset: 'USDT', atMost: expected.legs[1].amount }]);
    expect(six(parse(first.ltvAfter))).toBe(expected.ltvAfter);
  });

  example('X20-cushion-bands', ({ inputs, expected }) => {
    const ratio = (text: string) => dec(text.replace('%', '')).div(100).toFixed();
    const { target, act, urgent } = inputs.cushion;
    const { bands } = policy({ scale: 'cushion', target: ratio(target), act: ratio(act), urgent: ratio(urgent) });
    /** Thresholds as the venues say them, where the table shows them rounded. */
    const exact: Record<string, Dec> = { '0.909091': dec(1).div('1.1'), '0.966184': dec(1).div('1.035') };
    for (const row of expected) {
      const levels = levelsAt(bands, exact[row.line] ?? dec(row.line), dec(row.call));
      expect(six(levels.urgent), row.product).toBe(row.urgent);
      expect(six(levels.target), row.product).toBe(row.target);
      expect(six(levels.act), row.product).toBe(row.actEffective);
      const unclamped = levelsAt(bands, exact[row.line] ?? dec(row.line), null);
      expect(six(unclamped.act), row.product).toBe(row.act);
    }
  });

  example('X21-survival-signed', ({ inputs, expected }) => {
    const x = (index: number) => {
      const { C, D, C_f, D_f, line } = inputs[index];
      return survives({ C: dec(C), D: dec(D) }, { C: dec(C_f), D: dec(D_f) }, dec(line));
    };
    for (const index of [0, 1, 2]) expect(x(index)?.toFixed(6)).toBe(expected[index].fall);
    expect(x(3)?.toFixed(6)).toBe(expected[3].factorFall);
    const { C, D, line } = inputs[3];
    const basis = survives({ C: dec(C), D: dec(D) }, { C: dec(C), D: dec(0) }, dec(line));
    expect(expected[3].meaning).toContain(basis?.toFixed(6));
  });

  for (const id of ['X23-clairvoyant-one-collateral-act', 'X23-clairvoyant-one-collateral-line']) {
    example(id, ({ inputs, policy: rules, expected }) => {
      const path = inputs.path.map((price: string) => dec(price));
      const ask = { debt: dec(60), coins: dec(1), weight: dec(1), level: dec(rules.level), path };
      expect(clairvoyantRepay(ask).toFixed(8)).toBe(expected.repayOnly);
      const coins = clairvoyantAdd(ask);
      expect(coins.toFixed(8)).toBe(expected.addOnlyCoins);
      expect(coins.times(path[0]).toFixed(8)).toBe(expected.addOnlyValuedAtFirstPrice);
    });
  }

  example('X24-clairvoyant-mixed', ({ inputs, policy: rules, expected }) => {
    const path = inputs.path.map((price: string) => dec(price));
    const ask = { debt: dec(60), coins: dec(1), weight: dec(1), level: dec(rules.level), path };
    const mixed = clairvoyantMixed(ask, { repayUsd: dec(inputs.repayLimit), addCoins: dec(1) });
    expect(mixed?.repayUsd.toFixed()).toBe(expected.repay);
    expect(mixed?.addCoins.toFixed(8)).toBe(expected.addCoins);
    expect(mixed?.costUsd.toFixed(6)).toBe(expected.costAtFirstPrice);
  });

  example('X29-inside-repay-weighted', ({ inputs, policy: rules, expected }) => {
    const w = dec(inputs.w);
    const stand = { D: dec(inputs.D), C: dec(inputs.otherCollateralWeighted).plus(w.times(inputs.debtAssetInside)) };
    expect(six(stand.D.div(stand.C))).toBe(expected.ltvBefore);
    const sized = (weight: Dec) => repayInside(stand, dec(rules.target), weight, dec(1), dec(1));
    const amount = ceil(sized(w) ?? dec(0), 8);
    expect(amount.toFixed(8)).toBe(expected.legs[0].amount);
    expect(six(stand.D.minus(amount).div(stand.C.minus(w.times(amount))))).toBe(expected.ltvAfter);
    expect(ceil(sized(dec(1)) ?? dec(0), 8).toFixed(8)).toBe(expected.wrongWithW1);
  });

  example('X30-sell-collateral', ({ inputs, policy: rules, expected }) => {
    const stand = { D: dec(inputs.D), C: dec(inputs.C) };
    const sold = sellCollateral(stand, dec(rules.target), dec(inputs.w), dec(inputs.cost));
    const repaid = ceil(sold?.repaidUsd ?? dec(0), 2);
    expect(repaid.toFixed(2)).toBe(expected.repaidDebt);
    expect(ceil(repaid.div(dec(1).minus(inputs.cost)), 2).toFixed(2)).toBe(expected.collateralValueSold);
    const after = stand.D.minus(sold?.repaidUsd ?? 0).div(stand.C.minus(dec(inputs.w).times(sold?.soldUsd ?? 0)));
    expect(six(after)).toBe(expected.ltvAfter);
    expect(sellCollateral(stand, dec('0.95'), dec(1), dec('0.06')), 'infeasible').toBeNull();
  });

  it('covers every example of the oracle', () => {
    expect([...seen].sort()).toEqual(EXAMPLES.map((one) => one.id).sort());
  });
});
