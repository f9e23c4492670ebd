import { describe, expect, it } from 'vitest';
import { sign } from '../../src/simulator/okx/gate.ts';
import type { OkxAccountInput } from '../../src/simulator/okx/index.ts';
import { Bench, SECRET, accountInput } from './okxSupport.ts';

const BALANCE = '/api/v5/account/balance';
const INFO = '/api/v5/finance/flexible-loan/loan-info';

describe('signatures', () => {
  // Vectors of okx.md §1.2.
  it.each([
    ['2020-12-08T09:08:57.715ZGET/api/v5/account/balance?ccy=BTC', 'HiZhvSfMtWJA3uUIVXV3a/bSXNPCWvYFXoGCVS8V4zY='],
    [
      '2020-12-08T09:08:57.715ZPOST/api/v5/finance/flexible-loan/adjust-collateral' +
        '{"type":"add","ordId":"12345","collateralCcy":"BTC","collateralAmt":"0.1"}',
      'kdxRG6N3v+ifOD0eBK+/pf5rOQJ/IG2CaJ/7VEgNXhQ=',
    ],
    ['1704876947GET/users/self/verify', '5/36BgGV6m/6pmdc20zdqk0mzF5ZalmzzPD2fo3wavU='],
  ])('of %s is the documented one', (prehash, expected) => {
    expect(sign(SECRET, prehash)).toBe(expected);
  });

  it('covers the query string and the exact body', () => {
    const bench = new Bench();
    expect(bench.get(`${BALANCE}?ccy=BTC,ETH`).code).toBe('0');
    const wrong = bench.get(`${BALANCE}?ccy=BTC`, { headers: { 'ok-access-sign': sign(SECRET, 'something else') } });
    expect([wrong.status, wrong.code]).toEqual([401, '50113']);
  });
});

describe('the gate', () => {
  it('answers authentication errors with 401 and without data', () => {
    const answer = new Bench().get(BALANCE, { passphrase: 'other' });
    expect(answer.status).toBe(401);
    expect(JSON.parse(answer.raw)).toEqual({ code: '50105', msg: expect.stringContaining('PASSPHRASE') });
  });

  it.each([
    ['ok-access-key', '50103'],
    ['ok-access-passphrase', '50104'],
    ['ok-access-sign', '50106'],
    ['ok-access-timestamp', '50107'],
  ])('misses %s with %s', (header, code) => {
    const answer = new Bench().get(BALANCE, { headers: { [header]: '' } });
    expect([answer.status, answer.code]).toEqual([401, code]);
  });

  it('accepts a clock that is 30 s off and refuses one beyond', () => {
    const bench = new Bench();
    expect(bench.get(BALANCE, { skewMs: 30_000 }).code).toBe('0');
    expect(bench.get(BALANCE, { skewMs: -30_000 }).code).toBe('0');
    for (const skewMs of [30_001, -30_001]) {
      const answer = bench.get(BALANCE, { skewMs });
      expect([answer.status, answer.code]).toEqual([401, '50102']);
    }
    expect(bench.get(BALANCE, { headers: { 'ok-access-timestamp': '1700000000' } }).code).toBe('50112');
  });

  it('refuses an unknown key with either documented code', () => {
    const strict = new Bench().get(BALANCE, { key: 'nobody' });
    expect([strict.status, strict.code]).toEqual([401, '50111']);
    const mild = new Bench(undefined, { limits: { on: false }, switches: { unknownKey: '50119' } }).get(BALANCE, {
      key: 'nobody',
    });
    expect([mild.status, mild.code]).toEqual([200, '50119']);
  });

  it('pairs demo keys with the demo header, both ways', () => {
    const live = new Bench();
    expect(live.get(BALANCE, { headers: { 'x-simulated-trading': '1' } }).code).toBe('50101');
    expect(live.get(BALANCE, { headers: { 'x-simulated-trading': '0' } }).code).toBe('0');
    const demo = { key: { id: 'key-main', secret: SECRET, passphrase: 'words', demo: true } };
    const bench = new Bench([accountInput(demo)]);
    expect(bench.get(BALANCE).code).toBe('50101');
    expect(bench.get(BALANCE, { headers: { 'x-simulated-trading': '1' } }).code).toBe('0');
    expect(bench.get(INFO, { headers: { 'x-simulated-trading': '1' } }).code).toBe('50038');
    const served = new Bench([accountInput(demo)], { limits: { on: false }, switches: { demoFlexibleLoan: 'serve' } });
    expect(served.get(INFO, { headers: { 'x-simulated-trading': '1' } }).code).toBe('0');
  });

  it('lets only the bound addresses in', () => {
    const bench = new Bench([accountInput({ ip: '10.0.0.7,10.0.0.8' })]);
    const refused = bench.get(BALANCE);
    expect([refused.status, refused.code]).toEqual([401, '50110']);
    expect(bench.get(BALANCE, { ip: '10.0.0.8' }).code).toBe('0');
    expect(bench.get(BALANCE, { ip: '::ffff:10.0.0.7' }).code).toBe('0');
  });

  it('lets a reading key read and not trade', () => {
    const bench = new Bench([accountInput({ perm: 'read_only' })]);
    expect(bench.get(INFO).code).toBe('0');
    expect(bench.post('/api/v5/finance/flexible-loan/max-loan', { borrowCcy: 'USDT' }).code).toBe('0');
    const refused = bench.post('/api/v5/asset/transfer', { ccy: 'USDT', amt: '1', from: '6', to: '18' });
    expect([refused.status, refused.code]).toEqual([200, '50120']);
  });

  it('needs no key for public endpoints', () => {
    const bench = new Bench();
    const headers = { 'ok-access-key': '', 'ok-access-sign': '' };
    expect(bench.get('/api/v5/public/time', { headers }).data).toEqual([{ ts: String(bench.market.host.now()) }]);
    expect(bench.get('/api/v5/finance/flexible-loan/emode-info', { headers }).data).toContainEqual({
      collateralCcy: 'USDC',
      borrowCcy: 'USDT',
    });
  });

  it('tells wrong paths, methods and bodies apart', () => {
    const bench = new Bench();
    expect(bench.get('/api/v5/nothing').status).toBe(404);
    const method = bench.get('/api/v5/asset/transfer');
    expect([method.status, method.code]).toEqual([405, '50115']);
    expect(bench.post('/api/v5/asset/transfer', '').code).toBe('50000');
    expect(bench.post('/api/v5/asset/transfer', '{"ccy"').code).toBe('50002');
    expect(bench.post('/api/v5/asset/transfer', {}, { headers: { 'content-type': 'text/plain' } }).code).toBe('50006');
    expect(bench.post('/api/v5/asset/transfer', {}).code).toBe('50014');
    expect(bench.post('/api/v5/asset/transfer', { ccy: 'USDT', amt: 1, from: '6', to: '18' }).code).toBe('51000');
  });
});

describe('rate limits', () => {
  const limited = (settings = {}): Bench => new Bench(undefined, { limits: settings });

  it('slide: the sixth call in two seconds is refused, and time alone frees', () => {
    const bench = limited();
    for (let call = 0; call < 5; call += 1) {
      expect(bench.get(INFO).code).toBe('0');
      bench.pass(300);
    }
    const refused = bench.get(INFO);
    expect([refused.status, refused.code, refused.data]).toEqual([429, '50011', []]);
    bench.pass(501);
    expect(bench.get(INFO).code).toBe('0');
    expect(bench.get(INFO).code).toBe('50011');
  });

  it('come as HTTP 200 when the switch says so', () => {
    const bench = limited({ status: 200 });
    for (let call = 0; call < 5; call += 1) bench.get(INFO);
    const refused = bench.get(INFO);
    expect([refused.status, refused.code]).toEqual([200, '50011']);
  });

  it('count transfers per currency', () => {
    const bench = limited();
    const send = (ccy: string): string =>
      bench.post('/api/v5/asset/transfer', { ccy, amt: '0.1', from: '6', to: '18' }).code;
    expect([send('USDT'), send('USDT'), send('USDT'), send('BTC')]).toEqual(['0', '0', '50011', '0']);
  });

  it('count spot borrow and repay per master, once in three seconds', () => {
    const spot: Partial<OkxAccountInput> = { enableSpotBorrow: true, trading: { USDT: '1000' }, loans: [] };
    const bench = new Bench(
      [
        accountInput({ ...spot, spotDebt: { USDT: '100' } }),
        accountInput({
          ...spot,
          spotDebt: { USDT: '100' },
          name: 'sub',
          uid: '2',
          mainUid: '44705892343619584',
          key: { id: 'key-sub', secret: SECRET, passphrase: 'words' },
        }),
      ],
      { limits: {} },
    );
    const repay = (key: string): string =>
      bench.post('/api/v5/account/spot-manual-borrow-repay', { ccy: 'USDT', side: 'repay', amt: '1' }, { key }).code;
    expect(repay('key-main')).toBe('0');
    bench.pass(2999);
    expect(repay('key-sub')).toBe('50011');
    bench.pass(1);
    expect(repay('key-sub')).toBe('0');
  });

  it('shrink with the window scale', () => {
    const bench = limited({ windowScale: 0.1 });
    for (let call = 0; call < 5; call += 1) bench.get(INFO);
    bench.pass(200);
    expect(bench.get(INFO).code).toBe('0');
  });
});
