/** The reports of both venues against the simulated exchanges: terms, offers, interest, and what others did. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import type { Intent, Verb } from '../../src/core/intent.ts';
import type { AccountView, Product } from '../../src/core/loan.ts';
import { parse } from '../../src/core/money.ts';
import type { DebtTerms, ExternalActs, ReportingVenue } from '../../src/exchanges/exchange.ts';
import type { Simulator } from '../../src/simulator/start.ts';
import { NEVER, ORDER, move, openVenue, sendTo, startReports } from './reportsWorld.ts';

/** Nothing of ours. */
const NONE = (): Promise<readonly Intent[]> => Promise.resolve([]);

let simulator: Simulator;
let binance: ReportingVenue;
let okx: ReportingVenue;

beforeAll(async () => {
  simulator = await startReports();
  // Some hours, so that interest was charged.
  for (let moment = 0; moment < 200; moment += 1) simulator.engine.step(simulator.engine.tape.endMs);
  binance = openVenue(simulator, 'binance');
  okx = openVenue(simulator, 'okx');
});
afterAll(async () => {
  await binance.close();
  await okx.close();
  await simulator.stop();
});

const act = (venue: 'binance' | 'okx', deed: unknown): unknown => simulator.simulation.booksOf(venue).act?.(deed);

/** A moment in a second in which nothing happened yet: rows of loans have whole seconds on OKX. */
async function freshSecond(): Promise<number> {
  await systemClock.sleep(1_050);
  return systemClock.wall();
}

function loanOf(view: AccountView, product: Product): AccountView['loans'][number] {
  const found = view.loans.find((loan) => loan.product === product);
  if (found === undefined) throw new Error(JSON.stringify(view.sections));
  return found;
}

describe('terms', () => {
  const of = (debts: readonly DebtTerms[], product: Product, asset = 'USDT'): DebtTerms => {
    const found = debts.find((debt) => debt.product === product && debt.asset === asset);
    if (found === undefined) throw new Error(`no terms of ${product}`);
    return found;
  };

  it('of every loan name its rate, the room left and the next interest', async () => {
    for (const venue of [binance, okx]) {
      const { debts, gaps } = await venue.terms(NEVER);
      expect(gaps).toEqual([]);
      expect(new Set(debts.map(({ product }) => product))).toEqual(new Set(venue.products));
      for (const debt of debts) {
        const perDay = Number(debt.ratePerDay?.toFixed());
        expect(perDay, debt.loan).toBeGreaterThan(0.00001);
        expect(perDay, debt.loan).toBeLessThan(0.001);
        expect(debt.stated, debt.loan).not.toBeNull();
        expect(debt.room?.coins.gt(0), debt.loan).toBe(true);
        expect(debt.nextInterestAt, debt.loan).not.toBeNull();
      }
    }
  });

  it('give the same yearly rate, whatever period the venue states', async () => {
    const [ours, theirs] = [(await binance.terms(NEVER)).debts, (await okx.terms(NEVER)).debts];
    expect(of(ours, 'binance.crossMargin').stated?.per).toBe('hour');
    expect(of(ours, 'binance.flexibleLoan').stated?.per).toBe('year');
    expect(of(theirs, 'okx.spotBorrow').stated?.per).toBe('day');
    expect(of(theirs, 'okx.flexibleLoan').stated).toMatchObject({ per: 'year', rate: parse('0.08') });
    const yearly = of(theirs, 'okx.flexibleLoan').ratePerDay?.times(365);
    expect(yearly?.toFixed(10)).toBe('0.0800000000');
  });

  it('say when interest falls due next: within the hour', async () => {
    const now = systemClock.wall();
    for (const { product, nextInterestAt } of (await binance.terms(NEVER)).debts) {
      const within = product === 'binance.flexibleLoan' ? 61_000 : 3_601_000;
      expect((nextInterestAt ?? 0) - now, product).toBeLessThan(within);
      expect((nextInterestAt ?? 0) - now, product).toBeGreaterThan(-1_000);
    }
  });

  it('tell how much of each collateral the venue would let go, and who says so', async () => {
    const terms = [...(await binance.terms(NEVER)).release, ...(await okx.terms(NEVER)).release];
    const sources = Object.fromEntries(terms.map(({ loan, asset, source }) => [`${loan} ${asset}`, source]));
    expect(sources).toMatchObject({
      'bob/binance.crossMargin BTC': 'venue',
      'bob/binance.isolatedMargin/ETHUSDT ETH': 'venue',
      'bob/binance.flexibleLoan/USDT-BTC BTC': 'computed',
      [`olga/okx.flexibleLoan/${ORDER} BTC`]: 'venue',
      'olga/okx.spotBorrow BTC': 'venue',
    });
    for (const { most } of terms) expect(most.gte(0)).toBe(true);
  });
});

describe('the most that may be released', () => {
  it.each(['binance', 'okx'] as const)('is said by %s, of each loan and coin that it is asked about', async (name) => {
    const venue = openVenue(simulator, name);
    const view = await venue.observe(NEVER);
    for (const loan of view.loans) {
      const { id, collateral } = loan;
      const held = collateral.find(({ amount }) => amount.gt(0))?.asset ?? '';
      const most = { ...loan.maxRelease, ...(await venue.mostToRelease(loan, [held], NEVER)) }[held];
      expect(most?.gt(0), id).toBe(true);
      expect(most?.lte(collateral.find(({ asset }) => asset === held)?.amount ?? 0), id).toBe(true);
    }
    await venue.close();
  });

  it('is what the venue accepts, to the last digit, also where we compute it', async () => {
    const venue = openVenue(simulator, 'binance');
    const loan = loanOf(await venue.observe(NEVER), 'binance.flexibleLoan');
    const most = loan.maxRelease['BTC'] ?? parse('0');
    const over = { verb: 'reduce', asset: 'BTC', from: 'loan', to: 'spot' } as const;
    const beyond = move(venue, loan, { ...over, amount: most.plus('0.001').toFixed() });
    await expect(beyond).rejects.toThrow(/-10046/);
    // Interest of some minutes eats a few digits of it.
    await move(venue, loan, { ...over, amount: most.times('0.999').toDecimalPlaces(8).toFixed() });
    await move(venue, loan, { ...over, verb: 'add', from: 'spot', to: 'loan', amount: most.times('0.999').toFixed(8) });
    await venue.close();
  });
});

describe('offers', () => {
  it('name what each product lends and takes', async () => {
    for (const venue of [binance, okx]) {
      const { products, gaps } = await venue.offers(NEVER);
      expect(gaps).toEqual([]);
      expect(products.map(({ product }) => product)).toEqual(venue.products);
      for (const { product, borrowable, collateral } of products) {
        expect(borrowable, product).toContain('USDT');
        expect(collateral, product).toContain('BTC');
      }
    }
  });

  it('name the pairs of isolated margin, minima of margin and limits of flexible loans', async () => {
    const { products } = await binance.offers(NEVER);
    const by = (product: Product) => products.find((one) => one.product === product);
    expect(by('binance.isolatedMargin')?.pairs).toContainEqual({ symbol: 'ETHUSDT', base: 'ETH', quote: 'USDT' });
    expect(by('binance.crossMargin')?.pairs).toBeNull();
    expect(by('binance.crossMargin')?.minRepay).toHaveProperty('USDT');
    expect(by('binance.flexibleLoan')?.loanUsd['USDT']?.least.gt(0)).toBe(true);
  });

  it('tell what a flexible loan of OKX surely takes from what it probably takes', async () => {
    const [flexible] = (await okx.offers(NEVER)).products;
    expect(flexible?.collateral).toEqual(['BTC']);
    expect(flexible?.likelyCollateral).toContain('ETH');
    expect(flexible?.likelyCollateral).not.toContain('BTC');
  });
});

describe('costs', () => {
  it('are the rows the venue charged, oldest first, each once, with the rate that made them', async () => {
    for (const venue of [binance, okx]) {
      const { rows } = await venue.costs(0, NEVER);
      expect(new Set(rows.map(({ loan, ref }) => `${loan ?? ''} ${ref}`)).size).toBe(rows.length);
      expect(rows.map(({ at }) => at)).toEqual(rows.map(({ at }) => at).sort((one, other) => one - other));
      const products = venue.products.filter((product) => product !== 'binance.flexibleLoan');
      expect(new Set(rows.map(({ product }) => product))).toEqual(new Set(products));
      for (const row of rows) {
        expect(row.loan, row.ref).not.toBeNull();
        expect(row.amount.gt(0), row.ref).toBe(true);
        expect(Number(row.ratePerYear?.toFixed()), row.ref).toBeGreaterThan(0.01);
        expect(Number(row.ratePerYear?.toFixed()), row.ref).toBeLessThan(0.3);
      }
    }
  });

  it('say that Binance lists no interest of flexible loans', async () => {
    expect((await binance.costs(0, NEVER)).gaps.map(({ section }) => section)).toEqual(['binance.flexibleLoan']);
  });

  it('begin where they are asked to', async () => {
    const all = (await okx.costs(0, NEVER)).rows;
    const from = all[Math.floor(all.length / 2)]?.at ?? 0;
    const some = (await okx.costs(from, NEVER)).rows;
    expect(some.map(({ ref }) => ref)).toEqual(all.filter(({ at }) => at >= from).map(({ ref }) => ref));
  });
});

interface Foreign {
  readonly venue: 'binance' | 'okx';
  readonly deed: object;
  readonly expected: object;
}

const FOREIGN: readonly Foreign[] = [
  {
    venue: 'binance',
    deed: { do: 'repay', account: 'bob', asset: 'USDT', amount: '100' },
    expected: { kind: 'repay', effect: 'debtDown', asset: 'USDT', loan: 'bob/binance.crossMargin' },
  },
  {
    venue: 'binance',
    deed: { do: 'borrow', account: 'bob', asset: 'USDT', amount: '40' },
    expected: { kind: 'borrow', effect: 'debtUp' },
  },
  {
    venue: 'binance',
    deed: { do: 'repay', account: 'bob', asset: 'USDT', amount: '50', rowType: 'AUTO' },
    expected: { kind: 'autoRepay', effect: 'debtDown' },
  },
  {
    venue: 'binance',
    deed: { do: 'autoTopUp', account: 'bob', asset: 'BTC', amount: '0.1' },
    expected: { kind: 'topUp', effect: 'collateralUp', asset: 'BTC' },
  },
  {
    venue: 'binance',
    deed: { do: 'transfer', account: 'bob', type: 'MARGIN_MAIN', asset: 'USDT', amount: '10' },
    expected: { kind: 'transfer', effect: 'collateralDown' },
  },
  {
    venue: 'binance',
    deed: { do: 'repay', account: 'bob', symbol: 'ETHUSDT', asset: 'USDT', amount: '30' },
    expected: { kind: 'repay', loan: 'bob/binance.isolatedMargin/ETHUSDT' },
  },
  {
    venue: 'okx',
    deed: { do: 'repay', account: 'olga', ccy: 'USDT', amt: '100' },
    expected: { kind: 'repay', effect: 'debtDown', loan: `olga/okx.flexibleLoan/${ORDER}` },
  },
  {
    venue: 'okx',
    deed: { do: 'addCollateral', account: 'olga', ccy: 'BTC', amt: '0.1' },
    expected: { kind: 'collateral', effect: 'collateralUp', asset: 'BTC' },
  },
  {
    venue: 'okx',
    deed: { do: 'removeCollateral', account: 'olga', ccy: 'BTC', amt: '0.05' },
    expected: { kind: 'collateral', effect: 'collateralDown', asset: 'BTC' },
  },
  {
    venue: 'okx',
    deed: { do: 'borrow', account: 'olga', ccy: 'USDT', amt: '10' },
    expected: { kind: 'borrow', effect: 'debtUp' },
  },
  {
    venue: 'okx',
    deed: { do: 'spotRepay', account: 'olga', ccy: 'USDT', amt: '70' },
    expected: { kind: 'repay', loan: 'olga/okx.spotBorrow' },
  },
  {
    venue: 'okx',
    deed: { do: 'deposit', account: 'olga', ccy: 'USDT', amt: '33', wallet: 'trading' },
    expected: { kind: 'transfer', effect: 'collateralUp', loan: 'olga/okx.spotBorrow' },
  },
  {
    venue: 'okx',
    deed: { do: 'deposit', account: 'olga', ccy: 'USDT', amt: '44' },
    expected: { kind: 'transfer', effect: 'unknown', loan: null },
  },
];

describe('what others did', () => {
  it.each(FOREIGN)('is recognised: $deed.do on $venue, $expected', async ({ venue, deed, expected }) => {
    const since = await freshSecond();
    act(venue, deed);
    const { acts, gaps } = await (venue === 'binance' ? binance : okx).external(since, NONE, NEVER);
    expect(gaps).toEqual([]);
    expect(acts).toHaveLength(1);
    expect(acts[0]).toMatchObject(expected);
    expect(acts[0]?.says).toMatch(/\d/);
  });

  it('includes the venue’s own conversions, at any LTV', async () => {
    const since = await freshSecond();
    act('okx', { do: 'forcedRepayment', account: 'olga', share: '0.1' });
    const { acts } = await okx.external(since, NONE, NEVER);
    expect(acts.filter(({ kind }) => kind === 'conversion').map(({ says }) => says.split(' of ')[0])).toEqual([
      'loan history forced_repayment_sell',
      'loan history forced_repayment_buy',
    ]);
  });
});

describe('what we did', () => {
  interface Own {
    readonly product: Product;
    readonly verb: Verb;
    readonly asset: string;
    readonly amount: string;
    readonly from: Intent['from'];
    readonly to: Intent['to'];
  }
  const own = (product: Product, verb: Verb, asset: string, amount: string, from: Own['from'], to: Own['to']): Own => ({
    product,
    verb,
    asset,
    amount,
    from,
    to,
  });
  const MOVES: readonly Own[] = [
    own('binance.crossMargin', 'transferIn', 'USDT', '200.00001234', 'spot', 'inside'),
    own('binance.crossMargin', 'repay', 'USDT', '150.00004321', 'inside', 'loan'),
    own('binance.crossMargin', 'transferOut', 'USDT', '20.00001111', 'inside', 'spot'),
    own('binance.isolatedMargin', 'transferIn', 'USDT', '60.00001234', 'spot', 'inside'),
    own('binance.isolatedMargin', 'repay', 'USDT', '50.00004321', 'inside', 'loan'),
    own('binance.flexibleLoan', 'repay', 'USDT', '90.00004321', 'spot', 'loan'),
    own('binance.flexibleLoan', 'add', 'BTC', '0.01004321', 'spot', 'loan'),
    own('binance.flexibleLoan', 'reduce', 'BTC', '0.00104321', 'loan', 'spot'),
    own('okx.flexibleLoan', 'repay', 'USDT', '90.5', 'funding', 'loan'),
    own('okx.flexibleLoan', 'add', 'BTC', '0.01004321', 'funding', 'loan'),
    own('okx.flexibleLoan', 'reduce', 'BTC', '0.00104321', 'loan', 'funding'),
    own('okx.spotBorrow', 'transferIn', 'USDT', '60.5', 'funding', 'inside'),
    own('okx.spotBorrow', 'repay', 'USDT', '55.25', 'inside', 'loan'),
    own('okx.spotBorrow', 'transferOut', 'BTC', '0.01', 'inside', 'funding'),
  ];

  it.each(MOVES)('is never taken for somebody else’s: $verb on $product', async ({ product, ...leg }) => {
    const venue = product.startsWith('okx') ? okx : binance;
    const since = systemClock.wall();
    const loan = loanOf(await venue.observe(NEVER), product);
    const sent = await move(venue, loan, leg);
    const acts = async (ours: readonly Intent[]): Promise<ExternalActs['acts']> => {
      const { acts: all, gaps } = await venue.external(since, () => Promise.resolve(ours), NEVER);
      expect(gaps).toEqual([]);
      return all.filter(({ amount }) => amount.eq(leg.amount));
    };
    expect(await acts([])).toHaveLength(1);
    expect(await acts([sent])).toEqual([]);
    // Also when the answer was lost, and with it the reference.
    expect(await acts([{ ...sent, ref: null, state: 'unknown', settledAt: null }])).toEqual([]);
  });
});

describe('a call of ours that the venue is still at work on', () => {
  const repay = { verb: 'repay', asset: 'USDT', from: 'inside', to: 'loan' } as const;
  const CALLS = [
    { product: 'binance.crossMargin', leg: { ...repay, amount: '12.00004321' } },
    { product: 'binance.isolatedMargin', leg: { ...repay, amount: '13.00004321' } },
    {
      product: 'binance.crossMargin',
      leg: { ...repay, verb: 'transferIn', from: 'spot', to: 'inside', amount: '15.00004321' },
    },
  ] as const;

  it.each(CALLS.flatMap((call) => (['done', 'failed'] as const).map((fate) => ({ ...call, fate }))))(
    'is listed as that, whoever knows it, and is no act before it is $fate: $leg.verb on $product',
    async ({ product, leg, fate }) => {
      const since = systemClock.wall();
      const loan = loanOf(await binance.observe(NEVER), product);
      const effect = { kind: 'stuckPending', ms: null, fate } as const;
      simulator.simulation.faults.add({ match: { venue: 'binance', method: 'POST', count: 1 }, effect });
      const sent = await sendTo(binance, loan, leg);
      const asked = async (ours: readonly Intent[]): Promise<readonly [open: unknown, acts: number]> => {
        const { acts, inWork, gaps } = await binance.external(since, () => Promise.resolve(ours), NEVER);
        expect(gaps).toEqual([]);
        return [inWork.map(({ intent }) => intent), acts.filter(({ amount }) => amount.eq(leg.amount)).length];
      };
      expect(await asked([])).toEqual([[null], 0]);
      expect(await asked([sent])).toEqual([[sent.id], 0]);
      expect(await asked([{ ...sent, ref: null }])).toEqual([[sent.id], 0]);
      act('binance', { do: 'release' });
      expect(await asked([])).toEqual([[], fate === 'done' ? 1 : 0]);
    },
  );
});

describe('a liquidation', () => {
  it('shows on every product, with what was taken and what it paid', async () => {
    const since = await freshSecond();
    act('binance', { do: 'liquidate', account: 'bob', symbol: 'ETHUSDT' });
    act('binance', { do: 'liquidate', account: 'bob', pair: 'USDT/BTC' });
    const { acts } = await binance.external(since, NONE, NEVER);
    expect(new Set(acts.map(({ kind }) => kind))).toEqual(new Set(['liquidation']));
    const effects = (product: Product): string[] =>
      acts.filter((one) => one.product === product).map(({ effect }) => effect);
    expect(effects('binance.isolatedMargin')).toEqual(expect.arrayContaining(['debtDown', 'collateralDown']));
    expect(effects('binance.flexibleLoan')).toEqual(['collateralDown']);
  });
});

describe('auto-repay', () => {
  it('shows as the venue’s act when an inflow pays a debt by itself', async () => {
    act('okx', { do: 'setKey', account: 'olga', autoRepay: true });
    const since = await freshSecond();
    act('okx', { do: 'deposit', account: 'olga', ccy: 'USDT', amt: '5', wallet: 'trading' });
    act('okx', { do: 'setKey', account: 'olga', autoRepay: false });
    const { acts } = await okx.external(since, NONE, NEVER);
    expect(acts.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['transfer', 'autoRepay']));
  });
});
