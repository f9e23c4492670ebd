/** Where the documents contradict each other the simulator has a switch; here are those that no other file turns both ways. */
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { describe, expect, it } from 'vitest';
import { HttpBench } from './httpSupport.ts';
import { Bench as OkxBench, accountInput, isObject } from './okxSupport.ts';
import { Bench, START_MS, alice } from './support.ts';

const off = { limits: { on: false } } as const;

describe('-3015 means two things', () => {
  const cross = { assets: { USDT: '40000' }, debts: { USDT: '30000' } };

  it.each([
    [-3015, [-3015, -3015]],
    [-3024, [-3015, -3024]],
  ] as const)('too much and too little left, when dust is %i: only the text tells them apart', (dustCode, codes) => {
    const binanceSettings = { minLeftUsd: '5', switches: { dustCode } };
    const bench = new Bench({ binance: [alice({ cross })], binanceSettings });
    const answers = ['30000.00000001', '29999'].map((coins) => bench.borrowRepay('REPAY', coins).json);
    expect(answers.map((answer) => answer.code)).toEqual(codes);
    expect(answers.map((answer) => answer.msg)).toEqual([
      'Repay amount exceeds borrow amount.',
      'The unpaid debt is too small after this repayment.',
    ]);
    expect(bench.coin('USDT')['borrowed']).toBe('30000.00000000');
  });
});

describe('units of time', () => {
  it.each([
    ['s', START_MS / 1000],
    ['ms', START_MS],
  ] as const)('of available-inventory are %s', (inventoryTimes, updateTime) => {
    const bench = new Bench({ binance: [alice()], binanceSettings: { switches: { inventoryTimes } } });
    expect(bench.signed('GET', '/sapi/v1/margin/available-inventory', { type: 'MARGIN' }).json).toMatchObject({
      updateTime,
    });
  });

  it.each([
    [undefined, 1],
    ['MILLISECOND', 1],
    ['MICROSECOND', 1000],
  ])('of /api follow the header %s, those of /sapi do not', (unit, scale) => {
    const bench = new Bench();
    const headers = unit === undefined ? {} : { 'x-mbx-time-unit': unit };
    expect(bench.raw('GET', '/api/v3/time', '', '', headers).json.serverTime).toBe(START_MS * scale);
    expect(bench.raw('GET', '/api/v3/ticker/24hr', 'symbol=BTCUSDT', '', headers).json.closeTime).toBe(
      START_MS * scale,
    );
    const sapi = { ...headers, 'x-mbx-apikey': 'keyOfAlice' };
    expect(bench.raw('GET', '/sapi/v1/margin/priceIndex', 'symbol=BTCUSDT', '', sapi).json.calcTime).toBe(START_MS);
  });

  it.each([
    ['us', 1000],
    ['ms', 1],
  ] as const)('of a subscription by listen token are %s, those of the token itself ms', async (tokenTimes, scale) => {
    const binanceSettings = { switches: { tokenTimes } };
    const bench = await HttpBench.start({ world: { binance: [alice()], binanceSettings } });
    const { token, expirationTime } = JSON.parse((await bench.binance('POST', '/sapi/v1/userListenToken')).text);
    const socket = new WebSocket(`${bench.simulator.binance.ws}/ws-api/v3`);
    await once(socket, 'open');
    const method = 'userDataStream.subscribe.listenToken';
    socket.send(JSON.stringify({ id: '1', method, params: { listenToken: token } }));
    const [answer] = await once(socket, 'message');
    expect(JSON.parse(String(answer)).result.expirationTime).toBe(expirationTime * scale);
    socket.terminate();
    await bench.simulator.stop();
  });
});

describe('an order without its name', () => {
  const ROOT = '/api/v5/finance/flexible-loan';

  it.each([
    ['present', ['12345', '777']],
    ['absent', [undefined, undefined]],
  ] as const)('loan-info with ordId %s', (loanInfoOrdId, ids) => {
    const second = { ordId: '777', debt: { USDC: '100' }, collateral: { ETH: '1' } };
    const first = { ordId: '12345', debt: { USDT: '30000' }, collateral: { BTC: '1' } };
    const bench = new OkxBench([accountInput({ loans: [first, second] })], { ...off, switches: { loanInfoOrdId } });
    const rows = bench.get(`${ROOT}/loan-info`).data;
    expect(rows.map((row) => row['ordId'])).toEqual(ids);
    expect(rows.map((row) => 'ordId' in row)).toEqual(ids.map((id) => id !== undefined));
    // Everything else is as before: who names no order works on the earliest one.
    expect(rows[0]).toMatchObject({ curLTV: '0.6122', loanData: [{ ccy: 'USDT', amt: '30000' }] });
    const body = { type: 'add', collateralCcy: 'BTC', collateralAmt: '0.1' };
    expect(bench.post(`${ROOT}/adjust-collateral`, body).code).toBe('0');
    bench.pass(100);
    expect(bench.report('12345').collateral).toEqual({ BTC: '1.1' });
  });
});

describe('a field that does not apply', () => {
  const account = accountInput({ enableSpotBorrow: true, trading: { BTC: '1' } });

  it('is empty text, not zero', () => {
    const [row] = new OkxBench([account], off).get('/api/v5/account/balance').data;
    expect(row).toMatchObject({ mgnRatio: '', upl: '', adjEq: '49000', isoEq: '0' });
  });

  it('or is left out, at any depth', () => {
    const bench = new OkxBench([account], { ...off, switches: { notApplicable: 'absent' } });
    const [row = {}] = bench.get('/api/v5/account/balance').data;
    expect(row).not.toHaveProperty('mgnRatio');
    expect(row).toMatchObject({ adjEq: '49000', isoEq: '0', details: [{ ccy: 'BTC', liab: '0' }] });
    expect(JSON.stringify(row)).not.toContain('""');
    expect(JSON.stringify(bench.okx.streams.balance('44705892343619584'))).not.toContain('""');
    // The envelope keeps its empty message.
    expect(bench.get('/api/v5/account/balance').raw).toContain('"msg":""');
    const [limits] = bench.get('/api/v5/account/interest-limits?ccy=BTC').data;
    expect(isObject(limits) && 'loanAlloc' in limits).toBe(false);
  });
});

describe('the limit of the manual borrow and repay', () => {
  it.each([
    ['masterUid', '50011'],
    ['uid', '0'],
  ] as const)('is counted by %s', (manualLimitBy, code) => {
    const spot = { loans: [], enableSpotBorrow: true, trading: { BTC: '1' } };
    const main = accountInput(spot);
    const sub = accountInput({
      ...spot,
      name: 'sub',
      uid: '8',
      mainUid: main.uid,
      key: { id: 'key-sub', secret: 'x', passphrase: 'y' },
    });
    const bench = new OkxBench([main, sub], { limits: { on: true }, switches: { manualLimitBy } });
    const borrow = (options: { key?: string; secret?: string; passphrase?: string }): string =>
      bench.post('/api/v5/account/spot-manual-borrow-repay', { ccy: 'USDT', side: 'borrow', amt: '1' }, options).code;
    expect(borrow({})).toBe('0');
    expect(borrow({ key: 'key-sub', secret: 'x', passphrase: 'y' })).toBe(code);
    expect(borrow({})).toBe('50011');
  });
});
