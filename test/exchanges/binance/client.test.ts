import { createHmac, createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import type { Reply } from '../../../src/core/intent.ts';
import { SigningError } from '../../../src/exchanges/binance/ccxtSigner.ts';
import { ENDPOINTS, bucketOf, ipScope } from '../../../src/exchanges/binance/endpoints.ts';
import type { BinanceClient } from '../../../src/exchanges/binance/client.ts';
import { acceptTranId } from '../../../src/exchanges/binance/wallet.ts';
import { VenueError, type SignedRequest } from '../../../src/exchanges/exchange.ts';
import { createMeter } from '../../../src/exchanges/limits.ts';
import { binance } from 'ccxt';
import { DONE, FakeBinance, SIGNAL, WireRefusal, clientFor, transports } from './fake.ts';

const fakes: FakeBinance[] = [];
afterEach(async () => {
  await Promise.all(transports.splice(0).map((transport) => transport.close()));
  for (const fake of fakes.splice(0)) fake.stop();
});

async function start(answers: Parameters<typeof FakeBinance.start>[0] = {}): Promise<FakeBinance> {
  const fake = await FakeBinance.start(answers);
  fakes.push(fake);
  return fake;
}

const REPAY = { asset: 'USDT', isIsolated: 'FALSE', amount: '25.5', type: 'REPAY' };
const POST_REPAY = 'POST /sapi/v1/margin/borrow-repay';

async function signed(client: BinanceClient): Promise<SignedRequest> {
  await client.time.known();
  return client.sign('intent-1', ENDPOINTS.borrowRepay, REPAY);
}

async function money(client: BinanceClient, request?: SignedRequest): Promise<Reply> {
  return client.money(request ?? (await signed(client)), SIGNAL, acceptTranId);
}

/** Documented (binance.md §7.1); ccxt has no name for them. */
const NOT_IN_CCXT = ['loan/flexible/liquidation/history', 'loan/interestRateHistory'];

describe('endpoints', () => {
  it('are all in ccxt’s table', () => {
    const ccxt: object = new binance();
    for (const { group, method, path } of Object.values(ENDPOINTS)) {
      if (NOT_IN_CCXT.includes(path)) continue;
      expect(ccxt).toHaveProperty(['api', group, method.toLowerCase(), path]);
    }
  });

  it('share one bucket below /api and have their own below /sapi', () => {
    const ids = Object.values(ENDPOINTS).map((endpoint) => bucketOf(endpoint, 'h', 'a').id);
    expect(new Set(ids).size).toBe(ids.length - 1); // time and account
    expect(bucketOf(ENDPOINTS.borrowRepay, 'h', 'a').id).not.toBe(bucketOf(ENDPOINTS.borrowRepay, 'h', 'b').id);
    expect(bucketOf(ENDPOINTS.marginAccount, 'h', 'a').id).toBe(bucketOf(ENDPOINTS.marginAccount, 'h', 'b').id);
  });
});

describe('signing', () => {
  it('signs exactly the text that is sent, with HMAC', async () => {
    const client = clientFor(await start());
    const request = await signed(client);
    const [payload, signature] = request.body.split('&signature=');
    expect(signature).toBe(
      createHmac('sha256', 'HMAC-MARKED-SECRET')
        .update(payload ?? '')
        .digest('hex'),
    );
    expect(new URLSearchParams(payload)).toEqual(
      new URLSearchParams({ timestamp: String(request.signedAt), ...REPAY, recvWindow: '3000' }),
    );
  });

  it.each(['ed25519', 'rsa'] as const)('signs with %s keys', async (type) => {
    const pair = type === 'rsa' ? generateKeyPairSync('rsa', { modulusLength: 2048 }) : generateKeyPairSync('ed25519');
    const pem = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const client = clientFor(await start(), { key: { id: { reveal: () => 'k' }, secret: { reveal: () => pem } } });
    const { body } = await signed(client);
    const [payload, signature] = body.split('&signature=');
    const bytes = Buffer.from(decodeURIComponent(signature ?? ''), 'base64');
    const key = createPublicKey(pair.publicKey.export({ type: 'spki', format: 'pem' }).toString());
    expect(verify(type === 'rsa' ? 'sha256' : null, Buffer.from(payload ?? ''), key, bytes)).toBe(true);
  });

  it('says without any of it that a private key cannot be read', async () => {
    const client = clientFor(await start(), {
      key: {
        id: { reveal: () => 'k' },
        secret: { reveal: () => '-----BEGIN PRIVATE KEY-----\nMARKED-SECRET\n-----END PRIVATE KEY-----' },
      },
    });
    const failure: unknown = await signed(client).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(SigningError);
    expect(inspect(failure, { depth: null, showHidden: true })).not.toContain('MARKED-SECRET');
  });

  it('signs the venue’s time, and says until when on its clock it is valid', async () => {
    const client = clientFor(await start({ 'GET /api/v3/time': () => ({ serverTime: Date.now() + 60_000 }) }));
    const before = Date.now();
    const request = await signed(client);
    expect(request.signedAt - before).toBeGreaterThan(59_000);
    expect(request.validUntil - request.signedAt).toBeGreaterThanOrEqual(3_000 + 1_000);
    expect(request.validUntil - request.signedAt).toBeLessThan(6_000);
  });

  it('signs nothing while the venue’s clock is unknown', async () => {
    const client = clientFor(await start());
    expect(() => client.sign('i', ENDPOINTS.borrowRepay, REPAY)).toThrow(VenueError);
  });

  it('doubts the offset when our wall clock was set', async () => {
    let jump = 0;
    const clock = { ...systemClock, wall: () => Date.now() + jump };
    const fake = await start();
    const client = clientFor(fake, { clock });
    await client.time.known();
    jump = 30_000;
    expect(client.time.offset()).toBeNull();
    await client.time.known();
    expect(Math.round((client.time.offset() ?? 0) / 1000)).toBe(-30);
  });

  it('refuses a longer window than 3 s', async () => {
    const fake = await start();
    expect(() => clientFor(fake, { recvWindowMs: 5_000 })).toThrow(RangeError);
  });

  it('tags money calls only when told to', async () => {
    const fake = await start();
    expect((await signed(clientFor(fake))).headers).not.toHaveProperty('x-ballast-intent');
    expect((await signed(clientFor(fake, { tagIntents: true }))).headers).toMatchObject({
      'x-ballast-intent': 'intent-1',
    });
  });
});

describe('money', () => {
  it('is accepted with a transaction id, exactly as written', async () => {
    const fake = await start({ [POST_REPAY]: '{"tranId":9007199254740993,"clientTag":""}' });
    expect(await money(clientFor(fake, { tagIntents: true }))).toMatchObject({
      outcome: 'accepted',
      ref: '9007199254740993',
      final: false,
    });
    expect(fake.calls(POST_REPAY)).toHaveLength(1);
    expect(fake.calls(POST_REPAY)[0]?.headers['x-ballast-intent']).toBe('intent-1');
    expect(fake.calls(POST_REPAY)[0]?.params).toMatchObject(REPAY);
  });

  it.each(['', '{}', '[]', '<html></html>', '{"tranId":null}', '{"tranId":"abc"}', '{"tranId":12', 'null'])(
    'is unknown when 200 says %j',
    async (body) => {
      const fake = await start({ [POST_REPAY]: body });
      expect((await money(clientFor(fake))).outcome).toBe('unknown');
      expect(fake.calls(POST_REPAY)).toHaveLength(1);
    },
  );

  it('is refused when it could not leave', async () => {
    const fake = await start();
    const client = clientFor(fake);
    const request = await signed(client);
    fake.stop();
    expect((await money(client, request)).outcome).toBe('refused');
  });

  it('is unknown when the answer is lost', async () => {
    const fake = await start({
      [POST_REPAY]: ({ response }) => {
        response.destroy();
        return DONE;
      },
    });
    expect((await money(clientFor(fake))).outcome).toBe('unknown');
    expect(fake.calls(POST_REPAY)).toHaveLength(1);
  });

  it.each([
    [400, -3015, 'Repay amount exceeds borrow amount.', { outcome: 'rejected', effect: 'exceedsDebt' }],
    [200, -3015, 'Repay amount exceeds borrow amount.', { outcome: 'rejected', effect: 'exceedsDebt' }],
    [503, -3015, 'Repay amount exceeds borrow amount.', { outcome: 'unknown' }],
    [401, -2015, 'Invalid API-key, IP, or permissions for action.', { outcome: 'rejected', effect: 'halt' }],
    [400, -99999, 'never seen', { outcome: 'unknown', code: '-99999' }],
  ])('status %s code %s', async (status, code, msg, expected) => {
    const fake = await start({ [POST_REPAY]: new WireRefusal(status, { code, msg }) });
    expect(await money(clientFor(fake))).toMatchObject(expected);
    expect(fake.calls(POST_REPAY)).toHaveLength(1);
  });

  it('goes out once: a request sent before is refused', async () => {
    const fake = await start({ [POST_REPAY]: { tranId: 1 } });
    const client = clientFor(fake);
    const request = await signed(client);
    expect((await money(client, request)).outcome).toBe('accepted');
    expect((await money(client, request)).outcome).toBe('refused');
    expect(fake.calls(POST_REPAY)).toHaveLength(1);
  });

  it('asks the clock again after a clock refusal, and does not send again', async () => {
    const fake = await start({ [POST_REPAY]: new WireRefusal(400, { code: -1021, msg: 'outside' }) });
    const client = clientFor(fake);
    expect(await money(client)).toMatchObject({ outcome: 'rejected', effect: 'clock' });
    expect(client.time.offset()).toBeNull();
    expect(fake.calls(POST_REPAY)).toHaveLength(1);
  });

  it('stops everything from this address after a 418', async () => {
    const fake = await start({
      [POST_REPAY]: new WireRefusal(418, { code: -1003, msg: 'banned' }, { 'retry-after': '60' }),
      'GET /sapi/v1/margin/account': {},
    });
    const client = clientFor(fake);
    const later = await signed(client);
    expect(await money(client)).toMatchObject({ outcome: 'rejected', effect: 'banned', retryAfterMs: 60_000 });
    expect(await money(client, later)).toMatchObject({ outcome: 'refused' });
    await expect(client.read(ENDPOINTS.marginAccount, {}, {})).rejects.toMatchObject({ kind: 'rateLimited' });
    expect(fake.calls(POST_REPAY)).toHaveLength(1);
    expect(fake.calls('GET /sapi/v1/margin/account')).toHaveLength(0);
  });

  it('does not ask polling’s permission', async () => {
    const fake = await start({ [POST_REPAY]: { tranId: 1 } });
    const meter = createMeter({ clock: systemClock });
    const host = new URL(fake.url).host;
    const bucket = bucketOf(ENDPOINTS.borrowRepay, host, 'main');
    meter.correct(bucket, bucket.limit - 1500);
    const client = clientFor(fake, { meter });
    expect((await money(client)).outcome).toBe('accepted');
    expect(await money(client)).toMatchObject({ outcome: 'refused' });
    expect(ipScope(host)).toContain(host);
  });
});

describe('reads', () => {
  it('are signed with the venue’s time and answered once again after -1021', async () => {
    let skew = 0;
    let reads = 0;
    const fake = await start({
      'GET /api/v3/time': () => ({ serverTime: Date.now() + skew }),
      'GET /sapi/v1/margin/account': ({ params }) => {
        reads += 1;
        return Math.abs(Number(params['timestamp']) - Date.now() - skew) < 1_000
          ? { ok: 1 }
          : new WireRefusal(400, { code: -1021, msg: 'x' });
      },
    });
    const client = clientFor(fake);
    await client.time.known();
    skew = 100_000;
    expect(await client.read(ENDPOINTS.marginAccount, {}, {})).toEqual({ ok: '1' });
    expect(reads).toBe(2);
  });

  it.each([
    ['<html>', 'malformed'],
    ['', 'malformed'],
    ['{"a":', 'malformed'],
    ['{"code":-3003,"msg":"Margin account does not exist."}', 'permission'],
  ])('200 with %j is no answer', async (body, kind) => {
    const client = clientFor(await start({ 'GET /sapi/v1/margin/account': body }));
    await expect(client.read(ENDPOINTS.marginAccount, {}, {})).rejects.toMatchObject({ name: 'VenueError', kind });
  });

  it('heed the venue’s own count', async () => {
    const fake = await start({
      'GET /sapi/v1/margin/account': ({ response }) => {
        response.setHeader('X-SAPI-USED-IP-WEIGHT-1M', '8395');
        return {};
      },
    });
    const client = clientFor(fake);
    await client.read(ENDPOINTS.marginAccount, {}, {});
    await expect(client.read(ENDPOINTS.marginAccount, {}, {})).rejects.toMatchObject({
      kind: 'rateLimited',
      code: null,
    });
    await expect(client.read(ENDPOINTS.marginAccount, {}, { purpose: 'rescue' })).resolves.toEqual({});
  });

  it('never show a secret, whatever goes wrong', async () => {
    const fake = await start({
      'GET /sapi/v1/margin/account': ({ response }) => {
        response.destroy();
        return DONE;
      },
      'GET /sapi/v1/margin/tradeCoeff': new WireRefusal(500, 'MARKED-SECRET'),
      'GET /sapi/v1/margin/allAssets': new WireRefusal(400, { code: -1102, msg: 'HMAC-MARKED-SECRET' }),
    });
    const client = clientFor(fake);
    for (const endpoint of [ENDPOINTS.marginAccount, ENDPOINTS.tradeCoeff, ENDPOINTS.allAssets, ENDPOINTS.transfers]) {
      const failure: unknown = await client.read(endpoint, {}, {}).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(VenueError);
      expect(inspect(failure, { depth: null, showHidden: true })).not.toContain('MARKED-SECRET');
    }
    expect(inspect(client, { depth: 6 })).not.toContain('MARKED-SECRET');
  });
});
