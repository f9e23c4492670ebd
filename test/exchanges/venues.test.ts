/** From settings to a venue: what policies may use reaches the adapter, and limits are counted where they should be. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { createReferenceFor, createVenue, type VenueSettings } from '../../src/exchanges/venues.ts';
import { startTestRedis, type TestRedis } from '../support/redis.ts';
import { FakeBinance } from './binance/fake.ts';
import { world } from './binance/world.ts';
import { KEYS, ScriptedOkx, UID } from './okx/support.ts';

const SIGNAL = new AbortController().signal;
const MOST = 'GET /sapi/v1/margin/maxTransferable';

let fake: FakeBinance;
let okx: ScriptedOkx;
let redis: TestRedis;

beforeAll(async () => {
  fake = await FakeBinance.start({ ...world(), [MOST]: { amount: '0.25' } });
  okx = new ScriptedOkx();
  await okx.start();
  redis = await startTestRedis();
});
afterAll(async () => {
  fake.stop();
  await okx.stop();
  await redis.stop();
});

function settings(venue: 'binance' | 'okx', over: Partial<VenueSettings> = {}): VenueSettings {
  const rest = venue === 'binance' ? fake.url : okx.rest;
  return {
    account: 'main',
    venue,
    key: KEYS,
    hosts: { rest, ws: rest.replace('http', 'ws') },
    products: venue === 'binance' ? ['binance.crossMargin'] : ['okx.flexibleLoan'],
    expectUid: venue === 'binance' ? '354937868' : UID,
    clock: { ...systemClock },
    requestDeadlineMs: 2_000,
    lagMarginMs: 500,
    binanceRecvWindowMs: 3_000,
    okxWindowMs: 30_000,
    waitsScale: 1,
    tagIntents: false,
    log: { info: () => undefined, warn: () => undefined },
    ...over,
  };
}

describe('coins that policies may use', () => {
  it('are the only ones of a Binance wallet that get a price and a place as new collateral', async () => {
    const open = async (usable: readonly string[] | null): Promise<string[]> => {
      const venue = createVenue(settings('binance', { usable }));
      const view = await venue.observe(SIGNAL);
      await venue.close();
      return (view.loans[0]?.collateral ?? []).filter(({ amount }) => amount.isZero()).map(({ asset }) => asset);
    };
    expect(await open(null)).toEqual(['ETH']);
    expect(await open(['BTC'])).toEqual([]);
  });

  it('are the only ones of an OKX wallet that are offered as new collateral', async () => {
    okx.on('GET asset/balances', () => [{ ccy: 'ETH', bal: '2', availBal: '2', frozenBal: '0' }]);
    okx.on('GET finance/flexible-loan/loan-info', () => [
      {
        ordId: '1',
        loanData: [{ ccy: 'USDT', amt: '1000' }],
        loanNotionalUsd: '999.6',
        collateralData: [{ ccy: 'BTC', amt: '1' }],
        collateralNotionalUsd: '58800',
        curLTV: '0.0170',
        marginCallLTV: '0.75',
        liqLTV: '0.85',
      },
    ]);
    const open = async (usable: readonly string[] | null): Promise<string[]> => {
      const venue = createVenue(settings('okx', { usable }));
      const view = await venue.observe(SIGNAL);
      await venue.close();
      return (view.loans[0]?.collateral ?? []).map(({ asset }) => asset);
    };
    expect(await open(null)).toEqual(['BTC', 'ETH']);
    expect(await open(['USDC'])).toEqual(['BTC']);
  });
});

describe('the most that may be released', () => {
  it('costs nothing at a look, and one call a coin when it is asked for', async () => {
    const venue = createVenue(settings('binance', {}));
    const before = fake.calls(MOST).length;
    const [loan] = (await venue.observe(SIGNAL)).loans;
    if (loan === undefined) throw new Error('no loan');
    expect([loan.maxRelease, fake.calls(MOST).length - before]).toEqual([{}, 0]);
    const most = await venue.mostToRelease(loan, ['BTC'], SIGNAL);
    await venue.close();
    expect(Object.entries(most).map(([asset, coins]) => [asset, coins.toFixed()])).toEqual([['BTC', '0.25']]);
    expect(fake.calls(MOST).length - before).toBe(1);
  });
});

describe('limits of real venues', () => {
  it('are counted in Redis where a connection is given, so that other processes see them', async () => {
    const client = redis.connect();
    // A limiter does not wait for a connection that is not there yet.
    await client.ping();
    const venue = createVenue(settings('binance', { redis: client }));
    await venue.observe(SIGNAL);
    await venue.close();
    const keys = await client.keys('ballast:limits*');
    expect(keys.filter((key) => key.includes('margin/account')).length).toBeGreaterThan(0);
    expect(keys.join(' ')).not.toContain('test-secret-value');
  });

  it('are one count for an account and for the prices that others are compared with', async () => {
    const index = (): number => okx.count('GET market/index-tickers');
    const clock = { ...systemClock, wall: () => 1_700_000_000_000 };
    const { log, requestDeadlineMs, waitsScale } = settings('okx');
    const common = { clock, log, requestDeadlineMs, waitsScale, rest: okx.rest, simulated: true };
    const reference = createReferenceFor({ ...common, venue: 'binance' });
    const before = index();
    for (let read = 0; read < 10; read += 1) await reference.refresh();
    const share = index() - before;
    expect(share).toBe(14);
    const venue = createVenue(settings('okx', { clock }));
    await venue.observe(SIGNAL).catch(() => undefined);
    await Promise.all([venue.close(), reference.stop()]);
    expect(index() - before).toBe(share);
  });

  it('of simulated exchanges stay in this process', async () => {
    const client = redis.connect();
    await client.flushall();
    const venue = createVenue(settings('binance', { redis: client, waitsScale: 0.1 }));
    await venue.observe(SIGNAL);
    await venue.close();
    expect(await client.keys('*')).toEqual([]);
  });
});
