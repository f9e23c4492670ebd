/** Both simulated exchanges on loopback, with every kind of loan, for client libraries that know nothing of us. */
import ccxt from 'ccxt';
import type { Exchange, binance } from 'ccxt';
import { MainClient } from 'binance';
import { RestClient } from 'okx-api';
import { HttpBench, until } from '../simulator/httpSupport.ts';
import { SECRET as OKX_SECRET, accountInput } from '../simulator/okxSupport.ts';
import { KEY, SECRET, alice, flat } from '../simulator/support.ts';

export const ORDER = '12345';
const PASSPHRASE = 'words';
/** How long money calls take. */
const SETTLE_MS = 20;

/** BTC at 60 000, one loan of 30 000 USDT of every kind. OKX's request limits have tests of their own. */
export function startVenues(): Promise<HttpBench> {
  const isolated = [{ symbol: 'BTCUSDT', assets: { BTC: '1', USDT: '1000' }, debts: { USDT: '45000' } }];
  const flexible = [{ loanCoin: 'USDT', collateralCoin: 'BTC', debt: '30000', collateral: '1' }];
  const spot = { USDT: '20000', BTC: '0.5' };
  const okx = accountInput({
    enableSpotBorrow: true,
    trading: { BTC: '1', USDT: '5000' },
    spotDebt: { USDT: '10000' },
  });
  const world = {
    binance: [alice({ spot, isolated, flexible })],
    okx: [okx],
    // One of the two codes that the documents give for too large a release.
    okxSettings: { limits: { on: false }, switches: { overRedeem: '51756' } },
    timing: { settleMs: SETTLE_MS },
  } as const;
  return HttpBench.start({ world, tape: flat() });
}

/** Waits until no money call is under way. */
export async function settled(bench: HttpBench): Promise<void> {
  await until(() => !bench.simulator.engine.busy());
}

/** Keeps the next money call running, so that a second one meets it however slow the machine is. @returns what ends it */
export async function holdNext(bench: HttpBench, venue: 'binance' | 'okx'): Promise<() => Promise<void>> {
  const match = { venue, method: 'POST', count: 1 };
  await bench.admin('POST', '/faults', { match, effect: { kind: 'stuckPending' } });
  const account = venue === 'binance' ? 'alice' : 'main';
  return async () => {
    await bench.admin('POST', '/act', { venue, do: 'release', account });
    await settled(bench);
  };
}

/** `binance` from npm. Proxies of the environment are none of the test's business. */
export function binanceClient(bench: HttpBench, key = { id: KEY, secret: SECRET }): MainClient {
  const options = { api_key: key.id, api_secret: key.secret, baseUrl: bench.simulator.binance.rest };
  return new MainClient(options, { proxy: false });
}

/** The same library without a key. */
export function publicBinanceClient(bench: HttpBench): MainClient {
  return new MainClient({ baseUrl: bench.simulator.binance.rest }, { proxy: false });
}

/** `okx-api` from npm. */
export function okxClient(bench: HttpBench, secret = OKX_SECRET): RestClient {
  const key = { apiKey: 'key-main', apiSecret: secret, apiPass: PASSPHRASE };
  return new RestClient({ ...key, baseUrl: bench.simulator.okx.rest }, { proxy: false });
}

export function ccxtBinance(bench: HttpBench): binance {
  const { rest } = bench.simulator.binance;
  const options = { fetchMarkets: { types: ['spot'] } };
  const client = new ccxt.binance({ apiKey: KEY, secret: SECRET, enableRateLimit: false, options });
  const api = {
    public: `${rest}/api/v3`,
    private: `${rest}/api/v3`,
    sapi: `${rest}/sapi/v1`,
    sapiV2: `${rest}/sapi/v2`,
    sapiV3: `${rest}/sapi/v3`,
    sapiV4: `${rest}/sapi/v4`,
  };
  client.urls = { ...client.urls, api };
  return client;
}

export function ccxtOkx(bench: HttpBench): Exchange {
  const key = { apiKey: 'key-main', secret: OKX_SECRET, password: PASSPHRASE };
  const options = { fetchMarkets: { types: ['spot'] } };
  const client = new ccxt.okx({ ...key, enableRateLimit: false, options });
  client.urls = { ...client.urls, api: { rest: bench.simulator.okx.rest } };
  return client;
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests look into foreign JSON
export type Foreign = any;

/** Calls one of the endpoint methods that ccxt makes at run time. */
export async function implicit(
  client: Exchange,
  name: string,
  params: Readonly<Record<string, unknown>> = {},
): Promise<Foreign> {
  const method: unknown = Reflect.get(client, name);
  if (typeof method !== 'function') throw new Error(`ccxt has no ${name}`);
  return await method.call(client, params);
}

/** What a library throws, whatever that is. */
export async function thrownBy(call: Promise<unknown>): Promise<unknown> {
  try {
    await call;
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

/** The last request that a venue saw, as it came over the wire. */
export async function lastRequest(bench: HttpBench): Promise<{ readonly query: string; readonly body: string }> {
  const { entries } = await bench.admin('GET', '/log');
  return entries.at(-1);
}
