/**
 * Documented Binance answers behind the reports (terms, offers, interest, what others did), each alone: everything else
 * is missing, and must be a gap beside what this one answer says.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import type { LoanView } from '../../src/core/loan.ts';
import { ONE, ZERO, parse } from '../../src/core/money.ts';
import type { BinanceClient } from '../../src/exchanges/binance/client.ts';
import { costsOf } from '../../src/exchanges/binance/costs.ts';
import { marginRecords } from '../../src/exchanges/binance/external.ts';
import { flexibleRecords } from '../../src/exchanges/binance/externalFlexible.ts';
import { acceptBorrow } from '../../src/exchanges/binance/flexibleReplies.ts';
import { offersOf } from '../../src/exchanges/binance/offers.ts';
import { termsOf } from '../../src/exchanges/binance/terms.ts';
import { Gaps } from '../../src/exchanges/gather.ts';
import { isObject, parseJson, type Json } from '../../src/exchanges/json.ts';
import { Reader } from '../../src/exchanges/parse.ts';
import { FakeBinance, SIGNAL, clientFor, transports } from '../exchanges/binance/fake.ts';

const FOLDER = fileURLToPath(new URL('../../../shared/data/fixtures/responses/binance/', import.meta.url));
const present = existsSync(FOLDER);

function cases(): { readonly file: string; readonly route: string; readonly body: Json }[] {
  if (!present) return [];
  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.json'));
  return files.flatMap((file) => {
    const whole = parseJson(readFileSync(FOLDER + file, 'utf8'));
    if (!isObject(whole)) return [];
    const { method, path, body } = whole;
    if (typeof method !== 'string' || typeof path !== 'string' || body === undefined || body === null) return [];
    if (Array.isArray(body) && body.length === 0) return [];
    return [{ file, route: `${method} ${path}`, body }];
  });
}

function loan(product: LoanView['product'], key: string, debt: string, held: string): LoanView {
  const coin = { amount: ONE, price: ONE, decimals: 8 };
  return {
    ...{ id: `main/${product}`, account: 'main', product, key, status: 'open', asOf: 0 },
    debts: [{ ...coin, asset: debt, principal: ONE, interest: ZERO, minRepay: null, minLeft: null }],
    collateral: [{ ...coin, asset: held, free: ONE, weight: ONE, leaveTiers: [], addTiers: [], minAdd: null }],
    ...{ debtValue: ONE, collateralValue: parse('2'), ltv: parse('0.5'), venueLtv: null, line: parse('0.9') },
    ...{ call: null, marginRatio: null, maxRelease: {}, alerts: [], risks: [] },
  };
}

type Use = (client: BinanceClient, body: Json) => Promise<unknown>;

/** Terms of a loan whose debt is the coin of the answer: what the answer gives is there, the rest is a gap. */
function terms(pick: (body: Json) => readonly [LoanView, 'room' | 'stated']): Use {
  return async (client, body) => {
    const [view, field] = pick(body);
    const [debt] = (await termsOf(view, { client, gaps: new Gaps(), signal: SIGNAL })).debts;
    expect(debt?.[field]).not.toBeNull();
  };
}

const records =
  (list: (asking: Parameters<typeof flexibleRecords>[2]) => Promise<readonly unknown[]>): Use =>
  async (client) => {
    expect((await list({ client, gaps: new Gaps(), signal: SIGNAL })).length).toBeGreaterThan(0);
  };

const cross = (debt: string): LoanView => loan('binance.crossMargin', '', debt, 'BTC');
const flexible = (debt: string): LoanView => loan('binance.flexibleLoan', `${debt}-BNB`, debt, 'BNB');
const ofMargin = records((asking) => marginRecords({ product: 'binance.crossMargin', key: '' }, 1, 2, asking));
const ofLoans = records((asking) => flexibleRecords(1, 2, asking));
const first = (body: Json): Reader => {
  const [row] = Reader.list(body, 'x');
  if (row === undefined) throw new Error('no row');
  return row;
};
const firstRow = (body: Json): Reader => {
  const [row] = Reader.of(body, 'x').list('rows');
  if (row === undefined) throw new Error('no row');
  return row;
};

const MARGIN = '/sapi/v1/margin';
const LOAN = '/sapi/v2/loan';
const USES: Readonly<Record<string, Use>> = {
  [`GET ${MARGIN}/maxBorrowable`]: terms(() => [cross('USDT'), 'room']),
  [`GET ${MARGIN}/next-hourly-interest-rate`]: terms((body) => [cross(first(body).text('asset')), 'stated']),
  [`GET ${MARGIN}/crossMarginData`]: terms((body) => [cross(first(body).text('coin')), 'stated']),
  [`GET ${MARGIN}/isolatedMarginData`]: terms((body) => {
    const [coin] = first(body).list('data');
    return [loan('binance.isolatedMargin', 'BNBUSDT', coin?.text('coin') ?? '', 'BTC'), 'stated'];
  }),
  [`GET ${LOAN}/flexible/loanable/data`]: terms((body) => [flexible(firstRow(body).text('loanCoin')), 'stated']),
  [`GET ${LOAN}/interestRateHistory`]: terms((body) => [flexible(firstRow(body).text('coin')), 'stated']),
  [`GET ${MARGIN}/interestHistory`]: async (client) => {
    const rows = await costsOf(['binance.crossMargin'], 1, { client, gaps: new Gaps(), signal: SIGNAL });
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.every(({ amount, ratePerYear }) => amount.gt(0) && ratePerYear?.gt(0) === true)).toBe(true);
  },
  [`GET ${MARGIN}/isolated/allPairs`]: async (client) => {
    const [offers] = await offersOf(['binance.isolatedMargin'], { client, gaps: new Gaps(), signal: SIGNAL });
    expect(offers?.pairs?.length).toBeGreaterThan(0);
  },
  [`GET ${MARGIN}/borrow-repay`]: ofMargin,
  [`GET ${MARGIN}/transfer`]: ofMargin,
  [`GET ${MARGIN}/capital-flow`]: ofMargin,
  [`GET ${MARGIN}/forceLiquidationRec`]: ofMargin,
  [`GET ${LOAN}/flexible/borrow/history`]: ofLoans,
  [`GET ${LOAN}/flexible/repay/history`]: ofLoans,
  [`GET ${LOAN}/flexible/ltv/adjustment/history`]: ofLoans,
  [`GET ${LOAN}/flexible/liquidation/history`]: ofLoans,
  [`POST ${LOAN}/flexible/borrow`]: (_client, body) => {
    expect(acceptBorrow(body, 'BUSD', 'BNB')).toMatchObject({ outcome: 'accepted' });
    return Promise.resolve();
  },
};

const known = cases().filter(({ route }) => USES[route] !== undefined);
const fakes: FakeBinance[] = [];
afterAll(async () => {
  await Promise.all(transports.splice(0).map((transport) => transport.close()));
  for (const fake of fakes) fake.stop();
});

describe.skipIf(!present)('documented answers behind the reports (skipped without ../shared/data)', () => {
  it.each(known)('$route of $file', async ({ route, body }) => {
    const fake = await FakeBinance.start({ [route]: JSON.stringify(body) });
    fakes.push(fake);
    await USES[route]?.(clientFor(fake), body);
  });

  it('are there for every use', () => {
    const seen = new Set(known.map(({ route }) => route));
    expect(Object.keys(USES).filter((route) => !seen.has(route))).toEqual([]);
  });
});
