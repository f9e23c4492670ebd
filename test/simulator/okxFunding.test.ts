import { describe, expect, it } from 'vitest';
import { Bench, SECRET, accountInput } from './okxSupport.ts';
import type { Answer } from './okxSupport.ts';

const off = { limits: { on: false } } as const;
const transfer = (bench: Bench, more: Record<string, unknown> = {}, options = {}): Answer =>
  bench.post('/api/v5/asset/transfer', { ccy: 'USDT', amt: '100', from: '6', to: '18', ...more }, options);
const state = (bench: Bench, query: string, options = {}): Answer =>
  bench.get(`/api/v5/asset/transfer-state?${query}`, options);
const trading = (bench: Bench, ccy: string): unknown => {
  const [row] = bench.get(`/api/v5/account/balance?ccy=${ccy}`).data;
  const details: unknown = row?.['details'];
  return details;
};

describe('asset/balances', () => {
  it('has a row for every coin above zero and no other', () => {
    const bench = new Bench([accountInput({ funding: { USDT: '12.5', BTC: '0' } })]);
    expect(bench.get('/api/v5/asset/balances').data).toEqual([
      { ccy: 'USDT', bal: '12.5', availBal: '12.5', frozenBal: '0' },
    ]);
    expect(bench.get('/api/v5/asset/balances?ccy=BTC,ETH').data).toEqual([]);
  });
});

describe('asset/transfer', () => {
  it('moves coins both ways, with bills on both sides', () => {
    const bench = new Bench();
    const answer = transfer(bench, { clientId: 'abc123' });
    const transId = String(answer.data[0]?.['transId']);
    expect(answer.data).toEqual([{ transId, ccy: 'USDT', clientId: 'abc123', from: '6', amt: '100', to: '18' }]);
    expect(state(bench, `transId=${transId}`).data).toEqual([
      {
        amt: '100',
        ccy: 'USDT',
        clientId: 'abc123',
        from: '6',
        instId: '',
        state: 'success',
        subAcct: '',
        to: '18',
        toInstId: '',
        transId,
        type: '0',
      },
    ]);
    expect(bench.funding('USDT')).toBe('19900');
    expect(trading(bench, 'USDT')).toMatchObject([{ ccy: 'USDT', cashBal: '100', availBal: '100' }]);
    transfer(bench, { from: '18', to: '6', amt: '40' });
    expect(bench.funding('USDT')).toBe('19940');
    const bills = bench.get('/api/v5/asset/bills?ccy=USDT').data;
    expect(bills).toMatchObject([
      { type: '130', balChg: '40', bal: '19940', clientId: '' },
      { type: '131', balChg: '-100', bal: '19900', clientId: 'abc123' },
    ]);
    expect(bench.get('/api/v5/asset/bills?clientId=abc123').data).toHaveLength(1);
    expect(bench.get('/api/v5/account/bills').data).toMatchObject([
      { subType: '12', balChg: '-40', from: '18', to: '6' },
      { subType: '11', balChg: '100', from: '6', to: '18' },
    ]);
  });

  it('names what is wrong', () => {
    const bench = new Bench();
    const zero = transfer(bench, { amt: '0' });
    expect([zero.status, zero.code]).toEqual([400, '58114']);
    expect(transfer(bench, { amt: '20000.1' }).code).toBe('58116');
    expect(transfer(bench, { to: '6' }).code).toBe('58123');
    expect(transfer(bench, { ccy: 'NOPE' }).code).toBe('51000');
    expect(transfer(bench, { to: '1' }).code).toBe('51000');
    expect(transfer(bench, { clientId: 'has-hyphen' }).code).toBe('51000');
    expect(transfer(bench, { from: '18', to: '6' }).code).toBe('58116');
  });

  it('stays pending for its time: the coins have left and not arrived', () => {
    const bench = new Bench(undefined, { ...off, transferMs: 500 });
    transfer(bench, { clientId: 'slow1' });
    expect(state(bench, 'clientId=slow1').data[0]?.['state']).toBe('pending');
    expect([bench.funding('USDT'), trading(bench, 'USDT'), bench.okx.books.busy()]).toEqual(['19900', [], true]);
    bench.pass(500);
    expect(state(bench, 'clientId=slow1').data[0]?.['state']).toBe('success');
    expect([trading(bench, 'USDT'), bench.okx.books.busy()]).toMatchObject([[{ cashBal: '100' }], false]);
  });

  it('fails back to where it came from', () => {
    const bench = new Bench(undefined, { ...off, transferMs: 500 });
    bench.mood = { fate: 'failed' };
    transfer(bench, { clientId: 'bad1' });
    bench.pass(500);
    expect([state(bench, 'clientId=bad1').data[0]?.['state'], bench.funding('USDT')]).toEqual(['failed', '20000']);
  });

  it('hangs until it is released', () => {
    const bench = new Bench();
    bench.mood = { settleMs: null };
    transfer(bench, { clientId: 'hang1' });
    bench.mood = {};
    bench.pass(3_600_000);
    expect([state(bench, 'clientId=hang1').data[0]?.['state'], bench.okx.books.busy()]).toEqual(['pending', false]);
    expect(bench.okx.books.act({ do: 'release', account: 'main' })).toEqual({ released: 1 });
    expect([state(bench, 'clientId=hang1').data[0]?.['state'], trading(bench, 'USDT')]).toMatchObject([
      'success',
      [{ cashBal: '100' }],
    ]);
  });

  it('accepts a known clientId again or refuses it', () => {
    const accepts = new Bench();
    expect([transfer(accepts, { clientId: 'x' }).code, transfer(accepts, { clientId: 'x' }).code]).toEqual(['0', '0']);
    expect(accepts.funding('USDT')).toBe('19800');
    const refuses = new Bench(undefined, { ...off, switches: { duplicateClientId: 'refuse' } });
    expect([transfer(refuses, { clientId: 'x' }).code, transfer(refuses, { clientId: 'x' }).code]).toEqual([
      '0',
      '50071',
    ]);
  });

  it('runs beside a pending one or refuses with its id', () => {
    const refuses = new Bench(undefined, { ...off, transferMs: 500, switches: { parallelTransfers: 'refuse' } });
    const first = String(transfer(refuses).data[0]?.['transId']);
    expect(transfer(refuses)).toMatchObject({ code: '58124', msg: expect.stringContaining(first) });
    expect(transfer(refuses, { ccy: 'BTC', amt: '0.1' }).code).toBe('0');
    expect(refuses.okx.books.pendingConflicts()).toBe(1);
    const serves = new Bench(undefined, { ...off, transferMs: 500 });
    expect([transfer(serves).code, transfer(serves).code]).toEqual(['0', '0']);
  });

  it('moves between a master and its sub-accounts, each with the type that its key may use', () => {
    const sub = { name: 'sub1', uid: '22', mainUid: '44705892343619584', loans: [], funding: { BTC: '3' } };
    const bench = new Bench([
      accountInput(),
      accountInput({ ...sub, key: { id: 'key-sub', secret: SECRET, passphrase: 'words' } }),
    ]);
    const asSub = { key: 'key-sub' };
    const body = { from: '6', to: '6', ccy: 'BTC', amt: '0.25' };
    expect(transfer(bench, { ...body, type: '1', subAcct: 'sub1' }).code).toBe('0');
    expect(bench.funding('BTC')).toBe('0.25');
    expect(transfer(bench, { ...body, type: '2', subAcct: 'sub1' }).code).toBe('0');
    expect(transfer(bench, { ...body, type: '3' }, asSub).code).toBe('0');
    expect(bench.funding('BTC')).toBe('0.75');
    expect(transfer(bench, { ...body, type: '1' }).code).toBe('58115');
    expect(transfer(bench, { ...body, type: '1', subAcct: 'nobody' }).code).toBe('58115');
    expect(transfer(bench, { ...body, type: '3' }).code).toBe('58127');
    expect(transfer(bench, { ...body, type: '1', subAcct: 'main' }, asSub).code).toBe('58128');
  });
});

describe('asset/transfer-state', () => {
  it('answers an unknown id with 58129 or 51000', () => {
    expect(state(new Bench(), 'clientId=never').code).toBe('58129');
    expect(state(new Bench(undefined, { ...off, switches: { unknownTransfer: '51000' } }), 'clientId=never').code).toBe(
      '51000',
    );
    expect(state(new Bench(), 'type=0').code).toBe('50014');
  });

  it('wants the type that was used', () => {
    const bench = new Bench();
    transfer(bench, { clientId: 'x' });
    expect(state(bench, 'clientId=x&type=1').code).toBe('58129');
    expect(state(bench, 'clientId=x&type=0').code).toBe('0');
  });

  it('forgets after two weeks', () => {
    const bench = new Bench();
    transfer(bench, { clientId: 'x' });
    bench.pass(14 * 86_400_000 + 1);
    expect(state(bench, 'clientId=x').code).toBe('58129');
  });
});

describe('asset/bills', () => {
  it('pages by time, or by bill id', () => {
    const bench = new Bench();
    for (const amt of ['1', '2', '3']) {
      transfer(bench, { amt });
      bench.pass(10);
    }
    const rows = bench.get('/api/v5/asset/bills').data;
    const [, middle] = rows;
    const changes = (query: string): unknown[] =>
      bench.get(`/api/v5/asset/bills?${query}`).data.map((row) => row['balChg']);
    expect(changes('limit=1')).toEqual(['-3']);
    expect(changes(`after=${String(middle?.['ts'])}`)).toEqual(['-1']);
    expect(changes(`before=${String(middle?.['ts'])}`)).toEqual(['-3']);
    expect(changes(`after=${String(middle?.['billId'])}`)).toEqual(['-1']);
    expect(changes(`before=${String(middle?.['billId'])}&pagingType=2`)).toEqual(['-3']);
  });
});
