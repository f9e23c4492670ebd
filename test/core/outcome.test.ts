/** Progress by quantities (DESIGN §2.6) and views that cannot be true (DESIGN §2.4). */
import { describe, expect, it } from 'vitest';
import type { Intent } from '../../src/core/intent.ts';
import { stateBefore } from '../../src/core/intents.ts';
import type { AccountView, LoanView, Product, WalletView } from '../../src/core/loan.ts';
import { shows } from '../../src/core/outcome.ts';
import { agree, doubtIsOver, explanationOf, plausible } from '../../src/core/plausible.ts';
import { NOW, coin, debt, dec, loan, view, wallet } from './build.ts';

interface Quantities {
  readonly owed?: string;
  readonly btc?: string;
  readonly inside?: string;
  readonly free?: string;
}

function at(
  { owed = '40000', btc = '1', inside = '0' }: Quantities,
  product: Product = 'binance.crossMargin',
): LoanView {
  return loan({
    product,
    coins: [coin({ amount: btc, price: '50000' }), coin({ asset: 'USDT', amount: inside, price: '1' })],
    debts: [debt({ amount: owed })],
  });
}

function seen(quantities: Quantities, product: Product = 'binance.crossMargin', later = 1000): AccountView {
  const spot = wallet('spot', { USDT: quantities.free ?? '50000', BTC: '2' });
  return { ...view([at(quantities, product)], [spot]), asOf: NOW + later };
}

function intent(more: Partial<Intent>, product: Product = 'binance.crossMargin', before: Quantities = {}): Intent {
  const start = at(before, product);
  const wallets: WalletView[] = [wallet('spot', { USDT: before.free ?? '50000', BTC: '2' })];
  return {
    verb: 'repay',
    asset: 'USDT',
    amount: '9000',
    from: 'inside',
    to: 'loan',
    full: false,
    id: 'a-1-1',
    account: 'bnb',
    loan: start.id,
    product,
    key: '',
    mode: 'live',
    episode: 'e',
    rung: 1,
    tier: 'normal',
    chargeUsd: '9000',
    fingerprint: 'marked',
    clientId: '',
    epoch: 1,
    policyDigest: 'p',
    plannedAt: NOW,
    maxAgeMs: 1000,
    before: stateBefore(start, view([start], wallets)),
    cursors: {},
    state: 'settling',
    validUntil: NOW + 3000,
    sentAt: NOW + 10,
    settledAt: null,
    troubleAt: null,
    ref: null,
    note: '',
    reads: [],
    ...more,
  };
}

describe('a repayment from inside', () => {
  const repay = intent({}, 'binance.crossMargin', { inside: '9000' });

  it('shows when debt and coins have both gone', () => {
    expect(shows(repay, seen({ owed: '31000', inside: '0' }))).toBe('shown');
    expect(shows(repay, seen({ owed: '31001.2', inside: '0' })), 'interest').toBe('shown');
    expect(shows(repay, seen({ owed: '31080', inside: '90' })), 'within one percent').toBe('shown');
  });

  it('does not yet while any read is the old one', () => {
    expect(shows(repay, seen({ inside: '9000' }))).toBe('notYet');
    expect(shows(repay, seen({ owed: '31000', inside: '9000' })), 'the balance is stale').toBe('inPart');
    expect(shows(repay, seen({ owed: '40003', inside: '0' }))).toBe('notYet');
    expect(shows(repay, seen({ owed: '31000', inside: '0' }, 'binance.crossMargin', 5)), 'older than the send').toBe(
      'notYet',
    );
    const failed = {
      ...seen({ owed: '31000', inside: '0' }),
      sections: { 'binance.crossMargin': { state: 'failed' as const, reason: '500', at: NOW } },
    };
    expect(shows(repay, failed)).toBe('notYet');
  });

  it('is judged by what is owed, whatever the price did to the LTV meanwhile', () => {
    const priced = (quantities: Quantities, ltv: string): AccountView => {
      const [loan, ...rest] = seen(quantities).loans;
      if (loan === undefined) throw new Error('no loan');
      return { ...seen(quantities), loans: [{ ...loan, ltv: dec(ltv) }, ...rest] };
    };
    expect(shows(repay, priced({ owed: '31000', inside: '0' }, '0.95')), 'paid, and the price fell').toBe('shown');
    expect(shows(repay, priced({ inside: '9000' }, '0.4')), 'not paid, and the price rose').toBe('notYet');
  });

  it('is contradicted by quantities that neither it nor interest can explain', () => {
    expect(shows(repay, seen({ owed: '20000', inside: '0' })), 'someone repaid on top').toBe('contradicts');
    expect(shows(repay, seen({ owed: '36000', inside: '0' }))).toBe('contradicts');
    expect(shows(repay, seen({ owed: '45000', inside: '0' }))).toBe('contradicts');
    expect(shows(repay, { ...seen({}), loans: [] })).toBe('contradicts');
  });

  it('of the whole debt shows by a loan that is gone', () => {
    const full = { ...repay, full: true, amount: '40000' };
    expect(shows(full, { ...seen({}), loans: [] })).toBe('shown');
    expect(shows(full, { ...seen({}), loans: [{ ...at({}), status: 'closed', debts: [] }] })).toBe('shown');
  });

  it('so small that interest hides it is told by its coins alone', () => {
    const small = intent({ amount: '10' }, 'binance.crossMargin', { owed: '1000000', inside: '10' });
    expect(shows(small, seen({ owed: '1000001', inside: '10' }))).toBe('notYet');
    expect(shows(small, seen({ owed: '1000001', inside: '0' }))).toBe('shown');
  });
});

describe('other calls', () => {
  it('a transfer shows when the coins have left and arrived', () => {
    const transfer = intent({ verb: 'transferIn', from: 'spot', to: 'inside' });
    expect(shows(transfer, seen({ inside: '9000', free: '41000' }))).toBe('shown');
    expect(shows(transfer, seen({ inside: '9000' })), 'wallet read is stale').toBe('inPart');
    expect(shows(transfer, seen({ inside: '0', free: '41000' })), 'on its way').toBe('notYet');
    expect(shows(transfer, seen({ inside: '9000', free: '60000' })), 'someone deposited meanwhile').toBe('shown');
    expect(shows(transfer, seen({ inside: '4000', free: '41000' }))).toBe('contradicts');
    const blind = { ...seen({ inside: '9000' }), wallets: [] };
    expect(shows(transfer, blind)).toBe('notYet');
  });

  it('an addition and a release show in the collateral', () => {
    const add = intent({ verb: 'add', asset: 'BTC', amount: '0.5', from: 'spot', to: 'loan' }, 'binance.flexibleLoan');
    const after = {
      ...seen({ btc: '1.5' }, 'binance.flexibleLoan'),
      wallets: [wallet('spot', { USDT: '50000', BTC: '1.5' })],
    };
    expect(shows(add, after)).toBe('shown');
    const reduce = intent(
      { verb: 'reduce', asset: 'BTC', amount: '0.5', from: 'loan', to: 'spot' },
      'binance.flexibleLoan',
    );
    const gone = {
      ...seen({ btc: '0.5' }, 'binance.flexibleLoan'),
      wallets: [wallet('spot', { USDT: '50000', BTC: '2.5' })],
    };
    expect(shows(reduce, gone)).toBe('shown');
    expect(shows(reduce, seen({}, 'binance.flexibleLoan'))).toBe('notYet');
  });

  it('a release whose coins come back into Simple Earn is shown, although spot stands still', () => {
    const reduce = intent(
      { verb: 'reduce', asset: 'BTC', amount: '0.5', from: 'loan', to: 'spot' },
      'binance.flexibleLoan',
    );
    expect(shows(reduce, seen({ btc: '0.5' }, 'binance.flexibleLoan'))).toBe('shown');
  });
});

describe('plausibility', () => {
  const good = seen({});
  const doubts = (now: AccountView, ...by: Intent[]) =>
    plausible(good, now, {
      ours: by.map((one) => ({ at: Infinity, changes: explanationOf(one) })),
      others: [],
      lagMs: 0,
    }).map((one) => `${one.what} ${one.of}`);

  it('believes prices, interest and small changes', () => {
    const crashed = {
      ...good,
      loans: good.loans.map((one) => ({
        ...one,
        collateralValue: one.collateralValue.times('0.5'),
        ltv: one.ltv.times(2),
      })),
    };
    expect(doubts(crashed)).toEqual([]);
    expect(doubts(seen({ owed: '40010', btc: '1.2', free: '30000' }))).toEqual([]);
  });

  it('doubts what vanishes or grows without a record', () => {
    expect(doubts(seen({ owed: '0' }))).toEqual([`debt ${at({}).id}`]);
    expect(doubts(seen({ owed: '400000' }))).toEqual([`debt ${at({}).id}`]);
    expect(doubts(seen({ btc: '0.1' }))).toEqual([`collateral ${at({}).id}`]);
    expect(doubts(seen({ free: '0' }))).toEqual(['wallet spot']);
    const rich = { ...seen({ free: '90000000' }), prices: { USDT: dec(1) } };
    expect(doubts(rich)).toEqual(['wallet spot']);
    expect(doubts({ ...good, loans: [] })).toEqual([`debt ${at({}).id}`]);
    const moved = { ...good, loans: good.loans.map((one) => ({ ...one, line: dec('0.8') })) };
    expect(doubts(moved)).toEqual([`threshold ${at({}).id}`]);
  });

  it('believes what our own calls explain, happened or not', () => {
    const repay = intent({ amount: '30000' }, 'binance.crossMargin', { inside: '30000' });
    expect(doubts(seen({ owed: '10000' }), repay)).toEqual([]);
    expect(doubts(seen({ owed: '40000' }), repay)).toEqual([]);
    expect(doubts(seen({ owed: '3000' }), repay)).toEqual([`debt ${at({}).id}`]);
    const transfer = intent({ verb: 'transferIn', from: 'spot', to: 'inside', amount: '49990' });
    expect(doubts(seen({ free: '10', inside: '49990' }), transfer)).toEqual([]);
    const release = intent({ verb: 'transferOut', asset: 'BTC', amount: '0.9', from: 'inside', to: 'spot' });
    expect(doubts(seen({ btc: '0.1' }), release)).toEqual([]);
  });

  it('says nothing of parts that were not read', () => {
    const failed = {
      ...good,
      loans: [],
      wallets: [],
      sections: { 'binance.crossMargin': { state: 'failed' as const, reason: 'x', at: NOW } },
    };
    expect(doubts(failed)).toEqual([]);
  });

  it('of trifles is not doubted', () => {
    const dust = { ...good, loans: [at({ owed: '4' })] };
    expect(plausible(dust, { ...good, loans: [at({ owed: '0' })] }, { ours: [], others: [], lagMs: 0 })).toEqual([]);
  });

  it('returns after three agreeing reads over ten seconds', () => {
    const odd = (later: number, owed = '90000') => seen({ owed }, 'binance.crossMargin', later);
    expect(doubtIsOver([odd(0), odd(5000), odd(10_000)], at({}).id)).toBe(true);
    expect(doubtIsOver([odd(0), odd(5000), odd(9999)], at({}).id)).toBe(false);
    expect(doubtIsOver([odd(0), odd(10_000)], at({}).id)).toBe(false);
    expect(doubtIsOver([odd(0), odd(3000, '50000'), odd(6000), odd(10_000)], at({}).id)).toBe(false);
    expect(doubtIsOver([odd(0, '50000'), odd(1000), odd(6000), odd(11_000)], at({}).id)).toBe(true);
    expect(doubtIsOver([], at({}).id)).toBe(false);
    expect(agree(odd(0), odd(1, '90500'), at({}).id)).toBe(true);
    expect(agree(odd(0), odd(1, '91000'), at({}).id)).toBe(false);
  });

  it('of two processes agree, although only one of them remembers a loan that is closed', () => {
    const open = at({}, 'binance.flexibleLoan');
    const over = {
      ...loan({ product: 'binance.flexibleLoan', key: 'USDT-SOL', coins: [], debts: [] }),
      status: 'closed',
    };
    const remembering = { ...seen({}, 'binance.flexibleLoan'), loans: [open, over as LoanView] };
    expect(agree(remembering, { ...remembering, loans: [open] }, over.id)).toBe(true);
  });
});
