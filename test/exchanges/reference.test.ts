/** The second price source against scripted exchanges: what it asks, what it believes, and what it leaves alone. */
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock, type Clock } from '../../src/clock.ts';
import { bucketOf as binanceBucket, ENDPOINTS as BINANCE } from '../../src/exchanges/binance/endpoints.ts';
import { bucketOf as okxBucket, ENDPOINTS as OKX } from '../../src/exchanges/okx/endpoints.ts';
import { createMeter } from '../../src/exchanges/limits.ts';
import { BINANCE_DATA, OKX_REST, sourceOf } from '../../src/exchanges/referenceSources.ts';
import { cleanUp, feedFor, index, logging, okx, peer, priced, shifting, tickers, until } from './referenceSupport.ts';
import type { Answer } from './referenceSupport.ts';

afterEach(cleanUp);

describe('for a Binance account', () => {
  const rows = {
    'BTC-USDT': '60024',
    'BTC-USD': '60000',
    'ETH-USDT': '3001',
    'USDT-USD': '0.9996',
    'OKB-USD': '49.98',
  };

  it('gives OKX’s index: coins in USDT, USDT in dollars, and nothing that is not listed', async () => {
    const { rest } = await peer(okx(rows));
    const feed = feedFor(rest);
    feed.watch(['BTC', 'USDT', 'WBETH']);
    await until(() => expect(Object.keys(feed.prices())).toHaveLength(2));
    expect(priced(feed.prices())).toEqual({ BTC: '60024 USDT', USDT: '0.9996 USD' });
    expect(feed.prices()['BTC']).toMatchObject({ source: 'okx BTC-USDT' });
  });

  it('turns an index in dollars into USDT where there is no other', async () => {
    const { rest } = await peer(okx(rows));
    const feed = feedFor(rest);
    feed.watch(['OKB']);
    await until(() => expect(priced(feed.prices())).toEqual({ OKB: '50 USDT' }));
    expect(feed.prices()['OKB']?.source).toBe('okx OKB-USD');
  });

  it('knows a newly watched asset without another read', async () => {
    const { rest } = await peer(okx(rows));
    const feed = feedFor(rest, { refreshMs: 60_000 });
    feed.watch(['BTC']);
    await until(() => expect(feed.prices()).toHaveProperty('BTC'));
    feed.watch(['ETH']);
    expect(priced(feed.prices())).toEqual({ ETH: '3001 USDT' });
  });

  it('leaves out an index that has died while its row stayed', async () => {
    const { rest } = await peer((url) =>
      url.searchParams.get('quoteCcy') === 'USD'
        ? index({ 'USDT-USD': '1' })
        : index({ 'BTC-USDT': '9' }, Date.now() - 180_000),
    );
    const feed = feedFor(rest);
    feed.watch(['BTC', 'USDT']);
    await until(() => expect(priced(feed.prices())).toEqual({ USDT: '1 USD' }));
  });

  it('keeps one quote when the other cannot be read, at the same pace', async () => {
    const { rest, seen } = await peer((url) =>
      url.searchParams.get('quoteCcy') === 'USD' ? { status: 500, body: '' } : index({ 'BTC-USDT': '9' }),
    );
    const { lines, log } = logging();
    const feed = feedFor(rest, { log, meter: createMeter({ clock: systemClock }) });
    feed.watch(['BTC', 'USDT']);
    await until(() => expect(seen.length).toBeGreaterThan(7));
    expect(priced(feed.prices())).toEqual({ BTC: '9 USDT' });
    expect(lines).toEqual([]);
  });
});

describe('for an OKX account', () => {
  const rows = { BTCUSDT: '60024.10', USDCUSDT: '1.0001', ETHBTC: '0.05', USDTTRY: '34' };

  it('gives Binance’s last prices in USDT, and none for USDT itself', async () => {
    const { rest, seen } = await peer(() => tickers(rows));
    const feed = feedFor(rest, { venue: 'okx' });
    feed.watch(['BTC', 'USDC', 'USDT', 'ETH', 'OKB']);
    await until(() => expect(priced(feed.prices())).toEqual({ BTC: '60024.1 USDT', USDC: '1.0001 USDT' }));
    expect(seen[0]?.url).toBe('/api/v3/ticker/price?symbolStatus=TRADING');
  });

  it('leaves the parameter out where the venue does not know it', async () => {
    const refused = { status: 400, body: '{"code":-1104,"msg":"Not all sent parameters were read."}' };
    const { rest, seen } = await peer((url) => (url.search === '' ? tickers(rows) : refused));
    const { lines, log } = logging();
    const feed = feedFor(rest, { venue: 'okx', log });
    feed.watch(['BTC']);
    await until(() => expect(seen.length).toBeGreaterThan(3));
    expect(priced(feed.prices())).toEqual({ BTC: '60024.1 USDT' });
    expect(new Set(seen.slice(1).map(({ url }) => url))).toEqual(new Set(['/api/v3/ticker/price']));
    expect(lines).toEqual([]);
  });
});

describe('prices', () => {
  it('follow the source, with the moment at which the read began', async () => {
    let price = '100';
    const { rest } = await peer(() => tickers({ BTCUSDT: price }));
    const clock = shifting();
    const before = clock.wall();
    const feed = feedFor(rest, { venue: 'okx', clock });
    feed.watch(['BTC']);
    await until(() => expect(priced(feed.prices())).toEqual({ BTC: '100 USDT' }));
    const first = feed.prices()['BTC']?.at ?? 0;
    expect(first).toBeGreaterThanOrEqual(before);
    expect(first).toBeLessThanOrEqual(clock.wall());
    price = '70';
    await until(() => expect(priced(feed.prices())).toEqual({ BTC: '70 USDT' }));
    expect(feed.prices()['BTC']?.at).toBeGreaterThan(first);
  });

  it('expire by either clock when the source is out, and come back with it', async () => {
    const served = await peer(() => tickers({ BTCUSDT: '100' }));
    const { lines, log } = logging();
    const clock = shifting();
    const feed = feedFor(served.rest, { venue: 'okx', clock, log });
    feed.watch(['BTC']);
    await until(() => expect(feed.prices()).toHaveProperty('BTC'));
    served.script = () => 'reset';
    await until(() => expect(lines).toEqual([expect.stringContaining('reference.down')]));
    expect(feed.prices()).toHaveProperty('BTC');
    clock.wallOnly = 70_000;
    expect(feed.prices()).toEqual({});
    clock.wallOnly = -3_600_000;
    expect(feed.prices()).toHaveProperty('BTC');
    clock.both = 70_000;
    expect(feed.prices()).toEqual({});
    served.script = () => tickers({ BTCUSDT: '101' });
    await until(() => expect(priced(feed.prices())).toEqual({ BTC: '101 USDT' }));
    expect(lines).toEqual([expect.stringContaining('down'), expect.stringContaining('reference.back')]);
  });

  it.each<[string, Answer]>([
    ['HTML', { body: '<html>maintenance</html>' }],
    ['cut JSON', { body: '[{"symbol":"BTCUSDT","price":"1' }],
    ['nothing', { body: '' }],
    ['an error of the venue with status 200', { body: '{"code":-1000,"msg":"x"}' }],
    ['another shape', { body: '{"symbols":[]}' }],
    ['a redirect', { status: 302, body: '', headers: { location: 'http://127.0.0.1:1/' } }],
    ['a server error with a good body', { ...tickers({ BTCUSDT: '5' }), status: 503 }],
  ])('do not change for %s', async (_name, garbage) => {
    const served = await peer(() => tickers({ BTCUSDT: '100' }));
    const { lines, log } = logging();
    const feed = feedFor(served.rest, { venue: 'okx', log });
    feed.watch(['BTC']);
    await until(() => expect(feed.prices()).toHaveProperty('BTC'));
    served.script = () => garbage;
    await until(() => expect(lines.join()).toContain('reference.down'));
    expect(priced(feed.prices())).toEqual({ BTC: '100 USDT' });
  });

  it('are taken from good rows only', async () => {
    const bad = ['0', '-5', '1e5', 'NaN', '', '1,000', null, {}, true].map((price, at) => ({
      symbol: `C${at}USDT`,
      price,
    }));
    const body = JSON.stringify([
      ...bad,
      null,
      'x',
      [],
      { symbol: 'USDT', price: '1' },
      { symbol: 'BTCUSDT', price: 3.5 },
    ]);
    const { rest } = await peer(() => ({ body }));
    const feed = feedFor(rest, { venue: 'okx' });
    feed.watch(['BTC', '', '__proto__', 'constructor', ...bad.map((_, at) => `C${at}`)]);
    await until(() => expect(priced(feed.prices())).toEqual({ BTC: '3.5 USDT' }));
  });

  it('are never waited for: a source that hangs is given up', async () => {
    const served = await peer(() => 'hang');
    const feed = feedFor(served.rest, { venue: 'okx', keepMs: 200 });
    feed.watch(['BTC']);
    expect(feed.prices()).toEqual({});
    await until(() => expect(served.seen.length).toBeGreaterThan(1));
    expect(feed.prices()).toEqual({});
  });
});

describe('limits', () => {
  it('429 ends the asking until the venue may be asked again', async () => {
    const clock = shifting();
    const meter = createMeter({ clock });
    const served = await peer(() => ({
      status: 429,
      body: '{"code":-1003,"msg":"too many"}',
      headers: { 'retry-after': '30' },
    }));
    const feed = feedFor(served.rest, { venue: 'okx', clock, meter });
    feed.watch(['BTC']);
    const bucket = sourceOf('binance', served.rest).requests[0]?.bucket;
    await until(() => expect(bucket && meter.usedShare(bucket)).toBe(1));
    await feed.refresh();
    await feed.refresh();
    expect(served.seen).toHaveLength(1);
    served.script = () => tickers({ BTCUSDT: '8' });
    clock.both = 29_000;
    await feed.refresh();
    expect(served.seen).toHaveLength(1);
    clock.both = 120_000;
    await feed.refresh();
    expect(priced(feed.prices())).toEqual({ BTC: '8 USDT' });
  });

  it('418 closes the whole address for everybody who shares the meter', async () => {
    const clock = shifting();
    const meter = createMeter({ clock });
    const body = JSON.stringify({ code: -1003, msg: `IP banned until ${String(clock.wall() + 600_000)}` });
    const { rest, seen } = await peer(() => ({ status: 418, body, headers: { 'retry-after': '60' } }));
    const feed = feedFor(rest, { venue: 'okx', clock, meter });
    feed.watch(['BTC']);
    const scope = binanceBucket(BINANCE.time, new URL(rest).host, 'main');
    await until(() => expect(meter.rescue(scope, 1)).toBeGreaterThan(590_000));
    await feed.refresh();
    expect(seen).toHaveLength(1);
  });

  it('of the shared meter are obeyed before anything is sent', async () => {
    const meter = createMeter({ clock: systemClock });
    const { rest, seen } = await peer(okx({ 'BTC-USDT': '9', 'USDT-USD': '1' }));
    meter.block('okx:ip', 60_000);
    const feed = feedFor(rest, { meter });
    feed.watch(['BTC']);
    await feed.refresh();
    expect([seen.length, feed.prices()]).toEqual([0, {}]);
  });

  it('OKX’s own refusal with status 200 is a limit, too, and closes nothing for a rescue for long', async () => {
    const clock = shifting();
    const meter = createMeter({ clock });
    const { rest, seen } = await peer(() => ({ body: '{"code":"50011","msg":"Requests too frequent.","data":[]}' }));
    const feed = feedFor(rest, { clock, meter });
    feed.watch(['BTC']);
    await until(() => expect(seen).toHaveLength(2));
    const bucket = okxBucket(OKX.indexTickers, { uid: '', masterUid: '' }, '');
    await until(() => expect(meter.usedShare(bucket)).toBeGreaterThan(0));
    clock.both = 2_000;
    expect(meter.rescue(bucket, 1)).toBeNull();
  });

  it('are counted in the buckets of the adapters, and corrected by the venue’s header', async () => {
    const [ticker] = sourceOf('binance', null).requests;
    expect(ticker?.bucket).toEqual(binanceBucket(BINANCE.time, new URL(BINANCE_DATA).host, ''));
    for (const { bucket, url } of sourceOf('okx', null).requests) {
      expect(bucket).toEqual(okxBucket(OKX.indexTickers, { uid: '', masterUid: '' }, ''));
      expect(url.startsWith(`${OKX_REST}/api/v5/market/index-tickers?quoteCcy=`)).toBe(true);
    }
    const meter = createMeter({ clock: { ...systemClock, wall: () => 60_000_000 } });
    const { rest } = await peer(() => ({ ...tickers({ BTCUSDT: '1' }), headers: { 'x-mbx-used-weight-1m': '3000' } }));
    const feed = feedFor(rest, { venue: 'okx', meter });
    feed.watch(['BTC']);
    const bucket = sourceOf('binance', rest).requests[0]?.bucket;
    await until(() => expect(bucket && meter.usedShare(bucket)).toBeGreaterThanOrEqual(0.5));
  });

  it('nobody jumps the pause that an error has earned', async () => {
    const { rest, seen } = await peer(() => ({ status: 500, body: '' }));
    const feed = feedFor(rest, { venue: 'okx', refreshMs: 60_000 });
    for (let call = 0; call < 5; call += 1) await feed.refresh();
    expect(seen).toHaveLength(1);
  });

  it('errors slow the asking down, further each time', async () => {
    const { rest, seen } = await peer(() => ({ status: 500, body: '' }));
    const waits: number[] = [];
    const clock: Clock = {
      ...systemClock,
      sleep: (ms, signal) => {
        waits.push(ms);
        return systemClock.sleep(ms, signal);
      },
    };
    const feed = feedFor(rest, { venue: 'okx', clock, random: () => 0.5, refreshMs: 4 });
    feed.watch(['BTC']);
    await until(() => expect(seen.length).toBeGreaterThan(4));
    expect(Math.max(...waits)).toBeGreaterThan(50);
    expect(waits.every((wait) => wait <= 30_000)).toBe(true);
  });
});

describe('privacy and manners', () => {
  it('sends plain GETs without any key, signature or cookie', async () => {
    const { rest, seen } = await peer((url) => ({
      ...(url.pathname.includes('v5') ? index({ 'BTC-USDT': '1' }) : tickers({ BTCUSDT: '1' })),
      headers: { 'set-cookie': 'session=1' },
    }));
    for (const venue of ['binance', 'okx'] as const) feedFor(rest, { venue }).watch(['BTC']);
    await until(() => expect(seen.length).toBeGreaterThan(8));
    for (const { method, headers, url } of seen) {
      expect(method).toBe('GET');
      expect(Object.keys(headers).filter((name) => !['host', 'connection'].includes(name))).toEqual([]);
      expect(url).not.toMatch(/key|sign|timestamp|recvWindow/i);
    }
  });

  it('asks nothing while nobody watches, and nothing after the last user has stopped', async () => {
    const clock = shifting();
    const { rest, seen } = await peer(() => tickers({ BTCUSDT: '1' }));
    const [one, other] = [feedFor(rest, { venue: 'okx', clock }), feedFor(rest, { venue: 'okx', clock })];
    await systemClock.sleep(60);
    expect(seen).toHaveLength(0);
    one.watch(['BTC']);
    await until(() => expect(one.prices()).toHaveProperty('BTC'));
    await one.stop();
    expect([one.prices(), other.prices()]).toEqual([{}, {}]);
    other.watch(['BTC']);
    expect(other.prices()).toHaveProperty('BTC');
    await other.stop();
    await other.stop();
    const asked = seen.length;
    await other.refresh();
    other.watch(['ETH']);
    await systemClock.sleep(60);
    expect(seen).toHaveLength(asked);
  });

  it('reads once for all accounts of a process', async () => {
    const clock = shifting();
    const { rest, seen } = await peer(() => tickers({ BTCUSDT: '1' }));
    const all = Array.from({ length: 20 }, () => feedFor(rest, { venue: 'okx', clock, refreshMs: 60_000 }));
    for (const feed of all) feed.watch(['BTC']);
    await until(() => expect(all.every((feed) => 'BTC' in feed.prices())).toBe(true));
    expect(seen).toHaveLength(1);
  });

  it('throws nothing for an address that is none, or a log that breaks', async () => {
    const broken = (): never => {
      throw new Error('the log is full');
    };
    for (const rest of ['', 'not an address', 'http://127.0.0.1:1']) {
      const feed = feedFor(rest, { log: { info: broken, warn: broken } });
      feed.watch(['BTC']);
      await feed.refresh();
      expect(feed.prices()).toEqual({});
    }
  });
});
