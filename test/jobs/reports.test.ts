/** Slow reads beside a lane: terms and interest on a real Redis, from both simulated exchanges. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import type { AccountView, LoanView } from '../../src/core/loan.ts';
import { loanId } from '../../src/core/loan.ts';
import type { Costs, Reports, ReportingVenue } from '../../src/exchanges/exchange.ts';
import { VenueError } from '../../src/exchanges/exchange.ts';
import { dayOf, interestErrand, keptInterest, withGrowth, withRows } from '../../src/jobs/interest.ts';
import type { KeptInterest } from '../../src/jobs/interest.ts';
import { Journal } from '../../src/jobs/journal.ts';
import type { AccountAddress } from '../../src/jobs/keys.ts';
import { prefixOf } from '../../src/jobs/keys.ts';
import { Shelf } from '../../src/jobs/shelf.ts';
import type { ReportDeps } from '../../src/jobs/terms.ts';
import { keptTerms, termsErrand } from '../../src/jobs/terms.ts';
import { viewText } from '../../src/jobs/viewText.ts';
import { sum } from '../../src/core/money.ts';
import type { Simulator } from '../../src/simulator/start.ts';
import { coin, dec, debt, loan } from '../core/build.ts';
import { NEVER, openVenue, startReports } from '../exchanges/reportsWorld.ts';
import type { TestRedis } from '../support/redis.ts';
import { startTestRedis } from '../support/redis.ts';
import { anIntent, commitWith, freshAddress } from './fixtures.ts';

let redis: TestRedis;
let simulator: Simulator;
let binance: ReportingVenue;
let okx: ReportingVenue;

beforeAll(async () => {
  [redis, simulator] = await Promise.all([startTestRedis(), startReports()]);
  for (let moment = 0; moment < 200; moment += 1) simulator.engine.step(simulator.engine.tape.endMs);
  binance = openVenue(simulator, 'binance');
  okx = openVenue(simulator, 'okx');
});
afterAll(async () => {
  await Promise.all([binance.close(), okx.close()]);
  await Promise.all([simulator.stop(), redis.stop()]);
});

function shelfAt(address: AccountAddress = freshAddress()): Shelf {
  return new Shelf(redis.connect(), address);
}

const onShelf = (reports: Reports, shelf = shelfAt()): ReportDeps => ({
  ...{ reports, shelf, scale: 0.1, byTape: true },
  clock: systemClock,
});

/** A venue whose one report is this; the others are not asked. */
function reporting(over: Partial<Reports>): Reports {
  const never = (): Promise<never> => Promise.reject(new Error('not asked for here'));
  return { terms: never, costs: never, offers: never, external: never, ...over };
}

describe('terms', () => {
  it('are kept as the venue stated them, decimals exact', async () => {
    for (const venue of [binance, okx]) {
      const deps = onShelf(venue);
      await termsErrand(deps).run(NEVER);
      const { terms, failed } = await keptTerms(deps.shelf);
      expect(failed).toBeNull();
      expect(new Set(terms?.debts.map(({ product }) => product))).toEqual(new Set(venue.products));
      for (const { ratePerDay, room, loan: id } of terms?.debts ?? []) {
        expect(ratePerDay?.gt(0), id).toBe(true);
        expect(room?.coins.gt(0), id).toBe(true);
      }
    }
  });

  it('stay as they are while the venue fails, with what it said; a bug is told', async () => {
    const deps = onShelf(okx);
    await termsErrand(deps).run(NEVER);
    const before = await keptTerms(deps.shelf);
    const down = reporting({ terms: () => Promise.reject(new VenueError('unavailable', 'the venue is down')) });
    await termsErrand({ ...deps, reports: down }).run(NEVER);
    const after = await keptTerms(deps.shelf);
    expect(after.terms).toEqual(before.terms);
    expect(after.failed?.says).toBe('the venue is down');

    await expect(termsErrand({ ...deps, reports: reporting({}) }).run(NEVER)).rejects.toThrow('not asked for');
    await termsErrand(deps).run(NEVER);
    expect((await keptTerms(deps.shelf)).failed).toBeNull();
  });

  it('wait as long as the account waits for everything', () => {
    const [one, tenth] = [1, 0.1].map((scale) => termsErrand({ ...onShelf(okx), scale }).everyMs);
    expect(one).toBe(180_000);
    expect(tenth).toBe(18_000);
  });
});

function totals({ days }: KeptInterest): Record<string, string> {
  const keys = new Set(Object.values(days).flatMap((day) => Object.keys(day)));
  return Object.fromEntries(
    [...keys].map((key) => [key, sum(Object.values(days).flatMap((day) => day[key]?.coins ?? [])).toFixed()]),
  );
}

describe('interest', () => {
  it('of a venue is kept by day, loan and coin, and read again without counting twice', async () => {
    for (const venue of [binance, okx]) {
      const { rows } = await venue.costs(0, NEVER);
      const expected: Record<string, string> = {};
      for (const { loan: id, asset, amount } of rows) {
        const key = `${id ?? ''} ${asset}`;
        expected[key] = amount.plus(expected[key] ?? 0).toFixed();
      }
      expect(Object.keys(expected).length).toBeGreaterThan(0);
      const deps = onShelf(venue);
      await interestErrand(deps).run(NEVER);
      await interestErrand(deps).run(NEVER);
      const kept = await keptInterest(deps.shelf);
      expect(totals(kept)).toEqual(expected);
      for (const sums of Object.values(kept.days)) {
        for (const { rated, coinYears } of Object.values(sums)) {
          expect(Number(rated.div(coinYears).toFixed())).toBeGreaterThan(0.01);
          expect(Number(rated.div(coinYears).toFixed())).toBeLessThan(0.3);
        }
      }
    }
  });

  const DAY = 86_400_000;
  const NOW = 20_000 * DAY + 5_000_000;
  const AT: LoanView['id'] = loanId('bnb', 'binance.crossMargin', '');
  const rowsOf = (...amounts: readonly string[]): Costs => ({
    rows: amounts.map((amount, index) => ({
      ...{ loan: AT, product: 'binance.crossMargin', asset: 'USDT', at: NOW - index * 3_600_000, ref: String(index) },
      ...{ amount: dec(amount), ratePerYear: dec('0.1') },
    })),
    gaps: [],
  });
  const known = async (): Promise<KeptInterest> => keptInterest(shelfAt());

  it('never shrinks because a list came back shorter, and asks again where one was not whole', async () => {
    const first = withRows(await known(), rowsOf('2', '1'), NOW - 29 * DAY, NOW);
    const shorter = withRows(first, rowsOf('2'), first.from ?? 0, NOW);
    expect(totals(shorter)).toEqual({ [`${AT} USDT`]: '3' });
    expect(first.from).toBe(19_999 * DAY);

    const gaps = [{ section: 'binance.crossMargin interest', reason: 'status 500' }];
    const torn = withRows(first, { rows: [], gaps }, first.from ?? 0, NOW + DAY);
    expect([torn.from, totals(torn)]).toEqual([first.from, totals(first)]);
    const remark = [{ section: 'okx.flexibleLoan', reason: 'the venue lists interest for 30 days only' }];
    expect(withRows(first, { rows: [], gaps: remark }, first.from ?? 0, NOW + DAY).from).toBe(20_000 * DAY);
  });

  it('is asked for from the last whole month, then from yesterday; by a tape all of it each time', async () => {
    const asked: number[] = [];
    const costs = (since: number): Promise<Costs> =>
      Promise.resolve({ rows: [], gaps: [] }).finally(() => asked.push(since));
    const real = { ...onShelf(reporting({ costs })), byTape: false };
    for (let turn = 0; turn < 2; turn += 1) await interestErrand(real).run(NEVER);
    await interestErrand(onShelf(reporting({ costs }), real.shelf)).run(NEVER);
    const today = Math.floor(systemClock.wall() / DAY) * DAY;
    expect(asked).toEqual([today - 29 * DAY, today - DAY, 0]);
  });

  it('that a venue fails to list leaves what is known, and says so', async () => {
    const deps = onShelf(reporting({ costs: () => Promise.resolve(rowsOf('2')) }));
    await interestErrand(deps).run(NEVER);
    const down = reporting({ costs: () => Promise.reject(new VenueError('network', 'no route')) });
    await interestErrand({ ...deps, reports: down }).run(NEVER);
    const kept = await keptInterest(deps.shelf);
    expect([kept.failed?.says, totals(kept)]).toEqual(['no route', { [`${AT} USDT`]: '2' }]);
  });
});

describe('interest of flexible loans that Binance lists nowhere', () => {
  const LOAN = loanId('alice', 'binance.flexibleLoan', 'USDT-BTC');
  const START = 1_700_000_000_000;
  const HOUR = 3_600_000;
  const KEY = `${LOAN} USDT`;

  function seen(hours: number, owed: string): AccountView {
    const one = loan({
      account: 'alice',
      product: 'binance.flexibleLoan',
      key: 'USDT-BTC',
      coins: [coin({ amount: '1' })],
      debts: [debt({ amount: owed })],
    });
    const asOf = START + hours * HOUR;
    const sections = { 'binance.flexibleLoan': { state: 'fresh' as const, asOf } };
    return { account: 'alice', uid: '42', asOf, sections, loans: [one], wallets: [], prices: {} };
  }
  const repaid = (
    hours: number,
    amount: string,
    over: Parameters<typeof anIntent>[1] = {},
  ): ReturnType<typeof anIntent> =>
    anIntent(`r${String(hours)}`, {
      ...{ loan: LOAN, product: 'binance.flexibleLoan', amount, state: 'confirmed', settledAt: START + hours * HOUR },
      ...over,
    });
  const begun = async (): Promise<KeptInterest> => withGrowth(await keptInterest(shelfAt()), seen(0, '20000'), []);

  it('is what the debt grew beyond our own payments', async () => {
    const grown = withGrowth(await begun(), seen(1, '20000.5'), []);
    expect(totals(grown)).toEqual({ [KEY]: '0.5' });
    const paid = withGrowth(grown, seen(2, '19001'), [repaid(0, '70'), repaid(1.5, '1000')]);
    expect(totals(paid)).toEqual({ [KEY]: '1' });
    expect(paid.unexplained).toEqual([]);
    // The same look again adds nothing.
    expect(withGrowth(paid, seen(2, '19001'), [repaid(1.5, '1000')])).toEqual(paid);
  });

  it('is not counted where somebody else moved the debt, or a result is unknown', async () => {
    const more = withGrowth(await begun(), seen(1, '25000'), []);
    const less = withGrowth(more, seen(2, '24000'), []);
    const doubtful = withGrowth(less, seen(3, '24000.1'), [repaid(2.5, '500', { state: 'expired' })]);
    expect(totals(doubtful)).toEqual({});
    expect(doubtful.unexplained.map(({ says }) => says.replace(/between \S+ and \S+/, 'meanwhile'))).toEqual([
      'meanwhile the debt changed by 5000 USDT, which is not interest',
      'meanwhile the debt changed by -1000 USDT, which is not interest',
      expect.stringMatching(/a payment of unknown result/),
    ]);
    expect(totals(withGrowth(doubtful, seen(4, '24000.4'), []))).toEqual({ [KEY]: '0.3' });
  });

  it('waits while a payment is undecided, or settled after the look', async () => {
    const start = await begun();
    for (const waiting of [repaid(0.5, '100', { state: 'settling', settledAt: null }), repaid(1.5, '100')]) {
      expect(withGrowth(start, seen(1, '19900.5'), [waiting])).toEqual(start);
    }
    expect(totals(withGrowth(start, seen(2, '19900.5'), [repaid(1.5, '100')]))).toEqual({ [KEY]: '0.5' });
  });

  it('is found through the journal: its last good look, and its intents', async () => {
    const address = freshAddress();
    const client = redis.connect();
    const deps = onShelf(reporting({ costs: () => Promise.resolve({ rows: [], gaps: [] }) }), shelfAt(address));
    const look = async (hours: number, owed: string): Promise<void> => {
      await client.set(`${prefixOf(address)}seen`, viewText(seen(hours, owed)));
      await interestErrand(deps).run(NEVER);
    };
    await look(0, '20000');
    const journal = new Journal(client, address);
    const { epoch } = await journal.open();
    const intent = repaid(0, '100', { epoch, plannedAt: START, state: 'planned', settledAt: null });
    await journal.commit(epoch, 'digest', commitWith(intent));
    await journal.claim(intent, 'digest', START + HOUR, START, null);
    await look(1, '20000.5');
    expect(totals(await keptInterest(deps.shelf))).toEqual({});
    await journal.outcome(intent, 'confirmed', { settledAt: START + 1.5 * HOUR });
    await look(2, '19901');
    const kept = await keptInterest(deps.shelf);
    expect(kept.days[dayOf(START + 2 * HOUR)]?.[KEY]?.coins.toFixed()).toBe('1');
    // A loan that is gone is forgotten.
    await client.set(`${prefixOf(address)}seen`, viewText({ ...seen(3, '1'), loans: [] }));
    await interestErrand(deps).run(NEVER);
    expect((await keptInterest(deps.shelf)).bases).toEqual({});
  });
});
