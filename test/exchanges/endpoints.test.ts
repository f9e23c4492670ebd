/**
 * Nothing in the endpoint tables is there for nothing: everything a `ReportingVenue` can do is done once against the
 * simulated exchanges, and their log of requests must hold every endpoint of both tables, and every one of the documents
 * that started the project.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Intent, Verb } from '../../src/core/intent.ts';
import type { Product } from '../../src/core/loan.ts';
import { ENDPOINTS as BINANCE, type Group } from '../../src/exchanges/binance/endpoints.ts';
import type { ReportingVenue } from '../../src/exchanges/exchange.ts';
import { ENDPOINTS as OKX } from '../../src/exchanges/okx/endpoints.ts';
import type { Simulator } from '../../src/simulator/start.ts';
import { NEVER, move, openVenue, startReports } from './reportsWorld.ts';
import { SEED_ENDPOINTS } from './seedEndpoints.ts';

/** Nothing of ours. */
const NONE = (): Promise<readonly Intent[]> => Promise.resolve([]);

const GROUPS: Readonly<Record<Group, string>> = {
  sapi: '/sapi/v1/',
  sapiV2: '/sapi/v2/',
  sapiV3: '/sapi/v3/',
  private: '/api/v3/',
  public: '/api/v3/',
};

type Leg = readonly [Product, Verb, string, string, Intent['from'], Intent['to']];
const LEGS: readonly Leg[] = [
  ['binance.crossMargin', 'transferIn', 'USDT', '200', 'spot', 'inside'],
  ['binance.crossMargin', 'repay', 'USDT', '150', 'inside', 'loan'],
  ['binance.crossMargin', 'borrow', 'USDT', '150', 'loan', 'inside'],
  ['binance.flexibleLoan', 'repay', 'USDT', '150', 'spot', 'loan'],
  ['binance.flexibleLoan', 'borrow', 'USDT', '150', 'loan', 'spot'],
  ['binance.flexibleLoan', 'add', 'BTC', '0.01', 'spot', 'loan'],
  ['okx.flexibleLoan', 'repay', 'USDT', '150', 'funding', 'loan'],
  ['okx.flexibleLoan', 'borrow', 'USDT', '150', 'loan', 'funding'],
  ['okx.flexibleLoan', 'add', 'BTC', '0.01', 'funding', 'loan'],
  ['okx.spotBorrow', 'transferIn', 'USDT', '60', 'funding', 'inside'],
  ['okx.spotBorrow', 'repay', 'USDT', '60', 'inside', 'loan'],
];

let simulator: Simulator;
let asked: ReadonlySet<string>;

async function everything(venue: ReportingVenue): Promise<void> {
  await venue.examine(NEVER);
  for (const [product, verb, asset, amount, from, to] of LEGS.filter(([name]) => venue.products.includes(name))) {
    const loan = (await venue.observe(NEVER)).loans.find((one) => one.product === product);
    if (loan === undefined) throw new Error(`no loan of ${product}`);
    await move(venue, loan, { verb, asset, amount, from, to });
  }
  await venue.terms(NEVER);
  await venue.offers(NEVER);
  await venue.costs(0, NEVER);
  await venue.external(Date.now() - 60_000, NONE, NEVER);
}

beforeAll(async () => {
  simulator = await startReports();
  const venues = [openVenue(simulator, 'binance'), openVenue(simulator, 'okx')];
  for (const venue of venues) await everything(venue);
  // Where one list cannot be read, the next best stands in.
  for (const path of ['/sapi/v1/margin/next-hourly', '/api/v5/account/interest-limits']) {
    simulator.simulation.faults.add({ match: { path }, effect: { kind: 'html', status: 502, executes: false } });
  }
  for (const venue of venues) await venue.terms(NEVER);
  for (const venue of venues) await venue.close();
  asked = new Set(simulator.simulation.log.since(0).map(({ method, path }) => `${method} ${path}`));
});
afterAll(async () => {
  await simulator.stop();
});

describe('every endpoint', () => {
  const tables = [
    ...Object.values(BINANCE).map(({ group, method, path }) => `${method} ${GROUPS[group]}${path}`),
    ...Object.values(OKX).map(({ method, path }) => `${method} /api/v5/${path}`),
  ];

  it.each(tables)('%s is called by something that a user can ask for', (endpoint) => {
    expect(asked).toContain(endpoint);
  });

  it.each(Object.keys(SEED_ENDPOINTS))('%s of the first documents is in a table', (endpoint) => {
    expect(tables).toContain(endpoint);
  });
});
