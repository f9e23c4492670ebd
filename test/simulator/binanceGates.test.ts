/** Everything between the socket and the business rules (binance.md §2, §3, §14). */
import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { payloadOf } from '../../src/simulator/binance/wire.ts';
import { Bench, KEY, SECRET, START_MS, alice, signedQuery } from './support.ts';

const ACCOUNT = '/sapi/v1/margin/account';
const REPAY = '/sapi/v1/margin/borrow-repay';
const KEYED = { 'x-mbx-apikey': KEY };

describe('signatures', () => {
  // Official vectors (binance.md §2.3). The endpoint does not matter to a signature, so the payload alone is checked.
  const vectors = [
    [
      'plain',
      'symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000&timestamp=1499827319559',
      'c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71',
    ],
    [
      'percent-encoded',
      'symbol=%EF%BC%91%EF%BC%92%EF%BC%93%EF%BC%94%EF%BC%95%EF%BC%96&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000&timestamp=1499827319559',
      'e1353ec6b14d888f1164ae9af8228a3dbd508bc82eb867db8ab6046442f33ef3',
    ],
  ] as const;

  it.each(vectors)('of the documents are accepted: %s', (_name, payload, signature) => {
    const bench = new Bench({ binance: [alice()] }, undefined, 1_499_827_319_559);
    for (const given of [signature, signature.toUpperCase()]) {
      expect(bench.raw('GET', ACCOUNT, `${payload}&signature=${given}`, '', KEYED).status).toBe(200);
    }
    const forged = signature.replace(/^./, (digit) => (digit === '0' ? '1' : '0'));
    expect(bench.raw('GET', ACCOUNT, `${payload}&signature=${forged}`, '', KEYED).json).toEqual({
      code: -1022,
      msg: 'Signature for this request is not valid.',
    });
  });

  it('cover query and body together, without a separator', () => {
    expect(payloadOf('a=1', 'b=2&signature=x')).toBe('a=1b=2');
    expect(payloadOf('a=1&signature=x&c=3', '')).toBe('a=1&c=3');
  });

  it('work with parameters in the body, in the query, or in both', () => {
    const bench = new Bench();
    const stamp = `timestamp=${String(START_MS)}`;
    const body = signedQuery({
      asset: 'USDT',
      isIsolated: 'FALSE',
      amount: '1',
      type: 'REPAY',
      timestamp: String(START_MS),
    });
    expect(bench.raw('POST', REPAY, '', body, KEYED).status).toBe(200);
    bench.host.pass(100);
    const query = 'asset=USDT&isIsolated=FALSE&amount=1';
    const rest = `type=REPAY&${stamp}`;
    const signature = signatureOf(query + rest);
    expect(bench.raw('POST', REPAY, query, `${rest}&signature=${signature}`, KEYED).status).toBe(200);
  });

  it('over text that was not percent-encoded are refused', () => {
    const text = `symbols=["BTCUSDT"]&timestamp=${String(START_MS)}`;
    const answer = new Bench().raw(
      'GET',
      '/sapi/v1/margin/isolated/account',
      `${text}&signature=${signatureOf(text)}`,
      '',
      KEYED,
    );
    expect(answer.json.code).toBe(-1022);
  });
});

function signatureOf(text: string): string {
  return createHmac('sha256', SECRET).update(text).digest('hex');
}

describe('keys', () => {
  it.each([
    ['missing', {}, 401, -2014, 'API-key format invalid.'],
    ['malformed', { 'x-mbx-apikey': 'a b' }, 401, -2014, 'API-key format invalid.'],
    ['unknown', { 'x-mbx-apikey': 'nobody' }, 401, -2015, 'Invalid API-key, IP, or permissions for action.'],
  ])('that are %s', (_what, headers, status, code, msg) => {
    const answer = new Bench().raw('GET', ACCOUNT, signedQuery({ timestamp: String(START_MS) }), '', headers);
    expect([answer.status, answer.json]).toEqual([status, { code, msg }]);
  });

  it('are enough for market data, without a signature', () => {
    expect(new Bench().raw('GET', '/sapi/v1/margin/priceIndex', 'symbol=BTCUSDT', '', KEYED).json.price).toBe(
      '60000.00000000',
    );
  });

  it('without a permission cannot do what it allows', () => {
    const bench = new Bench({ binance: [alice({ permissions: { margin: false, transfer: false } })] });
    expect([bench.borrowRepay('REPAY', '1').status, bench.borrowRepay('REPAY', '1').json.code]).toEqual([401, -2015]);
    const transfer = bench.signed('POST', '/sapi/v1/asset/transfer', {
      type: 'MAIN_MARGIN',
      asset: 'USDT',
      amount: '1',
    });
    expect(transfer.json.code).toBe(-1002);
    expect(bench.signed('GET', ACCOUNT).status).toBe(200);
  });

  it('bound to addresses do not work from others', () => {
    const bench = new Bench({ binance: [alice({ permissions: { ipRestrict: true, ips: ['10.0.0.9'] } })] });
    const query = signedQuery({ timestamp: String(START_MS) });
    expect(bench.raw('GET', ACCOUNT, query, '', KEYED, '10.0.0.1').json.code).toBe(-2015);
    expect(bench.raw('GET', ACCOUNT, query, '', KEYED, '10.0.0.9').status).toBe(200);
  });

  it('show their permissions', () => {
    expect(new Bench().signed('GET', '/sapi/v1/account/apiRestrictions').json).toMatchObject({
      enableMargin: true,
      enableWithdrawals: false,
      permitsUniversalTransfer: true,
    });
  });
});

describe('times', () => {
  const at = (shiftMs: number, recvWindow?: string): { code?: number; msg?: string } => {
    const params = { ...(recvWindow !== undefined && { recvWindow }), timestamp: String(START_MS + shiftMs) };
    return new Bench().signed('GET', ACCOUNT, params).json;
  };

  it('are accepted up to the window in the past and just below a second in the future', () => {
    expect([at(-5000).code, at(999).code, at(-60_000, '60000').code]).toEqual([undefined, undefined, undefined]);
  });

  it('outside are refused with the text that says on which side', () => {
    expect(at(-5001)).toEqual({ code: -1021, msg: 'Timestamp for this request is outside of the recvWindow.' });
    expect(at(1000)).toEqual({ code: -1021, msg: "Timestamp for this request was 1000ms ahead of the server's time." });
    expect(at(-1001, '1000').code).toBe(-1021);
  });

  it('may be microseconds', () => {
    expect(new Bench().signed('GET', ACCOUNT, { timestamp: `${String(START_MS)}000` }).status).toBe(200);
  });

  it('with a window above a minute are refused', () => {
    expect(at(0, '60001')).toEqual({ code: -1131, msg: 'recvWindow must be less than 60000' });
  });
});

describe('parameters', () => {
  it('that are mandatory are asked for by name', () => {
    const bench = new Bench();
    expect(bench.raw('GET', ACCOUNT, '', '', KEYED).json).toEqual({
      code: -1102,
      msg: "Mandatory parameter 'timestamp' was not sent, was empty/null, or malformed.",
    });
    expect(
      bench.signed('POST', REPAY, { asset: 'USDT', isIsolated: 'FALSE', amount: '', type: 'REPAY' }).json.msg,
    ).toContain("'amount'");
  });

  it('sent twice are refused, but a name in query and body takes the query', () => {
    const bench = new Bench();
    const twice = rawSigned(`asset=USDT&asset=BTC&timestamp=${String(START_MS)}`);
    expect(bench.raw('GET', '/sapi/v1/margin/maxTransferable', twice, '', KEYED).json.code).toBe(-1101);
    const [query, body] = ['asset=BTC', `asset=DOGE&timestamp=${String(START_MS)}`];
    const answer = bench.raw(
      'GET',
      '/sapi/v1/margin/maxTransferable',
      query,
      `${body}&signature=${signatureOf(query + body)}`,
      KEYED,
    );
    expect(answer.json.amount).not.toBe('0.00000000');
  });

  it.each([
    ['letters', 'abc', -1100],
    ['an exponent', '1e3', -1100],
    ['a minus', '-1', -1100],
    ['nine decimals', '0.123456789', -1111],
    ['zero', '0', -3026],
  ])('that are amounts with %s are refused', (_what, amount, code) => {
    expect(new Bench().borrowRepay('REPAY', amount).json.code).toBe(code);
  });

  it('unknown to the endpoint are ignored, or refused by a switch', () => {
    expect(new Bench().signed('GET', ACCOUNT, { nonsense: '1' }).status).toBe(200);
    const strict = new Bench({ binance: [alice()], binanceSettings: { switches: { unknownParams: 'refuse' } } });
    expect(strict.signed('GET', ACCOUNT, { nonsense: '1' }).json).toEqual({
      code: -1104,
      msg: "Not all sent parameters were read; read '2' parameter(s) but was sent '3'.",
    });
  });
});

describe('the order of the gates', () => {
  it('is path, weight, key, parameters, time, signature', () => {
    const bench = new Bench();
    expect(bench.raw('GET', '/sapi/v1/margin/nothing', '', '', {}).status).toBe(404);
    const keyless = bench.raw('GET', ACCOUNT);
    expect([keyless.json.code, keyless.headers['X-SAPI-USED-IP-WEIGHT-1M']]).toEqual([-2014, '10']);
    expect(bench.raw('GET', ACCOUNT, `timestamp=${String(START_MS - 9000)}`, '', KEYED).json.code).toBe(-1102);
    expect(bench.raw('GET', ACCOUNT, `timestamp=${String(START_MS - 9000)}&signature=x`, '', KEYED).json.code).toBe(
      -1021,
    );
    expect(bench.raw('GET', ACCOUNT, `timestamp=${String(START_MS)}&signature=x`, '', KEYED).json.code).toBe(-1022);
  });

  it('can be changed, because the real one is unknown', () => {
    const gates = ['ban', 'path', 'weight', 'key', 'params', 'signature', 'time'] as const;
    const bench = new Bench({ binance: [alice()], binanceSettings: { switches: { gates: [...gates] } } });
    expect(bench.raw('GET', ACCOUNT, `timestamp=${String(START_MS - 9000)}&signature=x`, '', KEYED).json.code).toBe(
      -1022,
    );
  });
});

function rawSigned(text: string): string {
  return `${text}&signature=${signatureOf(text)}`;
}
