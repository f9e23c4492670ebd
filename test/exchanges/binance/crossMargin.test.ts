import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import type { AccountView, LoanView } from '../../../src/core/loan.ts';
import { createBinance, type BinanceOptions } from '../../../src/exchanges/binance/index.ts';
import type { Venue } from '../../../src/exchanges/exchange.ts';
import { createMeter } from '../../../src/exchanges/limits.ts';
import { FakeBinance, KEY, SIGNAL, WireRefusal, intent, type Answer } from './fake.ts';
import { CROSS_COINS, PRICES, marginAccount, priceIndex, world } from './world.ts';

const ACCOUNT = 'GET /sapi/v1/margin/account';
const open: { stop(): void }[] = [];
const venues: Venue[] = [];
afterEach(async () => {
  await Promise.all(venues.splice(0).map((venue) => venue.close()));
  for (const fake of open.splice(0)) fake.stop();
});

async function setUp(
  answers: Record<string, Answer> = {},
  options: Partial<BinanceOptions> = {},
): Promise<{ fake: FakeBinance; venue: Venue }> {
  const fake = await FakeBinance.start({ ...world(), ...answers });
  open.push(fake);
  const venue = createBinance({
    account: 'main',
    key: KEY,
    hosts: { rest: fake.url, ws: null },
    products: ['binance.crossMargin'],
    expectUid: '354937868',
    clock: systemClock,
    meter: createMeter({ clock: systemClock }),
    ...options,
  });
  venues.push(venue);
  return { fake, venue };
}

async function look(answers: Record<string, Answer> = {}, options: Partial<BinanceOptions> = {}): Promise<AccountView> {
  return (await setUp(answers, options)).venue.observe(SIGNAL);
}

function cross(view: AccountView): LoanView {
  const [loan] = view.loans;
  if (loan === undefined) throw new Error(`no loan: ${JSON.stringify(view.sections)}`);
  return loan;
}

function failure(view: AccountView): string {
  const state = view.sections['binance.crossMargin'];
  return state?.state === 'failed' ? state.reason : '';
}

describe('a look at cross margin', () => {
  it('says what the account holds and owes', async () => {
    const before = Date.now();
    const view = await look();
    const loan = cross(view);
    expect(view).toMatchObject({ account: 'main', uid: '354937868' });
    expect(loan).toMatchObject({
      id: 'main/binance.crossMargin',
      key: '',
      status: 'open',
      marginRatio: null,
      alerts: [],
    });
    expect(loan.asOf).toBeGreaterThanOrEqual(before);
    expect(
      loan.debts.map(({ asset, amount, interest, minRepay }) => [
        asset,
        amount.toFixed(),
        interest.toFixed(),
        minRepay?.toFixed(),
      ]),
    ).toEqual([
      ['USDT', '20001.5', '1.5', '10'],
      ['BNB', '0.000001', '0.000001', '0'],
    ]);
    expect(
      loan.collateral.map(({ asset, amount, free, addTiers }) => [
        asset,
        amount.toFixed(),
        free.toFixed(),
        addTiers.length,
      ]),
    ).toEqual([
      ['BTC', '1.5', '1', 1],
      ['USDT', '500', '500', 1],
      ['ETH', '0', '0', 1],
    ]);
    expect(loan.debtValue.toFixed()).toBe('20001.5003');
    expect(loan.collateralValue.toFixed()).toBe('30500');
    expect(loan.line.toFixed(8)).toBe('0.90909091');
    expect(loan.call?.toFixed(8)).toBe('0.76923077');
    expect(loan.ltv.gte(loan.venueLtv?.low ?? 0) && loan.ltv.lte(loan.venueLtv?.high ?? 0)).toBe(true);
    expect(loan.collateral.every((held) => held.weight.eq(1))).toBe(true);
  });

  it('lists what the spot wallet has free, and prices what may be used', async () => {
    const view = await look();
    expect(view.wallets).toHaveLength(1);
    const [spot] = view.wallets;
    expect(Object.entries(spot?.free ?? {}).map(([asset, free]) => [asset, free.toFixed()])).toEqual([
      ['USDT', '700.5'],
      ['ETH', '2'],
      ['WEIRD', '9'],
    ]);
    expect(Object.fromEntries(Object.entries(view.prices).map(([asset, price]) => [asset, price.toFixed()]))).toEqual({
      USDT: '1',
      BTC: '20000',
      BNB: '300',
      ETH: '1000',
    });
  });

  it('reads only what is named as usable', async () => {
    const { fake, venue } = await setUp({}, { usable: ['USDT'] });
    const view = await venue.observe(SIGNAL);
    expect(cross(view).collateral.map((held) => held.asset)).toEqual(['BTC', 'USDT']);
    expect(fake.calls('GET /sapi/v1/margin/priceIndex').map((call) => call.params['symbol'])).not.toContain('ETHUSDT');
  });

  it('is closed when the venue says so positively', async () => {
    const view = await look({ [ACCOUNT]: marginAccount({ BTC: { free: '1' } }) });
    expect(cross(view)).toMatchObject({ status: 'closed', debts: [], venueLtv: null });
    expect(cross(view).ltv.isZero()).toBe(true);
  });

  it('is being liquidated when the venue has locked it', async () => {
    const locked = { tradeEnabled: false, transferInEnabled: false, transferOutEnabled: false };
    expect(cross(await look({ [ACCOUNT]: marginAccount(CROSS_COINS, PRICES, locked) }))).toMatchObject({
      status: 'liquidating',
    });
  });

  it('values a coin without a USDT index through BTC', async () => {
    const coins = { ...CROSS_COINS, OLD: { free: '100' } };
    const loan = cross(await look({ [ACCOUNT]: marginAccount(coins) }));
    expect(loan.collateral.find((held) => held.asset === 'OLD')?.price.toFixed()).toBe('20');
  });

  it('does not ask again for a symbol without an index', async () => {
    const { fake, venue } = await setUp({ [ACCOUNT]: marginAccount({ ...CROSS_COINS, OLD: { free: '100' } }) });
    await venue.observe(SIGNAL);
    await venue.observe(SIGNAL);
    const asked = fake.calls('GET /sapi/v1/margin/priceIndex').map((call) => call.params['symbol']);
    expect(asked.filter((symbol) => symbol === 'OLDUSDT')).toHaveLength(1);
    expect(asked.filter((symbol) => symbol === 'BTCUSDT')).toHaveLength(2);
  });

  it('offers nothing to add when the venue takes no transfers', async () => {
    const loan = cross(await look({ [ACCOUNT]: marginAccount(CROSS_COINS, PRICES, { transferInEnabled: false }) }));
    expect(loan.status).toBe('open');
    expect(loan.collateral.every((held) => held.addTiers.length === 0)).toBe(true);
    expect(loan.alerts).toHaveLength(1);
  });

  it('goes on without the table of minima, and says so', async () => {
    const loan = cross(await look({ 'GET /sapi/v1/margin/allAssets': new WireRefusal(500, '') }));
    expect(loan.debts[0]?.minRepay).toBeNull();
    expect(loan.collateral.every((held) => held.addTiers.length === 0)).toBe(true);
    expect(loan.alerts).toHaveLength(1);
  });
});

describe('what may not be believed', () => {
  it.each<[string, Answer]>([
    [
      'a debt that vanished while the totals still know it',
      marginAccount(CROSS_COINS, PRICES, { userAssets: marginAccount({ BTC: { free: '1.5' } })['userAssets'] }),
    ],
    ['an account without any asset', marginAccount(CROSS_COINS, PRICES, { userAssets: [] })],
    ['a margin level that contradicts the totals', marginAccount(CROSS_COINS, PRICES, { marginLevel: '1.60000000' })],
    ['the sentinel while there is a debt', marginAccount(CROSS_COINS, PRICES, { marginLevel: '999.00000000' })],
    ['a level of zero', marginAccount(CROSS_COINS, PRICES, { marginLevel: '0.00000000' })],
    [
      'totals of zero',
      marginAccount(CROSS_COINS, PRICES, { totalAssetOfBtc: '0.00000000', totalLiabilityOfBtc: '0.00000000' }),
    ],
    [
      'half of everything missing',
      marginAccount({ BTC: { free: '0.75' }, USDT: { free: '250', borrowed: '10000' } }, PRICES, {
        totalAssetOfBtc: '1.52500000',
        totalLiabilityOfBtc: '1.00007502',
      }),
    ],
    ['a missing level', marginAccount(CROSS_COINS, PRICES, { marginLevel: '' })],
    ['a negative debt', marginAccount({ ...CROSS_COINS, BNB: { borrowed: '-1' } }, PRICES)],
    ['Cross Margin Pro', marginAccount(CROSS_COINS, PRICES, { accountType: 'MARGIN_2' })],
    ['HTML', '<html>'],
    ['an empty object', {}],
    ['a server error', new WireRefusal(502, '<html>')],
  ])('%s', async (_name, answer) => {
    const view = await look({ [ACCOUNT]: answer instanceof WireRefusal ? (): unknown => answer : answer });
    expect(view.loans).toEqual([]);
    expect(view.sections['binance.crossMargin']).toMatchObject({ state: 'failed' });
    expect(view.sections['wallet.spot']).toMatchObject({ state: 'fresh' });
    expect(failure(view)).toContain('margin/account');
  });

  it('balances and prices of two moments, unless a second reading agrees', async () => {
    const moved = { ...PRICES, BTCUSDT: '15000' };
    let reads = 0;
    const view = await look({
      [ACCOUNT]: () => {
        reads += 1;
        return marginAccount(CROSS_COINS, reads === 1 ? PRICES : moved);
      },
      'GET /sapi/v1/margin/priceIndex': priceIndex(moved),
    });
    expect(reads).toBe(2);
    expect(cross(view).ltv.toFixed(4)).toBe('0.8696');

    const never = await look({ 'GET /sapi/v1/margin/priceIndex': priceIndex(moved) });
    expect(failure(never)).toContain('disagree');
  });

  it('a debt without a price', async () => {
    const view = await look({ [ACCOUNT]: marginAccount({ ...CROSS_COINS, XRP: { borrowed: '1' } }) });
    expect(failure(view)).toContain('XRP');
  });

  it('thresholds that make no sense', async () => {
    const view = await look({
      'GET /sapi/v1/margin/tradeCoeff': { normalBar: '1.5', marginCallBar: '1.3', forceLiquidationBar: '0.9' },
    });
    expect(failure(view)).toContain('thresholds');
  });

  it('a wallet that could not be read is absent, not empty', async () => {
    const view = await look({ 'POST /sapi/v3/asset/getUserAsset': new WireRefusal(500, '') });
    expect(view.wallets).toEqual([]);
    expect(view.sections['wallet.spot']).toMatchObject({ state: 'failed' });
    expect(view.loans).toHaveLength(1);
  });

  it('a key of another account', async () => {
    await expect(look({}, { expectUid: '1' })).rejects.toMatchObject({ name: 'VenueError', kind: 'permission' });
  });

  it('nothing at all: then it throws', async () => {
    const { venue, fake } = await setUp();
    await venue.observe(SIGNAL);
    fake.stop();
    await expect(venue.observe(SIGNAL)).rejects.toMatchObject({ name: 'VenueError', kind: 'network' });
  });
});

describe('money calls', () => {
  it.each([
    [
      { verb: 'repay', from: 'inside', to: 'loan' },
      'POST /sapi/v1/margin/borrow-repay',
      { type: 'REPAY', isIsolated: 'FALSE', asset: 'USDT', amount: '100.00001234' },
    ],
    [
      { verb: 'borrow', from: 'loan', to: 'inside' },
      'POST /sapi/v1/margin/borrow-repay',
      { type: 'BORROW', isIsolated: 'FALSE' },
    ],
    [
      { verb: 'transferIn', from: 'spot', to: 'inside' },
      'POST /sapi/v1/asset/transfer',
      { type: 'MAIN_MARGIN', asset: 'USDT', amount: '100.00001234' },
    ],
    [{ verb: 'transferOut', from: 'inside', to: 'spot' }, 'POST /sapi/v1/asset/transfer', { type: 'MARGIN_MAIN' }],
  ] as const)('%o', async (leg, route, params) => {
    const { fake, venue } = await setUp({ [route]: { tranId: 77 } }, { tagIntents: true });
    await venue.observe(SIGNAL);
    const request = venue.sign(intent(leg));
    expect(await venue.send(request, SIGNAL)).toMatchObject({ outcome: 'accepted', ref: '77', final: false });
    expect(fake.calls(route)).toHaveLength(1);
    expect(fake.calls(route)[0]?.params).toMatchObject(params);
    expect(fake.calls(route)[0]?.params).not.toHaveProperty('symbol');
    expect(Number(fake.calls(route)[0]?.params['recvWindow'])).toBeLessThanOrEqual(3_000);
    expect(inspect(venue, { depth: 8 })).not.toContain('MARKED-SECRET');
  });

  it.each([
    { verb: 'add' },
    { verb: 'reduce' },
    { verb: 'transferIn', from: 'funding' },
    { verb: 'transferOut', to: 'funding' },
    { product: 'okx.spotBorrow' },
    { amount: '0' },
    { amount: '-5' },
    { amount: '1e5' },
  ] as const)('refuses to sign %o', async (over) => {
    const { venue } = await setUp();
    await venue.observe(SIGNAL);
    expect(() => venue.sign(intent(over))).toThrow();
  });

  it('refuses a request it did not sign', async () => {
    const { venue } = await setUp();
    await venue.observe(SIGNAL);
    const request = venue.sign(intent());
    expect(await venue.send({ ...request }, SIGNAL)).toMatchObject({ outcome: 'refused' });
  });
});
