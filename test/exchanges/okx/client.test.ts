/** One account on the wire: signatures, clock, limits, outcomes, and nothing secret anywhere. */
import { createHmac } from 'node:crypto';
import { inspect } from 'node:util';
import ccxt from 'ccxt';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock, type Clock } from '../../../src/clock.ts';
import { VenueError } from '../../../src/exchanges/exchange.ts';
import { createMeter } from '../../../src/exchanges/limits.ts';
import { createTransport } from '../../../src/exchanges/transport.ts';
import { OkxClient } from '../../../src/exchanges/okx/client.ts';
import { ENDPOINTS } from '../../../src/exchanges/okx/endpoints.ts';
import { OkxPublic, type Wiring } from '../../../src/exchanges/okx/publicClient.ts';
import { Pace } from '../../../src/exchanges/okx/pace.ts';
import { signed } from '../../../src/exchanges/okx/signer.ts';
import { OKX_TIMING } from '../../../src/exchanges/okx/timing.ts';
import { KEY, KEYS, ScriptedOkx, freeMeter, hidden, never, recordingLog, refusal } from './support.ts';

const server = new ScriptedOkx();
let rest = '';
const transport = createTransport({ clock: systemClock });

beforeEach(async () => {
  server.requests.length = 0;
  rest = await server.start();
});
afterEach(async () => {
  await server.stop();
});

function wiring(more: Partial<Wiring> = {}): Wiring {
  const timing = { ...OKX_TIMING, readDeadlineMs: 500, moneyDeadlineMs: 300, windowMs: 30_000 };
  return {
    hosts: { rest, ws: '' },
    transport,
    meter: freeMeter,
    clock: systemClock,
    pace: new Pace(systemClock, 0.01),
    timing,
    log: recordingLog().log,
    ...more,
  };
}

function clientOf(wires: Wiring = wiring(), more: { demo?: boolean; tagIntents?: boolean } = {}): OkxClient {
  return new OkxClient({
    account: 'desk',
    key: KEYS,
    wiring: wires,
    public: new OkxPublic(wires),
    demo: false,
    tagIntents: false,
    ...more,
  });
}

async function ready(client: OkxClient): Promise<OkxClient> {
  await client.read(ENDPOINTS.config, {}, never());
  return client;
}

const REPAY = { ordId: '1', ccy: 'USDT', amt: '5', clOrdId: 'a1' };

describe('endpoints', () => {
  it('are spelled as in ccxt', () => {
    const { api }: { api?: unknown } = new ccxt.okx().describe() as { api?: unknown };
    for (const { access, method, path } of Object.values(ENDPOINTS)) {
      expect(api).toHaveProperty([access, method.toLowerCase(), path]);
    }
  });
});

describe('signing', () => {
  it.each([
    [
      'GET',
      { path: 'account/balance', method: 'GET', access: 'private' },
      { ccy: 'BTC' },
      'HiZhvSfMtWJA3uUIVXV3a/bSXNPCWvYFXoGCVS8V4zY=',
    ],
    [
      'POST',
      { path: 'finance/flexible-loan/adjust-collateral', method: 'POST', access: 'private' },
      { type: 'add', ordId: '12345', collateralCcy: 'BTC', collateralAmt: '0.1' },
      'kdxRG6N3v+ifOD0eBK+/pf5rOQJ/IG2CaJ/7VEgNXhQ=',
    ],
  ] as const)('agrees with the published vector for %s', (_name, endpoint, params, signature) => {
    const key = { id: hidden('id'), secret: hidden('22582BD0CFF14C41EDBF1AB98506286D'), passphrase: hidden('p') };
    const at = Date.parse('2020-12-08T09:08:57.715Z');
    const request = signed('https://host', { ...endpoint, limit: 1, windowMs: 1, per: 'uid' }, params, at, key);
    expect(request.headers['OK-ACCESS-SIGN']).toBe(signature);
    expect(request.headers['OK-ACCESS-TIMESTAMP']).toBe('2020-12-08T09:08:57.715Z');
    expect(request.headers['OK-ACCESS-PASSPHRASE']).toBe('p');
  });

  it('signs exactly what goes on the wire', async () => {
    await ready(clientOf());
    const seen = server.last('GET account/config');
    const text = `${String(seen.headers['ok-access-timestamp'])}GET${seen.target}`;
    expect(seen.headers['ok-access-sign']).toBe(createHmac('sha256', KEY.secret).update(text).digest('base64'));
  });

  it('signs the venue’s time, and says until when on its clock it is valid', async () => {
    const ahead = 20_000;
    server.on('GET public/time', () => [{ ts: String(Date.now() + ahead) }]);
    const client = await ready(clientOf());
    const before = Date.now();
    const request = client.sign('i', ENDPOINTS.repay, REPAY);
    expect(request.signedAt - before).toBeGreaterThan(ahead - 200);
    expect(request.signedAt - before).toBeLessThan(ahead + 200);
    expect(request.validUntil - request.signedAt).toBeGreaterThanOrEqual(30_000);
    expect(request.validUntil - request.signedAt).toBeLessThan(30_000 + OKX_TIMING.clockErrorMs + 1_000);
    expect(request.headers['OK-ACCESS-TIMESTAMP']).toBe(new Date(request.signedAt).toISOString());
    server.on('GET public/time', () => [{ ts: String(Date.now()) }]);
  });

  it('cannot sign before the venue clock is known', () => {
    expect(() => clientOf().sign('i', ENDPOINTS.repay, REPAY)).toThrow(VenueError);
  });

  it('distrusts its reading of the venue clock after a jump of ours', async () => {
    let jump = 0;
    const clock: Clock = { ...systemClock, wall: () => Date.now() + jump };
    const client = await ready(clientOf(wiring({ clock })));
    jump = 60_000;
    expect(() => client.sign('i', ENDPOINTS.repay, REPAY)).toThrow(/clock/);
    await ready(client);
    expect(server.count('GET public/time')).toBe(2);
    expect(client.sign('i', ENDPOINTS.repay, REPAY).signedAt - Date.now()).toBeLessThan(1_000);
  });

  it('adds the demo header, and the tag of the intent, only when told to', async () => {
    const plain = (await ready(clientOf())).sign('i7', ENDPOINTS.repay, REPAY);
    expect(Object.keys(plain.headers).map((name) => name.toLowerCase())).not.toContain('x-ballast-intent');
    expect(server.last('GET account/config').headers['x-simulated-trading']).toBeUndefined();
    const tagged = (await ready(clientOf(wiring(), { demo: true, tagIntents: true }))).sign(
      'i7',
      ENDPOINTS.repay,
      REPAY,
    );
    expect(tagged.headers).toMatchObject({ 'x-ballast-intent': 'i7', 'x-simulated-trading': '1' });
    expect(server.last('GET account/config').headers['x-simulated-trading']).toBe('1');
  });
});

describe('reads', () => {
  it('measure the clock again once after 50102 and repeat once', async () => {
    let left = 1;
    server.on('GET asset/balances', () =>
      left-- > 0 ? { status: 401, body: '{"msg":"Timestamp request expired","code":"50102"}' } : [],
    );
    await clientOf().read(ENDPOINTS.fundingBalances, {}, never());
    expect([server.count('GET asset/balances'), server.count('GET public/time')]).toEqual([2, 2]);
    server.on('GET asset/balances', () => ({
      status: 401,
      body: '{"msg":"Timestamp request expired","code":"50102"}',
    }));
    await expect(clientOf().read(ENDPOINTS.fundingBalances, {}, never())).rejects.toMatchObject({ kind: 'clock' });
    expect(server.count('GET asset/balances')).toBe(4);
    server.on('GET asset/balances', () => []);
  });

  it.each([
    ['a reset', 'reset', 'network'],
    ['silence', 'hang', 'network'],
    ['HTML', { body: '<html>' }, 'unavailable'],
    ['a refused key', refusal('50113', 'Invalid Sign', 401), 'permission'],
    ['a limit', refusal('50011', 'Too Many Requests', 429), 'rateLimited'],
  ] as const)('turn %s into a VenueError', async (_what, answer, kind) => {
    server.on('GET asset/balances', () => answer);
    await expect(clientOf().read(ENDPOINTS.fundingBalances, {}, never())).rejects.toMatchObject({
      name: 'VenueError',
      kind,
    });
    server.on('GET asset/balances', () => []);
  });

  it('wait for their turn, and give up when it takes too long', async () => {
    const wires = wiring({ meter: createMeter({ clock: systemClock }), timing: { ...OKX_TIMING, patienceMs: 0 } });
    const client = clientOf(wires);
    const errors: unknown[] = [];
    for (let turn = 0; turn < 6; turn += 1) {
      await client.read(ENDPOINTS.loanInfo, {}, never()).catch((error: unknown) => errors.push(error));
    }
    expect(errors.length).toBeGreaterThan(0);
    expect(errors[0]).toMatchObject({ kind: 'rateLimited' });
  });

  it('ask for the venue clock once, however many begin at the same time', async () => {
    const client = clientOf();
    await Promise.all([1, 2, 3, 4].map(() => client.read(ENDPOINTS.fundingBalances, {}, never())));
    expect(server.count('GET public/time')).toBe(1);
  });
});

describe('money calls', () => {
  const POST = 'POST finance/flexible-loan/repay';
  const outcome = async (wires = wiring()) => {
    const client = await ready(clientOf(wires));
    return client.money(client.sign('i1', ENDPOINTS.repay, REPAY), never());
  };

  it('send exactly the signed body once and are never final', async () => {
    server.on(POST, () => [{ ordId: '1', ccy: 'USDT', amt: '5', clOrdId: 'a1' }]);
    expect(await outcome()).toEqual({
      outcome: 'accepted',
      ref: 'a1',
      final: false,
      note: 'accepted, not yet done, amount 5',
      raw: expect.objectContaining({ status: 200, bytes: 82 }) as unknown,
    });
    expect(server.count(POST)).toBe(1);
    expect(server.last(POST).body).toBe('{"ordId":"1","ccy":"USDT","amt":"5","clOrdId":"a1"}');
  });

  it.each([
    ['a reset', 'reset'],
    ['silence', 'hang'],
    ['HTML', { body: '<html>' }],
    ['an empty body', { body: '' }],
    ['a system error', refusal('50026', 'System error', 500)],
    ['a proven rejection with 5xx', refusal('51736', 'no balance', 503)],
    ['a timeout as HTTP 400', refusal('50004', 'timeout', 400)],
    ['a duplicate', refusal('51016', 'exists')],
    ['an unheard-of code', refusal('77777')],
  ] as const)('take %s for unknown, and send nothing again', async (_what, answer) => {
    server.on(POST, () => answer);
    expect((await outcome()).outcome).toBe('unknown');
    expect(server.count(POST)).toBe(1);
  });

  it('are refused when the venue cannot be reached', async () => {
    const client = await ready(clientOf());
    const request = client.sign('i1', ENDPOINTS.repay, REPAY);
    await server.stop();
    expect((await client.money(request, never())).outcome).toBe('refused');
    await server.start();
  });

  it('measure the clock anew after 50102', async () => {
    server.on(POST, () => ({ status: 401, body: '{"msg":"Timestamp request expired","code":"50102"}' }));
    const client = await ready(clientOf());
    expect(await client.money(client.sign('i1', ENDPOINTS.repay, REPAY), never())).toMatchObject({
      outcome: 'rejected',
      effect: 'clock',
    });
    expect(() => client.sign('i2', ENDPOINTS.repay, REPAY)).toThrow(/clock/);
  });

  it('are refused by our own limiter before a byte leaves', async () => {
    server.on('POST account/spot-manual-borrow-repay', () => [{ ccy: 'USDT', side: 'repay', amt: '1' }]);
    const client = await ready(clientOf(wiring({ pace: new Pace(systemClock, 1) })));
    const send = () =>
      client.money(client.sign('i', ENDPOINTS.spotBorrowRepay, { ccy: 'USDT', side: 'repay', amt: '1' }), never());
    expect((await send()).outcome).toBe('accepted');
    expect(await send()).toMatchObject({
      outcome: 'refused',
      reason: expect.stringContaining('own limiter') as string,
    });
    expect(server.count('POST account/spot-manual-borrow-repay')).toBe(1);
  });

  it('count transfers per currency', async () => {
    server.on('POST asset/transfer', () => [
      { transId: '9', ccy: 'USDT', clientId: 'c', from: '6', amt: '1', to: '18' },
    ]);
    const client = await ready(clientOf(wiring({ meter: createMeter({ clock: systemClock }) })));
    const send = (ccy: string) =>
      client.money(client.sign('i', ENDPOINTS.transfer, { ccy, amt: '1', from: '6', to: '18' }), never());
    const outcomes = [];
    for (const ccy of ['USDT', 'USDT', 'BTC', 'USDT', 'BTC']) outcomes.push((await send(ccy)).outcome);
    expect(outcomes.filter((one) => one === 'accepted').length).toBeGreaterThanOrEqual(4);
  });

  it('are nothing but our own money calls', async () => {
    const client = await ready(clientOf());
    const request = { ...client.sign('i', ENDPOINTS.repay, REPAY), url: `${rest}/api/v5/asset/withdrawal` };
    expect((await client.money(request, never())).outcome).toBe('refused');
  });
});

describe('secrets', () => {
  it('are in no error, reply or log line', async () => {
    const { log, lines } = recordingLog();
    const shown: unknown[] = [];
    for (const answer of [
      'reset',
      'hang',
      { body: '<html>' },
      refusal('50113', `sign ${KEY.secret} bad`, 401),
      refusal('51000', KEY.passphrase),
    ] as const) {
      server.on('GET asset/balances', () => answer).on('POST finance/flexible-loan/repay', () => answer);
      const client = await ready(clientOf(wiring({ log })));
      shown.push(await client.read(ENDPOINTS.fundingBalances, {}, never()).catch((error: unknown) => error));
      shown.push(await client.money(client.sign('i', ENDPOINTS.repay, REPAY), never()));
      shown.push(inspect(client, { depth: 9 }));
    }
    const bad = {
      ...KEYS,
      secret: {
        reveal: () => {
          throw new Error(KEY.secret);
        },
      },
    };
    const wires = wiring();
    const broken = new OkxClient({
      account: 'desk',
      key: bad,
      wiring: wires,
      public: new OkxPublic(wires),
      demo: false,
      tagIntents: false,
    });
    shown.push(await broken.read(ENDPOINTS.config, {}, never()).catch((error: unknown) => error));
    const text = inspect(shown, { depth: 9 }) + lines.join('\n');
    for (const secret of Object.values(KEY)) expect(text).not.toContain(secret);
    expect(text).not.toMatch(/OK-ACCESS/i);
    server.on('GET asset/balances', () => []);
  });
});
