/** An independent client, unchanged, against the simulated wire (DESIGN §7). */
import { createServer } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import ccxt from 'ccxt';
import type { Exchange } from 'ccxt';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Face } from '../../src/simulator/contract.ts';
import { Bench, SECRET, accountInput, isObject } from './okxSupport.ts';

let bench: Bench;
let server: Server;
let client: Exchange;

beforeAll(async () => {
  server = createServer((request, response) => {
    void readBody(request).then((body) => {
      const reply = bench.okx.face.handle(wireRequest(request, body), bench.mood);
      response.writeHead(reply.status, reply.headers);
      response.end(reply.body);
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
});

afterAll(() => {
  server.close();
});

beforeEach(() => {
  // ccxt signs with the real clock, so wire time starts there; it moves only when a test says so.
  bench = new Bench([accountInput({ trading: { USDT: '10' } })], { limits: { on: false } }, Date.now());
  client = new ccxt.okx({ apiKey: 'key-main', secret: SECRET, password: 'words', enableRateLimit: false });
  client.urls = { ...client.urls, api: { rest: `http://127.0.0.1:${String(portOf(server))}` } };
});

describe('ccxt', () => {
  it('reads loan-info', async () => {
    const answer = await call('privateGetFinanceFlexibleLoanLoanInfo', { ordId: '12345' });
    expect(answer).toMatchObject({ code: '0', data: [{ ordId: '12345', curLTV: '0.6122', liqLTV: '0.85' }] });
  });

  it('repays and sees it in loan-history', async () => {
    const paid = await call('privatePostFinanceFlexibleLoanRepay', {
      ordId: '12345',
      ccy: 'USDT',
      amt: '1000.00000001',
      clOrdId: 'r1',
    });
    expect(paid).toMatchObject({ data: [{ amt: '1000.00000001', clOrdId: 'r1' }] });
    bench.pass(100);
    const rows = await call('privateGetFinanceFlexibleLoanLoanHistory', { type: 'repaid' });
    expect(rows).toMatchObject({ data: [{ type: 'repaid', ccy: 'USDT', amt: '-1000.00000001' }] });
  });

  it('adjusts collateral and sees the locked amount', async () => {
    const body = { type: 'add', ordId: '12345', collateralCcy: 'BTC', collateralAmt: '0.1' };
    expect(await call('privatePostFinanceFlexibleLoanAdjustCollateral', body)).toMatchObject({ code: '0', data: [] });
    bench.pass(100);
    expect(await call('privateGetFinanceFlexibleLoanCollateralAssets', {})).toMatchObject({
      data: [{ assets: [{ ccy: 'BTC', amt: '1.1' }] }],
    });
  });

  it('transfers and proves it by client id', async () => {
    const body = { ccy: 'USDT', amt: '5', from: '6', to: '18', clientId: 'c1' };
    await call('privatePostAssetTransfer', body);
    expect(await call('privateGetAssetTransferState', { clientId: 'c1' })).toMatchObject({
      data: [{ state: 'success', amt: '5' }],
    });
  });

  it.each([
    ['privatePostFinanceFlexibleLoanRepay', { ordId: '9', ccy: 'USDT', amt: '1', clOrdId: 'x' }, '51063'],
    [
      'privatePostFinanceFlexibleLoanAdjustCollateral',
      { type: 'add', collateralCcy: 'BTC', collateralAmt: '9' },
      '51736',
    ],
    [
      'privatePostFinanceFlexibleLoanAdjustCollateral',
      { type: 'reduce', collateralCcy: 'BTC', collateralAmt: '0.5' },
      '51758',
    ],
    ['privatePostAssetTransfer', { ccy: 'USDT', amt: '99999', from: '6', to: '18' }, '58116'],
    ['privateGetAssetTransferState', { clientId: 'never' }, '58129'],
  ])('gets the documented error of %s %j', async (method, params, code) => {
    await expect(call(method, params)).rejects.toThrow(`"${code}"`);
  });

  it('gets 50105 with a wrong passphrase and 50102 with a wrong clock', async () => {
    client.password = 'wrong';
    await expect(call('privateGetAccountConfig', {})).rejects.toThrow(ccxt.AuthenticationError);
    client.password = 'words';
    bench.pass(31_000);
    await expect(call('privateGetAccountConfig', {})).rejects.toThrow(ccxt.InvalidNonce);
  });

  it('reads its unified balance and time from the answers', async () => {
    const balance = await client.fetchBalance();
    expect(balance['USDT']).toMatchObject({ total: 10 });
    expect(await client.fetchTime()).toBe(bench.market.host.now());
  });
});

/** Calls one of ccxt's implicit methods by name. */
async function call(method: string, params: Record<string, string>): Promise<unknown> {
  const implicit: unknown = Reflect.get(client, method);
  if (typeof implicit !== 'function') throw new Error(`ccxt has no ${method}`);
  const answer: unknown = await implicit.call(client, params);
  return answer;
}

function wireRequest(request: IncomingMessage, body: string): Parameters<Face['handle']>[0] {
  const [path = '', query = ''] = (request.url ?? '').split('?');
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
  return { method: request.method ?? 'GET', path, query, body, headers, ip: '127.0.0.1' };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

function portOf(listening: Server): number {
  const address: unknown = listening.address();
  if (!isObject(address) || typeof address['port'] !== 'number') throw new Error('the server does not listen');
  return address['port'];
}
