/** One account as a `Venue`, against a scripted OKX. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import type { Finding, Venue } from '../../../src/exchanges/exchange.ts';
import { createOkx } from '../../../src/exchanges/okx/index.ts';
import { OKX_TIMING } from '../../../src/exchanges/okx/timing.ts';
import {
  KEYS,
  ScriptedOkx,
  UID,
  config,
  freeMeter,
  intent,
  never,
  recordingLog,
  refusal,
  ticker,
  venueFor,
} from './support.ts';

const ROW = {
  ordId: '12345',
  loanData: [{ ccy: 'USDT', amt: '50020.010203' }],
  loanNotionalUsd: '50000.0021989188',
  collateralData: [{ ccy: 'BTC', amt: '1.2' }],
  collateralNotionalUsd: '65800',
  curLTV: '0.7598',
  marginCallLTV: '0.8',
  liqLTV: '0.9',
  riskWarningData: { instId: 'BTC-USDT', liqPx: '1' },
  somethingNew: { nested: [1] },
};
const INFO = 'GET finance/flexible-loan/loan-info';
const HISTORY = 'GET finance/flexible-loan/loan-history';
const STATE = 'GET asset/transfer-state';

let server: ScriptedOkx;
let venue: Venue;
const opened: Venue[] = [];

beforeEach(async () => {
  server = new ScriptedOkx();
  await server.start();
  server
    .on(INFO, () => [ROW])
    .on('GET asset/balances', () => [
      { ccy: 'USDT', bal: '20000', availBal: '19000.5', frozenBal: '999.5' },
      { ccy: 'DOT', bal: '1', availBal: '0', frozenBal: '1' },
    ]);
  venue = open();
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((one) => one.close()));
  await server.stop();
});

function open(more: Parameters<typeof venueFor>[1] = {}, products?: Parameters<typeof venueFor>[2]): Venue {
  const made = venueFor(server.rest, { meter: { ...freeMeter }, ...more }, products);
  opened.push(made);
  return made;
}

describe('observing', () => {
  it('reads loans, funding and prices', async () => {
    const view = await venue.observe(never());
    expect(view.loans.map(({ id }) => id)).toEqual(['desk/okx.flexibleLoan/12345']);
    expect(
      view.wallets.map(({ name, free }) => [
        name,
        Object.entries(free).map(([asset, amount]) => [asset, amount.toFixed()]),
      ]),
    ).toEqual([['funding', [['USDT', '19000.5']]]]);
    expect(view.prices['USDT']?.toFixed()).toBe('0.9996');
    expect(view.asOf).toBeLessThanOrEqual(
      Math.min(...Object.values(view.sections).map((section) => (section.state === 'fresh' ? section.asOf : 0))),
    );
  });

  it('takes an empty list for the venue’s word that there is no loan', async () => {
    server.on(INFO, () => []);
    const view = await venue.observe(never());
    expect([view.loans, view.sections['okx.flexibleLoan']?.state]).toEqual([[], 'fresh']);
  });

  it('fails the section when one order cannot be read, so that none looks closed', async () => {
    server.on(INFO, () => [ROW, { ...ROW, ordId: '2', liqLTV: '' }]);
    const view = await venue.observe(never());
    expect(view.loans).toEqual([]);
    expect(view.sections['okx.flexibleLoan']).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('liqLTV') as string,
    });
  });

  it('goes on without index prices: debt and collateral values come from the order', async () => {
    server.on('GET market/index-tickers', () => refusal('50001', '', 503));
    const view = await venue.observe(never());
    expect(view.sections['okx.flexibleLoan']?.state).toBe('fresh');
    expect(view.loans[0]?.collateral[0]?.addTiers).toEqual([]);
  });

  it('values a coin without a USD index by its USDT index', async () => {
    server.on('GET market/index-tickers', (seen) =>
      seen.query.get('quoteCcy') === 'USD' ? [ticker('USDT', '0.5')] : [ticker('BTC', '120000', 'USDT')],
    );
    const view = await venue.observe(never());
    expect(view.prices['BTC']?.toFixed()).toBe('60000');
  });

  it('reads the account only once in a while and refuses another one for good', async () => {
    await venue.observe(never());
    await venue.observe(never());
    expect(server.count('GET account/config')).toBe(1);
    const other = open({ expectUid: '1' });
    await expect(other.observe(never())).rejects.toMatchObject({
      kind: 'permission',
      message: expect.stringContaining('expects 1') as string,
    });
    expect(() => other.sign(intent({}))).toThrow();
  });

  it('keeps the account it knows when account/config fails, but not when the key is refused', async () => {
    const impatient = open({ timing: { ...OKX_TIMING, configAgeMs: 0, indexAgeMs: 0 } });
    await impatient.observe(never());
    server.on('GET account/config', () => 'reset');
    expect((await impatient.observe(never())).uid).toBe(UID);
    server.on('GET account/config', () => refusal('50111', 'Invalid OK-ACCESS-KEY', 401));
    await expect(impatient.observe(never())).rejects.toMatchObject({ kind: 'permission' });
  });

  it('throws when nothing could be read', async () => {
    server.on(INFO, () => 'reset').on('GET asset/balances', () => 'reset');
    await expect(venue.observe(never())).rejects.toMatchObject({ name: 'VenueError', kind: 'network' });
  });

  it('reads how much may be released only when somebody asks', async () => {
    server.on('GET finance/flexible-loan/max-collateral-redeem-amount', () => [{ ccy: 'BTC', maxRedeemAmt: '0.1' }]);
    const [loan] = (await venue.observe(never())).loans;
    if (loan === undefined) throw new Error('no loan');
    expect(loan.maxRelease).toEqual({});
    expect((await venue.mostToRelease(loan, ['BTC'], never()))['BTC']?.toFixed()).toBe('0.1');
  });

  it('leaves trading out of account modes that are not spot, and funding in', async () => {
    server.on('GET account/config', () => [config({ acctLv: '3' })]);
    const view = await open({}, ['okx.flexibleLoan', 'okx.spotBorrow']).observe(never());
    expect([view.sections['okx.spotBorrow']?.state, view.sections['okx.flexibleLoan']?.state]).toEqual([
      'failed',
      'fresh',
    ]);
  });

  it('reads public figures once for all accounts of a process, and prices within the limit of the address', async () => {
    const meter = { ...freeMeter };
    const timing = { ...OKX_TIMING, indexAgeMs: 10_000 };
    const accounts = Array.from({ length: 5 }, (_, number) =>
      open({ meter, timing, account: `desk${String(number)}` }),
    );
    for (const account of accounts) await account.observe(never());
    expect(server.count('GET market/index-tickers')).toBe(4);
    expect([server.count('GET public/time'), server.count('GET public/discount-rate-interest-free-quota')]).toEqual([
      1, 1,
    ]);
  });
});

describe('signing', () => {
  it('always sends the order id and the client id of a repayment', async () => {
    await venue.observe(never());
    expect(JSON.parse(venue.sign(intent({ clientId: 'b7x1' })).body)).toEqual({
      ordId: '12345',
      ccy: 'USDT',
      amt: '1000',
      clOrdId: 'b7x1',
    });
  });

  it('sends no order id where the venue named none', async () => {
    server.on(INFO, () => [{ ...ROW, ordId: undefined }]);
    const [loan] = (await venue.observe(never())).loans;
    expect(loan?.key).toBe('single');
    const request = venue.sign(intent({ verb: 'add', asset: 'BTC', amount: '0.1', key: 'single' }));
    expect(JSON.parse(request.body)).toEqual({ type: 'add', collateralCcy: 'BTC', collateralAmt: '0.1' });
  });

  it('names the two accounts of a transfer', async () => {
    await venue.observe(never());
    const request = venue.sign(
      intent({ verb: 'transferIn', asset: 'BTC', amount: '0.10', from: 'trading', to: 'inside' }),
    );
    expect(JSON.parse(request.body)).toEqual({
      ccy: 'BTC',
      amt: '0.1',
      from: '18',
      to: '6',
      type: '0',
      clientId: 'b7001',
    });
    expect(request.headers['x-ballast-intent']).toBe('desk-7-1');
  });

  it.each([
    ['a borrow on an order that the venue does not name', { verb: 'borrow', key: 'single' }],
    ['zero', { amount: '0' }],
    ['an exponent', { amount: '1e3' }],
    ['a transfer to itself', { verb: 'transferIn', from: 'funding', to: 'inside' }],
    ['a product this account does not have', { product: 'okx.spotBorrow' }],
    ['another venue’s product', { product: 'binance.crossMargin' }],
  ] as const)('refuses %s', async (_what, more) => {
    await venue.observe(never());
    expect(() => venue.sign(intent(more))).toThrow();
  });

  it('needs a passphrase', () => {
    const key = { ...KEYS, passphrase: null };
    const options = {
      account: 'desk',
      key,
      hosts: { rest: null, ws: null },
      clock: systemClock,
      timing: OKX_TIMING,
      windowMs: 30_000,
    };
    expect(() =>
      createOkx({
        ...options,
        products: ['okx.flexibleLoan'],
        expectUid: UID,
        tagIntents: false,
        log: recordingLog().log,
      }),
    ).toThrow(/passphrase/);
  });
});

describe('cursors', () => {
  it('are the newest record ids, compared beyond 2^53', async () => {
    server.on(HISTORY, () =>
      ['17316594851045086', '17316594851045087', '9'].map((refId) => ({
        refId,
        type: 'repaid',
        ccy: 'USDT',
        amt: '-1',
        ts: '1731659485000',
      })),
    );
    server.on('GET asset/bills', () => [
      { billId: '12344', ccy: 'USDT', clientId: '', balChg: '2', bal: '12', type: '218', ts: '1597026383085' },
    ]);
    await venue.observe(never());
    expect(await venue.cursors(intent({}), never())).toEqual({ history: '17316594851045087', bills: '12344' });
    expect(server.last(HISTORY).query.get('ordId')).toBe('12345');
  });

  it('are empty when there is no record yet', async () => {
    await venue.observe(never());
    expect(await venue.cursors(intent({}), never())).toEqual({ history: '', bills: '' });
  });
});

describe('evidence of a transfer', () => {
  const transfer = intent({
    verb: 'transferIn',
    asset: 'BTC',
    amount: '0.5',
    from: 'trading',
    to: 'inside',
    cursors: { bills: '200' },
  });
  const late = { ...transfer, validUntil: 1 };
  const state = (more: Record<string, string>) => () => [
    {
      transId: '9',
      clientId: 'b7001',
      ccy: 'BTC',
      amt: '0.5',
      from: '18',
      to: '6',
      type: '0',
      state: 'success',
      subAcct: '',
      instId: '',
      toInstId: '',
      ...more,
    },
  ];
  const bill = (more: Record<string, string>) => () => [
    { billId: '201', ccy: 'BTC', clientId: '', balChg: '0.5', bal: '1', type: '130', ts: '1', ...more },
  ];

  it.each([
    ['success', 'happened'],
    ['pending', 'pending'],
    ['failed', 'didNotHappen'],
  ] as const)('%s is %s', async (word, verdict) => {
    server.on(STATE, state({ state: word }));
    expect(await venue.evidence(transfer, never())).toMatchObject({ verdict });
    expect(server.last(STATE).query.get('clientId')).toBe('b7001');
  });

  it('cannot be told when the id belongs to another transfer', async () => {
    server.on(STATE, state({ amt: '0.6' }));
    expect(await venue.evidence(transfer, never())).toMatchObject({ verdict: 'cannotTell' });
  });

  it.each(['58129', '51000'])('an unknown id (%s) says nothing early and "did not happen" late', async (code) => {
    server.on(STATE, () => refusal(code, 'clientId error'));
    expect(await venue.evidence(transfer, never())).toMatchObject({ verdict: 'pending' });
    expect(await venue.evidence(late, never())).toMatchObject({ verdict: 'didNotHappen' });
  });

  it('an unknown id with a bill that carries it did happen', async () => {
    server.on(STATE, () => refusal('58129')).on('GET asset/bills', bill({ clientId: 'b7001' }));
    expect(await venue.evidence(late, never())).toMatchObject({ verdict: 'happened', ref: '201' });
  });

  it('an unknown id with somebody’s nameless transfer cannot be told; an older or foreign-named one does not matter', async () => {
    server.on(STATE, () => refusal('58129')).on('GET asset/bills', bill({}));
    expect(await venue.evidence(late, never())).toMatchObject({ verdict: 'cannotTell' });
    server.on('GET asset/bills', bill({ billId: '199' }));
    expect(await venue.evidence(late, never())).toMatchObject({ verdict: 'didNotHappen' });
    server.on('GET asset/bills', bill({ clientId: 'theirs' }));
    expect(await venue.evidence(late, never())).toMatchObject({ verdict: 'didNotHappen' });
  });

  it('fails loudly when transfer-state fails otherwise', async () => {
    server.on(STATE, () => refusal('50001', '', 503));
    await expect(venue.evidence(late, never())).rejects.toMatchObject({ name: 'VenueError' });
  });
});

describe('evidence of a repayment', () => {
  const late = intent({
    validUntil: 1,
    before: { debt: { USDT: '50020.010203' }, collateral: {}, inside: {}, wallet: { USDT: '19000.5' }, ltv: '0.7' },
  });

  it('did not happen when records, order and funding all stand still', async () => {
    expect(await venue.evidence(late, never())).toMatchObject({ verdict: 'didNotHappen' });
  });

  it('cannot be told without saved cursors', async () => {
    expect(await venue.evidence({ ...late, cursors: {} }, never())).toMatchObject({ verdict: 'cannotTell' });
  });

  it('cannot be told when funding shrank or the debt fell without a record', async () => {
    server.on('GET asset/balances', () => [{ ccy: 'USDT', bal: '18000', availBal: '18000', frozenBal: '0' }]);
    expect(await venue.evidence(late, never())).toMatchObject({
      verdict: 'cannotTell',
      why: expect.stringContaining('less') as string,
    });
    server.on(INFO, () => [{ ...ROW, loanData: [{ ccy: 'USDT', amt: '49020' }] }]);
    expect(await venue.evidence(late, never())).toMatchObject({ verdict: 'cannotTell' });
  });

  it('waits longer after the venue said "accepted"', async () => {
    const accepted = { ...late, ref: 'b7001', validUntil: Date.now() - 1_000 };
    expect(await venue.evidence(accepted, never())).toMatchObject({ verdict: 'pending' });
    expect(await venue.evidence({ ...accepted, ref: null }, never())).toMatchObject({ verdict: 'didNotHappen' });
  });

  it('takes no silence for a refusal of what the venue said that it took', async () => {
    const evidence = await venue.evidence({ ...late, ref: 'b7001' }, never());
    expect(evidence).toMatchObject({ verdict: 'cannotTell', why: expect.stringContaining('took the call') as string });
  });

  it('takes an order that is unknown now for a closed one', async () => {
    server.on(INFO, (seen) => (seen.query.has('ordId') ? refusal('51063', 'no such order') : []));
    server.on(HISTORY, (seen) =>
      seen.query.has('ordId')
        ? refusal('51063')
        : [{ refId: '101', type: 'repaid', ccy: 'USDT', amt: '-1000', ts: '1' }],
    );
    expect(await venue.evidence(late, never())).toMatchObject({ verdict: 'happened', ref: '101' });
  });
});

describe('examining', () => {
  const problems = async (made = venue): Promise<(string | number | null)[][]> =>
    (await made.examine(never()))
      .filter(({ level }) => level !== 'ok')
      .map(({ check, level, exit }) => [check, level, exit]);

  it('finds nothing wrong with a good key', async () => {
    expect(await problems()).toEqual([]);
  });

  it.each([
    ['another account', { uid: '7' }, ['uid', 'fail', 77]],
    ['a key that may withdraw', { perm: 'read_only,withdraw,trade' }, ['withdraw', 'fail', 77]],
    ['a key that may not trade', { perm: 'read_only' }, ['trade', 'fail', 77]],
    ['a key without addresses', { ip: '' }, ['ip', 'warn', null]],
    ['another account mode', { acctLv: '2' }, ['mode', 'fail', 78]],
  ] as const)('finds %s', async (_what, more, expected) => {
    server.on('GET account/config', () => [config(more)]);
    expect(await problems()).toEqual([expected]);
  });

  it('knows what spot borrowing needs', async () => {
    const spot = open({}, ['okx.spotBorrow']);
    server.on('GET account/config', () => [config({ enableSpotBorrow: false })]);
    expect(await problems(spot)).toEqual([['mode', 'fail', 78]]);
    server.on('GET account/config', () => [config({ spotBorrowAutoRepay: true })]);
    expect(await problems(spot)).toEqual([['auto-repay', 'warn', null]]);
  });

  it('lets an operator insist on a key that may withdraw, and asks for the UID', async () => {
    server.on('GET account/config', () => [config({ perm: 'read_only,withdraw,trade' })]);
    expect(await problems(open({ allowWithdraw: true, expectUid: null }))).toEqual([
      ['uid', 'warn', null],
      ['withdraw', 'warn', null],
    ]);
  });

  it.each(['50101', '50105', '50110', '50111', '50113', '50119', '50120'])(
    'explains a refused key (%s)',
    async (code) => {
      server.on('GET account/config', () => refusal(code, 'no', 401));
      const [finding] = (await venue.examine(never())).filter(({ level }) => level === 'fail') as [Finding];
      expect([finding.check, finding.exit]).toEqual(['key', 77]);
      expect(finding.remedy.length).toBeGreaterThan(20);
    },
  );

  it('says when the host does not answer', async () => {
    const lost = venueFor('http://127.0.0.1:9', { meter: { ...freeMeter } });
    opened.push(lost);
    expect(await problems(lost)).toEqual([['host', 'fail', 69]]);
  });

  it('warns of a wrong clock and of maintenance', async () => {
    server.on('GET public/time', () => [{ ts: String(Date.now() + 20_000) }]);
    const row = {
      title: 'Upgrade\u001b[31m',
      state: 'ongoing',
      begin: '1',
      end: '2',
      serviceType: '5',
      env: '1',
      preOpenBegin: '',
    };
    server.on('GET system/status', () => [
      row,
      { ...row, serviceType: '0' },
      { ...row, env: '2' },
      { ...row, state: 'completed' },
    ]);
    const findings = (await venue.examine(never())).filter(({ level }) => level !== 'ok');
    expect(findings.map(({ check, level }) => [check, level])).toEqual([
      ['clock', 'warn'],
      ['status', 'warn'],
    ]);
    expect(findings[1]?.says).not.toContain('\u001b');
  });
});
