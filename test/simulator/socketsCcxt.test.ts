/** ccxt's own streams, unchanged, against the simulated sockets (DESIGN §7). */
import ccxt from 'ccxt';
import type { Exchange } from 'ccxt';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createOkx, okxAccountSchema, okxSettingsSchema } from '../../src/simulator/okx/index.ts';
import { SECRET, accountInput } from './okxSupport.ts';
import { LiveTestMarket, startRig } from './socketsSupport.ts';
import type { Rig } from './socketsSupport.ts';

let rig: Rig;
let client: Exchange;

afterEach(async () => {
  await client.close();
  await rig.stop();
});

describe('ccxt.pro on okx', () => {
  beforeEach(async () => {
    const market = new LiveTestMarket({ BTC: '50000', ETH: '2500', USDT: '1' });
    const input = accountInput({ trading: { USDT: '12' } });
    const okx = createOkx(market, [okxAccountSchema.parse(input)], okxSettingsSchema.parse({}));
    rig = await startRig({ venue: 'okx', streams: okx.streams });
    const okxPro = new ccxt.pro.okx({ apiKey: 'key-main', secret: SECRET, password: 'words' });
    client = await prepared(okxPro, { ws: `${rig.url}/ws/v5` }, 'BTC-USDT');
  });

  it('watches the index as a ticker', async () => {
    const first = await client.watchTicker('BTC/USDT', { channel: 'index-tickers' });
    expect(first.info).toMatchObject({ idxPx: '50000' });
    const next = client.watchTicker('BTC/USDT', { channel: 'index-tickers' });
    rig.market.set({ BTC: '48000' });
    expect((await next).info).toMatchObject({ idxPx: '48000' });
  });

  it('watches the mark price', async () => {
    expect(await client.watchMarkPrice('BTC/USDT')).toMatchObject({ symbol: 'BTC/USDT', markPrice: 50000 });
  });

  it('logs in and watches the balance', async () => {
    expect((await client.watchBalance())['USDT']).toMatchObject({ total: 12 });
  });

  it('comes back after a cut', async () => {
    await client.watchTicker('BTC/USDT');
    const broken = client.watchTicker('BTC/USDT');
    rig.sockets.cut();
    await expect(broken).rejects.toThrow(ccxt.NetworkError);
    expect(await client.watchTicker('BTC/USDT')).toMatchObject({ last: 50000 });
  });
});

describe('ccxt.pro on binance', () => {
  beforeEach(async () => {
    rig = await startRig({ venue: 'binance' });
    const ws = { spot: `${rig.url}/ws`, margin: `${rig.url}/ws` };
    client = await prepared(new ccxt.pro.binance(), { ws }, 'BTCUSDT');
  });

  it.each(['ticker', 'miniTicker', 'bookTicker'])('watches %s', async (name) => {
    const bookTicker = name === 'bookTicker';
    const watch = (): Promise<unknown> =>
      bookTicker ? client.watchBidsAsks(['BTC/USDT']) : client.watchTicker('BTC/USDT', { name });
    const first = await watch();
    if (bookTicker) expect(first).toMatchObject({ 'BTC/USDT': { bid: 50000, ask: 50000 } });
    else expect(first).toMatchObject({ symbol: 'BTC/USDT', last: 50000 });
    const next = watch();
    rig.market.set({ BTC: '48000' });
    expect(JSON.stringify(await next)).toContain('48000');
  });
});

/** Points a client at the loopback: ws:// needs its proxy agent, and streams need a market to speak of. */
async function prepared(exchange: Exchange, api: object, id: string): Promise<Exchange> {
  exchange.urls = { ...exchange.urls, api: { ...exchange.urls['api'], ...api } };
  const stub = {
    id,
    lowercaseId: id.toLowerCase(),
    symbol: 'BTC/USDT',
    base: 'BTC',
    quote: 'USDT',
    baseId: 'BTC',
    quoteId: 'USDT',
  };
  const kind = {
    type: 'spot',
    spot: true,
    margin: true,
    swap: false,
    future: false,
    option: false,
    contract: false,
    active: true,
  };
  exchange.setMarkets([{ ...stub, ...kind, precision: {}, limits: {}, info: {} }]);
  await exchange.loadHttpProxyAgent();
  return exchange;
}
