/** One venue's index goes astray while the market, and the other venue, do not: October 2025 on demand. */
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FaultError } from '../../src/simulator/faults.ts';
import type { FaultInput } from '../../src/simulator/faults.ts';
import { HttpBench } from './httpSupport.ts';
import { SECRET as OKX_SECRET, accountInput, isObject, read, signed } from './okxSupport.ts';
import type { Answer } from './okxSupport.ts';
import { Bench, KEY, START_MS, alice, flat, tapeOf } from './support.ts';

type Venue = 'binance' | 'okx';

const dislocate = (venue: Venue, factor: string, asset = 'BTC', box: FaultInput['match'] = {}): FaultInput => ({
  match: { venue, ...box },
  effect: { kind: 'dislocate', asset, factor },
});

/** BTC at 60 000; about half of each loan's line is used. */
const world = {
  binance: [
    alice({
      isolated: [{ symbol: 'BTCUSDT', assets: { BTC: '1' }, debts: { USDT: '30000' } }],
      flexible: [{ loanCoin: 'USDT', collateralCoin: 'BTC', debt: '30000', collateral: '1' }],
    }),
  ],
  okx: [accountInput({ trading: { BTC: '1' }, enableSpotBorrow: true, spotDebt: { USDT: '20000' } })],
  okxSettings: { limits: { on: false } },
};

let bench: Bench;
beforeEach(() => {
  bench = new Bench(world);
});

function okx(target: string): Answer {
  const [path = '', query = ''] = target.split('?');
  const { host, simulation } = bench;
  const headers = signed(host.now(), 'GET', target, '', { secret: OKX_SECRET });
  return read(simulation.okx.face.handle({ method: 'GET', path, query, body: '', headers, ip: '10.0.0.1' }));
}

/** Read without any key: these serve others as a reference. */
function publicPrices(): Record<Venue, readonly unknown[]> {
  const { okx: venue } = bench.simulation;
  const asked = (path: string, query: string): Record<string, unknown> => {
    const request = { method: 'GET', path: `/api/v5/${path}`, query, body: '', headers: {}, ip: '10.0.0.1' };
    const [row = {}] = read(venue.face.handle(request)).data;
    return row;
  };
  const ticker = (name: string): Record<string, unknown> =>
    bench.raw('GET', `/api/v3/ticker/${name}`, 'symbol=BTCUSDT').json;
  return {
    binance: [ticker('price')['price'], ticker('bookTicker')['bidPrice'], ticker('24hr')['lastPrice']].map(Number),
    okx: [
      asked('market/index-tickers', 'instId=BTC-USDT')['idxPx'],
      asked('public/mark-price', 'instType=MARGIN&instId=BTC-USDT')['markPx'],
      asked('market/ticker', 'instId=BTC-USDT')['last'],
    ].map(Number),
  };
}

const liquidated = (venue: Venue): boolean[] =>
  bench.simulation
    .booksOf(venue)
    .report()
    .map((loan) => loan.liquidated);

describe('a dislocated index', () => {
  it.each([
    ['binance', 'okx'],
    ['okx', 'binance'],
  ] as const)('of %s shows in its public prices, and not in those of %s', (venue, other) => {
    const { faults } = bench.simulation;
    const id = faults.add(dislocate(venue, '0.75'));
    expect(publicPrices()[venue]).toEqual([45000, 45000, 45000]);
    expect(publicPrices()[other]).toEqual([60000, 60000, 60000]);
    faults.remove(id);
    expect(publicPrices()[venue]).toEqual([60000, 60000, 60000]);
  });

  it('of Binance moves its price index and every loan there', () => {
    const before = bench.simulation.okx.books.report();
    bench.simulation.faults.add(dislocate('binance', '0.75'));
    const headers = { 'x-mbx-apikey': KEY };
    expect(bench.raw('GET', '/sapi/v1/margin/priceIndex', 'symbol=BTCUSDT', '', headers).json.price).toBe(
      '45000.00000000',
    );
    expect(bench.signed('GET', '/sapi/v1/margin/account').json.marginLevel).toBe('1.66666666');
    const [pair] = bench.signed('GET', '/sapi/v1/margin/isolated/account').json.assets;
    expect(pair).toMatchObject({ indexPrice: '45000', marginLevel: '1.5' });
    const [loan] = bench.signed('GET', '/sapi/v2/loan/flexible/ongoing/orders').json.rows;
    expect(loan.currentLTV).toBe('0.67');
    expect(bench.simulation.okx.books.report()).toEqual(before);
  });

  it('of OKX moves its loans and its balances', () => {
    const before = bench.simulation.binance.books.report();
    bench.simulation.faults.add(dislocate('okx', '0.8'));
    expect(okx('/api/v5/finance/flexible-loan/loan-info').data[0]).toMatchObject({
      collateralNotionalUsd: '47040',
      curLTV: '0.6377',
    });
    const details: unknown = okx('/api/v5/account/balance').data[0]?.['details'];
    const rows = Array.isArray(details) ? details.filter(isObject) : [];
    expect(rows.find((row) => row['ccy'] === 'BTC')).toMatchObject({ eqUsd: '48000' });
    expect(bench.simulation.binance.books.report()).toEqual(before);
  });

  it.each([
    ['binance', '0.4', 'okx'],
    ['okx', '0.3', 'binance'],
  ] as const)('of %s liquidates at once what it carries over its line, and nobody at %s', (venue, factor, other) => {
    const [loans, others] = [liquidated(venue), liquidated(other)];
    expect([...loans, ...others]).toEqual(Array(5).fill(false));
    bench.simulation.faults.add(dislocate(venue, factor));
    expect(liquidated(venue)).toEqual(loans.map(() => true));
    expect(liquidated(other)).toEqual(others);
  });

  it('multiplies with another one, and a stablecoin that loses its peg moves the pairs quoted in it', () => {
    bench.simulation.faults.addAll([dislocate('binance', '0.9'), dislocate('binance', '0.9')]);
    expect(publicPrices().binance[0]).toBe(48600);
    bench.simulation.faults.remove();
    bench.simulation.faults.add(dislocate('binance', '0.96', 'USDT'));
    expect(publicPrices().binance[0]).toBe(62500);
  });
});

describe('its time box', () => {
  const from = START_MS + 90_500;
  const until = START_MS + 150_250;

  it('begins and ends with moments that are visited, wherever the grid is', () => {
    bench = new Bench(
      world,
      tapeOf({
        BTC: [
          [0, '60000'],
          [5, '60000'],
        ],
      }),
    );
    const { engine, faults, markets } = bench.simulation;
    faults.add(dislocate('binance', '0.5', 'BTC', { fromTapeMs: from, untilTapeMs: until }));
    const seen: [number, string][] = [];
    while (engine.tapeNow() < START_MS + 180_000 && engine.advance())
      seen.push([engine.tapeNow() - START_MS, markets.binance.price('BTC').toFixed()]);
    expect(seen).toEqual([
      [60_000, '60000'],
      [90_500, '30000'],
      [120_000, '30000'],
      [150_250, '60000'],
      [180_000, '60000'],
    ]);
    expect(markets.okx.price('BTC').toFixed()).toBe('60000');
  });

  it('is the same however fast the tape runs', () => {
    const played = (run: (one: Bench) => void): unknown => {
      const one = new Bench(world, flat());
      one.simulation.faults.add(dislocate('binance', '0.4', 'BTC', { fromTapeMs: from, untilTapeMs: until }));
      run(one);
      return one.simulation.binance.books
        .report()
        .map(({ maxLtv, liquidated: gone, debt }) => ({ maxLtv, gone, debt }));
    };
    const stepped = played((one) => one.simulation.engine.advanceTo(START_MS + 300_000));
    expect(stepped).toEqual(
      played((one) => {
        one.simulation.engine.run(1000);
        one.host.pass(300);
      }),
    );
  });
});

describe('a fault that dislocates', () => {
  it.each([
    ['no venue', { match: {}, effect: { kind: 'dislocate', asset: 'BTC', factor: '2' } }],
    ['a path', dislocate('okx', '2', 'BTC', { path: '/api' })],
    ['a count', dislocate('okx', '2', 'BTC', { count: 1 })],
    ['a chance', dislocate('okx', '2', 'BTC', { probability: 0.5 })],
    ['a box that is empty', dislocate('okx', '2', 'BTC', { fromTapeMs: 5, untilTapeMs: 5 })],
    ['a factor of zero', dislocate('okx', '0.0')],
    ['a factor below zero', dislocate('okx', '-1')],
    ['the dollar itself', dislocate('okx', '2', 'USD')],
    ['an asset that nobody prices', dislocate('okx', '2', 'NOPE')],
  ] as const)('is refused with %s, and nothing else of its list is armed', (_what, fault) => {
    const { faults } = bench.simulation;
    expect(() => faults.addAll([dislocate('okx', '0.5'), fault as FaultInput])).toThrow();
    expect(faults.list()).toEqual([]);
  });

  it('says which asset has no price', () => {
    expect(() => bench.simulation.faults.add(dislocate('okx', '2', 'NOPE'))).toThrow(FaultError);
  });

  it('hits no request', () => {
    bench.simulation.faults.add(dislocate('binance', '0.9'));
    bench.signed('GET', '/sapi/v1/margin/account');
    expect(bench.simulation.faults.list()).toMatchObject([{ matched: 0, hits: 0 }]);
  });
});

describe('over the wire', () => {
  let http: HttpBench;
  beforeEach(async () => {
    http = await HttpBench.start({ world, socketTimeScale: 0.01 });
  });
  afterEach(async () => {
    expect(http.bugs).toEqual([]);
    await http.simulator.stop();
  });

  it('the admin endpoint arms it, shows it and takes it away', async () => {
    const { ids } = await http.admin('POST', '/faults', dislocate('okx', '0.5', 'ETH'));
    expect(await http.admin('GET', '/state')).toMatchObject({
      prices: { ETH: '2500' },
      dislocated: { binance: {}, okx: { ETH: '1250' } },
    });
    expect(await http.admin('DELETE', `/faults/${String(ids[0])}`)).toMatchObject({ removed: 1 });
    expect((await http.admin('GET', '/state')).dislocated).toEqual({ binance: {}, okx: {} });
    expect((await http.admin('POST', '/faults', dislocate('okx', '2', 'NOPE'))).status).toBe(400);
  });

  it('the feeds of that venue follow at once, and those of the other do not', async () => {
    const { binance, okx: other } = http.simulator;
    const near = new WebSocket(`${binance.ws}/ws/btcusdt@bookTicker`);
    const far = new WebSocket(`${other.ws}/ws/v5/public`);
    await Promise.all([once(near, 'open'), once(far, 'open')]);
    const farPrices: string[] = [];
    far.on('message', (data) => {
      const { data: rows = [] } = JSON.parse(String(data)) as { data?: { idxPx: string }[] };
      farPrices.push(...rows.map((row) => row.idxPx));
    });
    const arrived = new Promise<void>((done) => {
      near.on('message', (data) => {
        if ((JSON.parse(String(data)) as { b: string }).b === '42000') done();
      });
    });
    far.send(JSON.stringify({ op: 'subscribe', args: [{ channel: 'index-tickers', instId: 'BTC-USDT' }] }));
    await once(far, 'message');
    await http.admin('POST', '/faults', dislocate('binance', '0.7'));
    await arrived;
    await http.admin('POST', '/faults', dislocate('okx', '1.1'));
    while (!farPrices.includes('66000')) await once(far, 'message');
    expect(new Set(farPrices)).toEqual(new Set(['60000', '66000']));
  });
});
