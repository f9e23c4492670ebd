import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import type { AccountView } from '../../../src/core/loan.ts';
import { createBinance } from '../../../src/exchanges/binance/index.ts';
import type { Venue } from '../../../src/exchanges/exchange.ts';
import { createMeter } from '../../../src/exchanges/limits.ts';
import { FakeBinance, KEY, SIGNAL, WireRefusal, intent, type Answer } from './fake.ts';
import { world, type Coin } from './world.ts';

const ACCOUNT = 'GET /sapi/v1/margin/isolated/account';
const fakes: FakeBinance[] = [];
const venues: Venue[] = [];
afterEach(async () => {
  await Promise.all(venues.splice(0).map((venue) => venue.close()));
  for (const fake of fakes.splice(0)) fake.stop();
});

/** One pair as the venue prints it: trimmed numbers (binance.md §0.1 fact 15). */
function pair(base: Coin, quote: Coin, over: object = {}, index = 1000): Record<string, unknown> {
  const zero = { free: '0', locked: '0', borrowed: '0', interest: '0' };
  const [one, two] = [
    { ...zero, ...base },
    { ...zero, ...quote },
  ];
  const worth = (coin: typeof zero): number => Number(coin.free) + Number(coin.locked);
  const owed = (coin: typeof zero): number => Number(coin.borrowed) + Number(coin.interest);
  const debt = owed(one) * index + owed(two);
  const level = debt === 0 ? '999' : String(Number(((worth(one) * index + worth(two)) / debt).toFixed(8)));
  const common = { borrowEnabled: true, repayEnabled: true, netAsset: '0', netAssetOfBtc: '0', totalAsset: '0' };
  return {
    baseAsset: { asset: 'ETH', ...common, ...one },
    quoteAsset: { asset: 'USDT', ...common, ...two },
    symbol: 'ETHUSDT',
    isolatedCreated: true,
    enabled: true,
    marginLevel: level,
    marginLevelStatus: 'NORMAL',
    marginRatio: '5',
    indexPrice: String(index),
    liquidatePrice: '0',
    liquidateRate: '0',
    tradeEnabled: true,
    ...over,
  };
}

const LONG = pair({ free: '10', locked: '1' }, { free: '500', borrowed: '8000', interest: '0.5' });
const TIERS = [
  {
    symbol: 'ETHUSDT',
    tier: 2,
    effectiveMultiple: '5',
    initialRiskRatio: '1.25',
    liquidationRiskRatio: '1.15',
    baseAssetMaxBorrowable: '90',
    quoteAssetMaxBorrowable: '70000',
  },
  {
    symbol: 'ETHUSDT',
    tier: 1,
    effectiveMultiple: '10',
    initialRiskRatio: '1.111',
    liquidationRiskRatio: '1.05',
    baseAssetMaxBorrowable: '9',
    quoteAssetMaxBorrowable: '7000',
  },
];

async function setUp(answers: Record<string, Answer> = {}): Promise<{ fake: FakeBinance; venue: Venue }> {
  const fake = await FakeBinance.start({
    ...world(),
    [ACCOUNT]: { assets: [LONG], totalAssetOfBtc: '0', totalLiabilityOfBtc: '0', totalNetAssetOfBtc: '0' },
    'GET /sapi/v1/margin/isolatedMarginTier': TIERS,
    ...answers,
  });
  fakes.push(fake);
  const venue = createBinance({
    account: 'main',
    key: KEY,
    hosts: { rest: fake.url, ws: null },
    products: ['binance.isolatedMargin'],
    expectUid: null,
    clock: systemClock,
    meter: createMeter({ clock: systemClock }),
  });
  venues.push(venue);
  return { fake, venue };
}

async function look(...pairs: Record<string, unknown>[]): Promise<AccountView> {
  return (await setUp(pairs.length === 0 ? {} : { [ACCOUNT]: { assets: pairs } })).venue.observe(SIGNAL);
}

describe('a look at isolated margin', () => {
  it('is one loan per pair, priced by the pair’s own index', async () => {
    const { fake, venue } = await setUp();
    const [loan] = (await venue.observe(SIGNAL)).loans;
    expect(loan).toMatchObject({
      id: 'main/binance.isolatedMargin/ETHUSDT',
      key: 'ETHUSDT',
      status: 'open',
      call: null,
    });
    expect(loan?.debtValue.toFixed()).toBe('8000.5');
    expect(loan?.collateralValue.toFixed()).toBe('11500');
    expect(loan?.collateral.map((held) => [held.asset, held.amount.toFixed(), held.free.toFixed()])).toEqual([
      ['ETH', '11', '10'],
      ['USDT', '500', '500'],
    ]);
    expect(loan?.line.toFixed(6), 'the second tier holds the debt').toBe('0.869565');
    expect(fake.calls('GET /sapi/v1/margin/priceIndex').map((call) => call.params['symbol'])).not.toContain('ETHUSDT');
  });

  it('knows the risky coin as debt, too', async () => {
    const [loan] = (await look(pair({ borrowed: '5' }, { free: '8000' }))).loans;
    expect(loan?.ltv.toFixed()).toBe('0.625');
    expect(loan?.debts.map((debt) => [debt.asset, debt.price.toFixed()])).toEqual([['ETH', '1000']]);
    expect(loan?.line.toFixed(6)).toBe('0.952381');
  });

  it.each<[string, Record<string, unknown>]>([
    ['999', pair({ free: '1' }, {})],
    [
      'zero, and nothing inside',
      pair({}, {}, { marginLevel: '0.00000000', marginLevelStatus: 'EXCESSIVE', indexPrice: '0' }),
    ],
  ])('is closed when the level is %s', async (_name, row) => {
    expect((await look(row)).loans).toMatchObject([{ status: 'closed', venueLtv: null }]);
  });

  it.each<[string, object]>([
    ['forced', { marginLevelStatus: 'FORCE_LIQUIDATION' }],
    ['locked', { tradeEnabled: false }],
  ])('is being liquidated when %s', async (_name, over) => {
    expect((await look({ ...LONG, ...over })).loans).toMatchObject([{ status: 'liquidating' }]);
  });

  it.each<[string, Record<string, unknown>]>([
    ['a level that contradicts the balances', { ...LONG, marginLevel: '1.5' }],
    ['the sentinel beside a debt', { ...LONG, marginLevel: '999' }],
    ['no debt beside a level', { ...pair({ free: '1' }, {}), marginLevel: '1.2' }],
    ['an index price of zero', { ...LONG, indexPrice: '0' }],
    ['a missing side', { ...LONG, baseAsset: null }],
  ])('does not believe %s', async (_name, row) => {
    const view = await look(row);
    expect(view.loans).toEqual([]);
    expect(view.sections['binance.isolatedMargin']).toMatchObject({ state: 'failed' });
  });

  it('does not believe a pair without tiers', async () => {
    const { venue } = await setUp({ 'GET /sapi/v1/margin/isolatedMarginTier': [] });
    expect((await venue.observe(SIGNAL)).sections['binance.isolatedMargin']).toMatchObject({ state: 'failed' });
  });
});

describe('money calls', () => {
  it.each([
    [{ verb: 'repay' }, 'POST /sapi/v1/margin/borrow-repay', { isIsolated: 'TRUE', symbol: 'ETHUSDT', type: 'REPAY' }],
    [
      { verb: 'transferIn', from: 'spot', to: 'inside' },
      'POST /sapi/v1/asset/transfer',
      { type: 'MAIN_ISOLATED_MARGIN', toSymbol: 'ETHUSDT' },
    ],
    [
      { verb: 'transferOut', from: 'inside', to: 'spot' },
      'POST /sapi/v1/asset/transfer',
      { type: 'ISOLATED_MARGIN_MAIN', fromSymbol: 'ETHUSDT' },
    ],
  ] as const)('%o', async (leg, route, params) => {
    const { fake, venue } = await setUp({ [route]: { tranId: 1 } });
    await venue.observe(SIGNAL);
    const request = venue.sign(intent({ ...leg, product: 'binance.isolatedMargin', key: 'ETHUSDT' }));
    expect(await venue.send(request, SIGNAL)).toMatchObject({ outcome: 'accepted', ref: '1' });
    expect(fake.calls(route)[0]?.params).toMatchObject(params);
  });

  it('ask for records and flow of the pair', async () => {
    const { fake, venue } = await setUp({
      'GET /sapi/v1/margin/borrow-repay': { rows: [], total: 0 },
      'GET /sapi/v1/margin/capital-flow': [],
    });
    const sentAt = Date.now() - 60_000;
    const sent = intent({
      product: 'binance.isolatedMargin',
      key: 'ETHUSDT',
      sentAt,
      validUntil: sentAt + 3_000,
      before: { ...intent().before, debt: { USDT: '8000.4' } },
    });
    expect(await venue.evidence(sent, SIGNAL)).toMatchObject({ verdict: 'didNotHappen' });
    expect(fake.calls('GET /sapi/v1/margin/borrow-repay')[0]?.params).toMatchObject({ isolatedSymbol: 'ETHUSDT' });
    expect(fake.calls('GET /sapi/v1/margin/capital-flow')[0]?.params).toMatchObject({ symbol: 'ETHUSDT' });
    expect(fake.calls(ACCOUNT)[0]?.params).toMatchObject({ symbols: 'ETHUSDT' });
    fake.answers[ACCOUNT] = (): unknown => new WireRefusal(502, '');
    await expect(venue.evidence(sent, SIGNAL)).rejects.toMatchObject({ name: 'VenueError' });
  });
});
