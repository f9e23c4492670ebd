import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import { createBinance, type BinanceOptions } from '../../../src/exchanges/binance/index.ts';
import type { Finding, Venue } from '../../../src/exchanges/exchange.ts';
import { createMeter } from '../../../src/exchanges/limits.ts';
import { FakeBinance, KEY, SIGNAL, WireRefusal, type Answer } from './fake.ts';
import { CROSS_COINS, KEY_RIGHTS, PRICES, marginAccount, world } from './world.ts';

const fakes: FakeBinance[] = [];
const venues: Venue[] = [];
afterEach(async () => {
  await Promise.all(venues.splice(0).map((venue) => venue.close()));
  for (const fake of fakes.splice(0)) fake.stop();
});

const RIGHTS = 'GET /sapi/v1/account/apiRestrictions';

async function findings(
  answers: Record<string, Answer> = {},
  options: Partial<BinanceOptions> = {},
): Promise<readonly Finding[]> {
  const fake = await FakeBinance.start({ ...world(), ...answers });
  fakes.push(fake);
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
  const found = await venue.examine(SIGNAL);
  expect(inspect(found, { depth: null })).not.toContain('MARKED-SECRET');
  return found;
}

function bad(found: readonly Finding[]): readonly (readonly [string, string, number | null])[] {
  return found.filter((one) => one.level !== 'ok').map((one) => [one.check, one.level, one.exit] as const);
}

describe('examine', () => {
  it('finds nothing to say about a good key', async () => {
    const found = await findings();
    expect(bad(found)).toEqual([]);
    expect(found.map((one) => one.check)).toEqual([
      'host',
      'clock',
      'venue status',
      'account UID',
      'key permissions',
      'key IP binding',
      'key expiry',
      'account mode',
    ]);
  });

  it.each<[string, Record<string, Answer>, Partial<BinanceOptions>, readonly (string | number | null)[]]>([
    ['a key of another account', {}, { expectUid: '1' }, ['account UID', 'fail', 77]],
    ['no expected UID', {}, { expectUid: null }, ['account UID', 'warn', null]],
    [
      'a key that withdraws',
      { [RIGHTS]: { ...KEY_RIGHTS, enableWithdrawals: true } },
      {},
      ['key permissions', 'fail', 77],
    ],
    ['a key without margin', { [RIGHTS]: { ...KEY_RIGHTS, enableMargin: false } }, {}, ['key permissions', 'fail', 77]],
    [
      'a key without transfers',
      { [RIGHTS]: { ...KEY_RIGHTS, permitsUniversalTransfer: false } },
      {},
      ['key permissions', 'fail', 77],
    ],
    ['a key for any address', { [RIGHTS]: { ...KEY_RIGHTS, ipRestrict: false } }, {}, ['key IP binding', 'warn', null]],
    [
      'a key that ends soon',
      { [RIGHTS]: { ...KEY_RIGHTS, tradingAuthorityExpirationTime: Date.now() + 86_400_000 } },
      {},
      ['key expiry', 'warn', null],
    ],
    [
      'Cross Margin Pro',
      { 'GET /sapi/v1/margin/account': marginAccount(CROSS_COINS, PRICES, { accountType: 'MARGIN_2' }) },
      {},
      ['account mode', 'fail', 78],
    ],
    [
      'no margin account',
      { 'GET /sapi/v1/margin/account': (): unknown => new WireRefusal(400, { code: -3003, msg: 'x' }) },
      {},
      ['account mode', 'fail', 78],
    ],
    [
      'maintenance',
      { 'GET /sapi/v1/system/status': { status: 1, msg: 'system_maintenance' } },
      {},
      ['venue status', 'warn', null],
    ],
    [
      'a clock that is off',
      { 'GET /api/v3/time': (): unknown => ({ serverTime: Date.now() + 5_000 }) },
      {},
      ['clock', 'warn', null],
    ],
    [
      'a refused key',
      { [RIGHTS]: (): unknown => new WireRefusal(401, { code: -2015, msg: 'Invalid API-key' }) },
      {},
      ['key permissions', 'fail', 77],
    ],
    [
      'a wrong secret',
      { [RIGHTS]: (): unknown => new WireRefusal(400, { code: -1022, msg: 'Signature' }) },
      {},
      ['key permissions', 'fail', 77],
    ],
    [
      'a server that fails',
      { [RIGHTS]: (): unknown => new WireRefusal(502, '<html>') },
      {},
      ['key permissions', 'fail', 69],
    ],
  ])('%s', async (_name, answers, options, expected) => {
    const found = await findings(answers, options);
    expect(bad(found)).toEqual([expected]);
    for (const one of found) if (one.level !== 'ok') expect(one.remedy).not.toBe('');
  });

  it('accepts a key that withdraws when the operator does, and says so', async () => {
    expect(
      bad(await findings({ [RIGHTS]: { ...KEY_RIGHTS, enableWithdrawals: true } }, { allowWithdraw: true })),
    ).toEqual([['key permissions', 'warn', null]]);
  });

  it('names rights that nothing needs', async () => {
    const rights = { ...KEY_RIGHTS, enableFutures: true, enableInternalTransfer: true };
    const [found] = (await findings({ [RIGHTS]: rights })).filter(({ level }) => level !== 'ok');
    expect(found).toMatchObject({ check: 'key permissions', level: 'warn' });
    expect(found?.says).toBe('the key may more than Ballast needs: “Enable Futures”, “Enable Internal Transfer”');
    // What margin needs is too much for flexible loans.
    const flexible = await findings({ [RIGHTS]: KEY_RIGHTS }, { products: ['binance.flexibleLoan'] });
    expect(bad(flexible)).toEqual([['key permissions', 'warn', null]]);
  });

  it('says that trading rights have ended, which is no matter for a key that only watches', async () => {
    const rights = { ...KEY_RIGHTS, tradingAuthorityExpirationTime: Date.now() - 1 };
    const ended = (await findings({ [RIGHTS]: rights })).find(({ check }) => check === 'key expiry');
    expect(ended).toMatchObject({ level: 'fail', exit: 77, onlyForSending: true });
  });

  it('measures how long the venue takes, and takes no stranger for it', async () => {
    const fake = await FakeBinance.start(world());
    const stranger = await FakeBinance.start({ 'GET /api/v3/time': { hello: 'portal' } });
    fakes.push(fake, stranger);
    const trip = (rest: string): Promise<number> => {
      const venue = createBinance({
        ...{ account: 'main', key: KEY, hosts: { rest, ws: null }, products: ['binance.crossMargin'] },
        ...{ expectUid: null, clock: systemClock, meter: createMeter({ clock: systemClock }) },
      });
      venues.push(venue);
      return venue.roundTripMs();
    };
    expect(await trip(fake.url)).toBeGreaterThan(0);
    await expect(trip(stranger.url)).rejects.toMatchObject({ name: 'VenueError' });
  });

  it('asks for no margin rights where there are only flexible loans', async () => {
    const rights = { ...KEY_RIGHTS, enableMargin: false, permitsUniversalTransfer: false };
    expect(bad(await findings({ [RIGHTS]: rights }, { products: ['binance.flexibleLoan'] }))).toEqual([]);
  });

  it('says a host that does not answer is unavailable', async () => {
    expect(bad(await findings({}, { hosts: { rest: 'http://127.0.0.1:1', ws: null } }))).toEqual([
      ['host', 'fail', 69],
    ]);
  });

  it('says so when the secret is no readable private key', async () => {
    const secret = { reveal: () => '-----BEGIN PRIVATE KEY-----\nMARKED-SECRET\n-----END PRIVATE KEY-----' };
    const found = await findings({}, { key: { id: KEY.id, secret } });
    expect(bad(found).every(([, level, exit]) => level === 'fail' && exit === 77)).toBe(true);
    expect(bad(found).length).toBeGreaterThan(0);
  });
});
