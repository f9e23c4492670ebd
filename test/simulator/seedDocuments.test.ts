/**
 * Every endpoint of the five documents this project started from, as they describe it: request, members of the answer,
 * permission, limit, errors. Documents of January 2026; what has changed since is a switch or an addition.
 */
import { describe, expect, it } from 'vitest';
import type { OkxAccountInput } from '../../src/simulator/okx/index.ts';
import { Bench as OkxBench, HOUR_MS, accountInput } from './okxSupport.ts';
import type { Answer as OkxAnswer } from './okxSupport.ts';
import { Bench, alice } from './support.ts';

const text: unknown = expect.any(String);
const amount: unknown = expect.stringMatching(/^-?\d+(?:\.\d+)?$/);
const time: unknown = expect.stringMatching(/^\d{13}$/);
const coinAmount = { ccy: text, amt: amount };

interface Endpoint {
  readonly what: string;
  readonly method: 'GET' | 'POST';
  /** Path with query. */
  readonly target: string;
  readonly body?: Readonly<Record<string, unknown>>;
  readonly needs: 'read_only' | 'trade';
  /** Requests in seconds. */
  readonly limit: readonly [number, number];
  /** Members of the first row; undefined: there is no row. */
  readonly row: Readonly<Record<string, unknown>> | undefined;
}

const LOAN = '/api/v5/finance/flexible-loan';
const maxLoanRow = { instId: text, mgnMode: text, mgnCcy: text, maxLoan: amount, ccy: text, side: text };
const flexible = (
  what: string,
  method: 'GET' | 'POST',
  name: string,
  row: Endpoint['row'],
  body?: Readonly<Record<string, unknown>>,
): Endpoint => ({
  what,
  method,
  target: `${LOAN}/${name}`,
  needs: what === 'Adjust collateral' ? 'trade' : 'read_only',
  limit: [5, 2],
  row,
  ...(body && { body }),
});
const maxLoan = (what: string, query: string): Endpoint => ({
  what: `Get the maximum loan of instrument: ${what}`,
  method: 'GET',
  target: `/api/v5/account/max-loan?${query}`,
  needs: 'read_only',
  limit: [20, 2],
  row: maxLoanRow,
});

const limitRecord = {
  availLoan: '',
  avgRate: '',
  ccy: 'BTC',
  interest: amount,
  loanQuota: amount,
  posLoan: '',
  rate: amount,
  surplusLmt: amount,
  surplusLmtDetails: {},
  usedLmt: amount,
  usedLoan: '',
  interestFreeLiab: '',
  potentialBorrowingAmt: '',
};
const loanInfo = {
  loanNotionalUsd: amount,
  loanData: [coinAmount],
  collateralNotionalUsd: amount,
  collateralData: [coinAmount],
  riskWarningData: { instId: text, liqPx: text },
  curLTV: amount,
  marginCallLTV: amount,
  liqLTV: amount,
};
const history = { refId: text, type: text, ccy: text, amt: amount, ts: time };
const accrued = { refId: text, ccy: text, loan: amount, interest: amount, interestRate: amount, ts: time };

const ENDPOINTS: readonly Endpoint[] = [
  maxLoan('pair in spot mode', 'instId=BTC-USDT&mgnMode=cross'),
  maxLoan('currency in spot mode', 'ccy=USDT&mgnMode=cross'),
  maxLoan('isolated', 'instId=BTC-USDT&mgnMode=isolated'),
  maxLoan('with a margin currency', 'instId=BTC-USDT&mgnMode=cross&mgnCcy=BTC'),
  maxLoan('several pairs', 'instId=BTC-USDT,ETH-USDT&mgnMode=cross&tradeQuoteCcy=USDT'),
  {
    what: 'Get borrow interest and limit',
    method: 'GET',
    target: '/api/v5/account/interest-limits?type=2&ccy=BTC',
    needs: 'read_only',
    limit: [5, 2],
    row: {
      debt: amount,
      interest: amount,
      loanAlloc: '',
      nextDiscountTime: time,
      nextInterestTime: time,
      records: [limitRecord],
    },
  },
  {
    what: 'Manual borrow / repay',
    method: 'POST',
    target: '/api/v5/account/spot-manual-borrow-repay',
    body: { ccy: 'USDT', side: 'borrow', amt: '100' },
    needs: 'trade',
    limit: [1, 3],
    row: { ccy: 'USDT', side: 'borrow', amt: '100' },
  },
  flexible('Borrowable currencies', 'GET', 'borrow-currencies', { borrowCcy: text }),
  flexible('Collateral assets', 'GET', 'collateral-assets', { assets: [{ ...coinAmount, notionalUsd: amount }] }),
  flexible('Collateral assets of a currency', 'GET', 'collateral-assets?ccy=BTC', {
    assets: [{ ccy: 'BTC', amt: amount, notionalUsd: amount }],
  }),
  flexible(
    'Maximum loan amount',
    'POST',
    'max-loan',
    { borrowCcy: 'USDT', maxLoan: amount, notionalUsd: amount, remainingQuota: amount },
    { borrowCcy: 'USDT', supCollateral: [{ ccy: 'BTC', amt: '0.1' }] },
  ),
  flexible('Maximum collateral redeem amount', 'GET', 'max-collateral-redeem-amount?ccy=BTC', {
    ccy: 'BTC',
    maxRedeemAmt: amount,
  }),
  flexible('Adjust collateral', 'POST', 'adjust-collateral', undefined, {
    type: 'add',
    collateralCcy: 'BTC',
    collateralAmt: '0.01',
  }),
  flexible('Loan info', 'GET', 'loan-info', loanInfo),
  flexible('Loan history', 'GET', 'loan-history?type=collateral_locked&limit=100', history),
  flexible('Accrued interest', 'GET', 'interest-accrued?ccy=USDT&limit=100', accrued),
];

/** An account with a loan of an hour, one record, and a spot debt. */
function okxBench(extra: Partial<OkxAccountInput> = {}, limits = { on: false }): OkxBench {
  const spot = { enableSpotBorrow: true, trading: { BTC: '1' }, spotDebt: { USDT: '10000' } };
  const bench = new OkxBench([accountInput({ ...spot, ...extra })], { limits });
  bench.okx.books.act({ do: 'addCollateral', account: 'main', ccy: 'BTC', amt: '0.001' });
  bench.tick(HOUR_MS);
  return bench;
}

const ask = (bench: OkxBench, { method, target, body }: Endpoint): OkxAnswer =>
  method === 'GET' ? bench.get(target) : bench.post(target, body ?? {});

const named = ENDPOINTS.map((endpoint) => [endpoint.what, endpoint] as const);

describe('an OKX endpoint of the documents', () => {
  it.each(named)('answers with the documented members: %s', (_what, endpoint) => {
    const answer = ask(okxBench(), endpoint);
    expect([answer.status, answer.code, answer.msg]).toEqual([200, '0', '']);
    if (endpoint.row === undefined) expect(answer.data).toEqual([]);
    else expect(answer.data[0]).toMatchObject(endpoint.row);
  });

  it.each(named)('asks for its permission and for no other: %s', (_what, endpoint) => {
    const other = endpoint.needs === 'trade' ? 'read_only' : 'trade';
    expect(ask(okxBench({ perm: other }), endpoint).code).toBe('50120');
    expect(ask(okxBench({ perm: endpoint.needs }), endpoint).code).toBe('0');
  });

  it.each(named)('lets as many requests through as documented: %s', (_what, endpoint) => {
    const bench = okxBench({}, { on: true });
    const [count, seconds] = endpoint.limit;
    for (let one = 0; one < count; one += 1) expect(ask(bench, endpoint).code).toBe('0');
    expect(ask(bench, endpoint)).toMatchObject({ status: 429, code: '50011' });
    bench.pass(seconds * 1000);
    expect(ask(bench, endpoint).code).toBe('0');
  });
});

describe('histories of the documents', () => {
  it.each(['loan-history', 'interest-accrued'])('page by refId, which is not included: %s', (name) => {
    const bench = okxBench();
    for (let hour = 0; hour < 2; hour += 1) {
      bench.okx.books.act({ do: 'addCollateral', account: 'main', ccy: 'BTC', amt: '0.001' });
      bench.tick(HOUR_MS);
    }
    const ids = (query: string): unknown[] => bench.get(`${LOAN}/${name}?${query}`).data.map((row) => row['refId']);
    const [newest, middle, oldest] = ids('limit=100');
    expect(ids(`after=${String(middle)}`)).toEqual([oldest]);
    expect(ids(`before=${String(middle)}`)).toEqual([newest]);
    expect(ids('limit=1')).toEqual([newest]);
  });
});

describe('the Binance borrow and repay of the documents', () => {
  const PATH = '/sapi/v1/margin/borrow-repay';
  const borrow = { asset: 'USDT', isIsolated: 'FALSE', symbol: '', amount: '10', type: 'BORROW' };
  const benchWith = (usdt: Readonly<Record<string, string | boolean>> = {}): Bench =>
    new Bench({ binance: [alice()], binanceSettings: { assets: { USDT: usdt } } });

  it.each(['BORROW', 'REPAY'])('answers %s with the id of the transaction', (type) => {
    const answer = benchWith().signed('POST', PATH, { ...borrow, type });
    expect([answer.status, typeof answer.json.tranId]).toEqual([200, 'number']);
    expect(answer.headers['X-SAPI-USED-UID-WEIGHT-1M']).toBe('1500');
  });

  it.each(['asset', 'isIsolated', 'amount', 'type'])('wants %s', (name) => {
    const { [name]: _left, ...rest }: Record<string, string> = borrow;
    expect(benchWith().signed('POST', PATH, rest).json.code).toBe(-1102);
  });

  it('wants a symbol for isolated margin only', () => {
    expect(benchWith().signed('POST', PATH, { ...borrow, isIsolated: 'TRUE' }).json.code).toBe(-1102);
  });

  it('refuses a window above a minute', () => {
    expect(benchWith().signed('POST', PATH, { ...borrow, recvWindow: '60001' }).json.code).toBe(-1131);
  });

  it.each([
    ['INSUFFICIENT_INVENTORY', { inventory: '9' }, {}, -3045, 'The system does not have enough asset now.'],
    ['EXCEED_MAX_BORROWABLE', {}, { amount: '9000000' }, -3006, 'Your borrow amount has exceed maximum borrow amount.'],
    ['REPAY_EXCEED_LIABILITY', {}, { type: 'REPAY', amount: '30001' }, -3015, 'Repay amount exceeds borrow amount.'],
    ['ASSET_ADMIN_BAN_BORROW', { isBorrowable: false }, {}, -3012, 'Borrow is banned for this asset.'],
  ] as const)('names %s in the documented words', (_name, usdt, params, code, msg) => {
    expect(benchWith(usdt).signed('POST', PATH, { ...borrow, ...params }).json).toEqual({ code, msg });
  });

  it('names FEW_LIABILITY_LEFT with the code that this page gives it', () => {
    const cross = { assets: { USDT: '40000' }, debts: { USDT: '30000' } };
    const binanceSettings = { minLeftUsd: '5', switches: { dustCode: -3015 } } as const;
    const bench = new Bench({ binance: [alice({ cross })], binanceSettings });
    expect(bench.borrowRepay('REPAY', '29996').json).toEqual({
      code: -3015,
      msg: 'The unpaid debt is too small after this repayment.',
    });
  });

  it('names HAS_PENDING_TRANSACTION, also for another asset, and is free again after 100 ms', () => {
    const bench = benchWith();
    bench.signed('POST', PATH, borrow);
    const second = { ...borrow, asset: 'BTC', amount: '0.001' };
    expect(bench.signed('POST', PATH, second).json).toEqual({
      code: -3007,
      msg: 'You have pending transaction, please try again later.',
    });
    bench.host.pass(100);
    expect(bench.signed('POST', PATH, second).status).toBe(200);
  });

  it.each([
    ['/sapi/v1/margin/maxBorrowable', { amount: '40000.00000000', borrowLimit: amount }],
    ['/sapi/v1/margin/allAssets', [{ assetName: 'USDT', isBorrowable: true }]],
  ])('has the endpoint it points to: %s', (path, expected) => {
    expect(benchWith().signed('GET', path, { asset: 'USDT' }).json).toMatchObject(expected);
  });
});
