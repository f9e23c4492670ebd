/**
 * The end of an episode is judged on quantities, its beginning on the upper edge of what the venue's rounding allows
 * (DESIGN §2.7, §5.2): at unchanged prices an exact remedy is the last one, however coarsely the venue rounds.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decide } from '../../src/core/decide.ts';
import { levelsOf, levelsText } from '../../src/core/levels.ts';
import type { LoanView, Product } from '../../src/core/loan.ts';
import { triggerLtv } from '../../src/core/loan.ts';
import type { Dec } from '../../src/core/money.ts';
import { ceil, floor, format, max, ONE, parse, ZERO } from '../../src/core/money.ts';
import type { Need } from '../../src/core/need.ts';
import type { Policy } from '../../src/core/policy.ts';
import { isBack } from '../../src/core/position.ts';
import { PRODUCT_FACTS } from '../../src/core/products.ts';
import { coin, dec, debt, input, loan, policy, rung, wallet } from '../core/build.ts';
import { Loan, news, planned, seen } from './support.ts';

type Interval = LoanView['venueLtv'];
const around = (shown: Dec, unit: Dec): Interval => ({ low: max(ZERO, shown.minus(unit)), high: shown.plus(unit) });
const CENT = dec('0.01');
const NEAREST = 4;

/** What each product's venue shows of an LTV, as its adapter reads it. */
const ROUNDINGS: readonly (readonly [name: string, product: Product, shows: (ltv: Dec) => Interval])[] = [
  ['two decimals, up', 'binance.flexibleLoan', (ltv) => around(ceil(ltv, 2), CENT)],
  ['two decimals, down', 'binance.flexibleLoan', (ltv) => around(floor(ltv, 2), CENT)],
  ['two decimals, to the nearest', 'binance.flexibleLoan', (ltv) => around(ltv.toDecimalPlaces(2, NEAREST), CENT)],
  ['four decimals, cut', 'okx.flexibleLoan', (ltv) => ({ low: floor(ltv, 4), high: floor(ltv, 4).plus('0.0001') })],
  ['the inverse at eight decimals', 'binance.crossMargin', inverse],
  ['the inverse at eight decimals', 'binance.isolatedMargin', inverse],
  ['nothing', 'okx.spotBorrow', () => null],
];

function inverse(ltv: Dec): Interval {
  const level = floor(ONE.div(ltv), 8);
  return { low: ONE.div(level.plus('1e-8')), high: ONE.div(level.minus('1e-8')) };
}

interface Books {
  readonly owed: Dec;
  readonly inside: Dec;
}

class Scene {
  readonly machine = new Loan();
  readonly rules: Policy;
  readonly product: Product;
  readonly shows: (ltv: Dec) => Interval;
  books: Books;
  now = 1_000;

  constructor(product: Product, shows: Scene['shows'], owed: Dec, bands: { readonly target: Dec; readonly act: Dec }) {
    this.product = product;
    this.shows = shows;
    this.books = { owed, inside: ZERO };
    const sources = PRODUCT_FACTS[product].inside === null ? [] : [rung(1, { from: ['inside'] })];
    this.rules = policy({
      ...{ target: format(bands.target), act: format(bands.act), urgent: '0.85' },
      ladder: [...sources, rung(2, { from: ['wallet'] })],
      confirm: { act: 1, urgent: 1 },
      coolDownMs: 0,
    });
  }

  view(): LoanView {
    const { owed, inside } = this.books;
    const free = PRODUCT_FACTS[this.product].inside === null ? {} : { free: '0' };
    const btc = coin({ amount: '1', price: '50000', ...free });
    const made = loan({
      ...{ product: this.product, key: 'K', line: '0.91', debts: [debt({ amount: owed })] },
      coins: inside.isZero() ? [btc] : [btc, coin({ asset: 'USDT', amount: inside, price: '1' })],
    });
    return { ...made, venueLtv: this.shows(made.ltv) };
  }

  /** One look, and what it decides carried out to the last coin. @returns what was sent, coins */
  look(): Dec | null {
    this.now += 1_000;
    const view = this.view();
    const levels = levelsOf(view, this.rules);
    const told = { now: this.now, atTarget: isBack(view, levels), levels: levelsText(levels) };
    const rules = {
      confirmAct: 1,
      confirmUrgent: 1,
      coolDownMs: 0,
      whenUnsettled: 'otherMoney',
      release: null,
    } as const;
    this.machine.tell(seen(format(triggerLtv(view)), { ...told, rules }));
    const [asked] = this.machine.said('need');
    if (asked === undefined) return null;
    const { type: _type, ...need } = asked;
    return this.#act(view, { ...need, loan: view.id });
  }

  #act(view: LoanView, need: Need): Dec | null {
    const money = wallet(PRODUCT_FACTS[this.product].wallet, { USDT: '90000' });
    const [decision] = decide(input({ loans: [view], needs: [need], wallet: money, policy: this.rules }));
    if (decision?.verdict !== 'act') return null;
    const { leg, remainder, partial } = decision;
    const id = `i-${this.now}`;
    const after = (['CLAIMED', 'ACCEPTED', 'CONFIRMED'] as const).map((type) => news(type, id, this.now));
    this.machine.tell(planned(id, { now: this.now, remainder, partial }), ...after);
    const coins = parse(leg.amount);
    const { owed, inside } = this.books;
    if (leg.verb === 'transferIn') this.books = { owed, inside: inside.plus(coins) };
    else this.books = { owed: owed.minus(coins), inside: leg.from === 'inside' ? inside.minus(coins) : inside };
    return coins;
  }
}

const BANDS = fc
  .record({ act: fc.integer({ min: 6_600, max: 8_000 }), width: fc.integer({ min: 5, max: 400 }) })
  .map(({ act, width }) => ({ act: dec(act).div(10_000), target: dec(act - width).div(10_000) }));

describe.each(ROUNDINGS)('a venue that shows %s (%s)', (_name, product, shows) => {
  test('is paid no second time at unchanged prices, and the episode ends', () => {
    let paid = 0;
    fc.assert(
      fc.property(BANDS, fc.integer({ min: 1, max: 800 }), (bands, above) => {
        const owed = dec(50_000).times(bands.act.plus(dec(above).div(10_000)));
        const scene = new Scene(product, shows, owed, bands);
        const sent: Dec[] = [];
        for (let round = 0; round < 4 && sent.length === round; round += 1) {
          const coins = scene.look();
          if (coins !== null) sent.push(coins);
        }
        if (sent.length > 0) paid += 1;
        expect(scene.view().debtValue.lte(scene.view().collateralValue.times(bands.act))).toBe(true);
        for (let look = 0; look < 5; look += 1) {
          // interest of some minutes
          scene.books = { ...scene.books, owed: scene.books.owed.plus('0.01') };
          expect(scene.look()).toBeNull();
        }
        expect([scene.machine.state, scene.machine.context.episode]).toEqual(['watching.healthy', null]);
      }),
      { numRuns: 100 },
    );
    expect(paid).toBe(100);
  });
});

test('the upper edge still triggers while the quantities are between target and act', () => {
  const bands = { target: dec('0.62'), act: dec('0.75') };
  const scene = new Scene('binance.flexibleLoan', (ltv) => around(floor(ltv, 2), CENT), dec('37250'), bands);
  expect(format(scene.view().ltv)).toBe('0.745');
  expect(scene.look()).not.toBeNull();
});

test('a venue that clearly says worse than the quantities keeps the episode open', () => {
  const at = (low: string): boolean => {
    const view = { ...CLEAR, venueLtv: { low: dec(low), high: dec(low).plus('0.01') } };
    return isBack(view, { target: dec('0.62'), act: dec('0.75') });
  };
  expect([at('0.619'), at('0.622'), at('0.6221'), at('0.7')]).toEqual([true, true, false, false]);
});

const CLEAR = loan({
  product: 'binance.flexibleLoan',
  coins: [coin({ amount: '1', price: '50000' })],
  debts: [debt({ amount: '31000' })],
});
