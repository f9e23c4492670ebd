/**
 * Terms of margin debts and flexible loans (binance.md §5.5–5.8, §7.1, §10.3): what they cost, how much more the venue
 * would lend, when interest falls due next, how much collateral it would let go.
 */
import type { Asset, LoanView } from '../../core/loan.ts';
import { ZERO, max, min, type Dec } from '../../core/money.ts';
import type { DebtTerms, ReleaseTerms, Room } from '../exchange.ts';
import type { Gaps } from '../gather.ts';
import { Reader, malformed } from '../parse.ts';
import { nextFull, perDay, type Stated } from '../rates.ts';
import type { BinanceClient } from './client.ts';
import { ENDPOINTS } from './endpoints.ts';
import { readThresholds } from './flexibleView.ts';
import { maxRelease } from './margin.ts';

/** next-hourly-interest-rate takes so many assets at once. */
const MOST_ASSETS = 20;
const MINUTE_MS = 60_000;

export interface LoanTerms {
  readonly debts: readonly DebtTerms[];
  readonly release: readonly ReleaseTerms[];
}

interface Asking {
  readonly client: BinanceClient;
  readonly gaps: Gaps;
  readonly signal: AbortSignal;
}

export async function termsOf(loan: LoanView, asking: Asking): Promise<LoanTerms> {
  return loan.product === 'binance.flexibleLoan' ? flexibleTerms(loan, asking) : marginTerms(loan, asking);
}

async function marginTerms(loan: LoanView, asking: Asking): Promise<LoanTerms> {
  const { client, gaps, signal } = asking;
  const held = loan.collateral.filter(({ amount }) => amount.gt(ZERO)).map(({ asset }) => asset);
  const [rates, rooms, most] = await Promise.all([
    marginRates(loan, asking),
    Promise.all(
      loan.debts.map(({ asset, principal }) =>
        gaps.attempt(`${loan.product} ${asset} room`, () => marginRoom(loan, asset, principal, asking)),
      ),
    ),
    maxRelease(client, held, loan.key, signal),
  ]);
  for (const asset of held) {
    if (most[asset] === undefined) gaps.note(`${loan.product} ${asset} release`, 'could not be read');
  }
  const offset = await client.time.known();
  const debts = loan.debts.map(({ asset, interest }, index): DebtTerms => {
    const stated = rates.get(asset) ?? null;
    return {
      ...termsHead(loan, asset, stated),
      // At each full hour (§10.3).
      nextInterestAt: nextFull(client.clock.wall(), offset),
      accrued: interest,
      room: rooms[index] ?? null,
    };
  });
  return { debts, release: releaseOf(loan, most, 'venue') };
}

function termsHead(
  { id, product }: LoanView,
  asset: Asset,
  stated: Stated | null,
): Pick<DebtTerms, 'loan' | 'product' | 'asset' | 'ratePerDay' | 'stated'> {
  return { loan: id, product, asset, ratePerDay: stated === null ? null : perDay(stated), stated };
}

function releaseOf(
  loan: LoanView,
  most: Readonly<Record<Asset, Dec>>,
  source: ReleaseTerms['source'],
): readonly ReleaseTerms[] {
  return Object.entries(most).map(([asset, coins]) => ({ loan: loan.id, asset, most: coins, source }));
}

/** This account's rate of the coming hour; where it cannot be read, the daily rate of the fee table. */
async function marginRates(loan: LoanView, asking: Asking): Promise<ReadonlyMap<Asset, Stated>> {
  const assets = loan.debts.map(({ asset }) => asset);
  const isolated = loan.key !== '';
  const rates = new Map<Asset, Stated>();
  for (let first = 0; first < assets.length; first += MOST_ASSETS) {
    const some = assets.slice(first, first + MOST_ASSETS);
    const hourly = await asking.gaps.attempt(`${loan.product} next hourly rate`, () =>
      hourlyRates(some, isolated, asking),
    );
    const daily =
      hourly ??
      (await asking.gaps.attempt(`${loan.product} daily rate`, () =>
        isolated ? pairRates(loan.key, asking) : coinRates(some, asking),
      ));
    for (const [asset, stated] of daily ?? []) rates.set(asset, stated);
  }
  return rates;
}

async function hourlyRates(assets: readonly Asset[], isolated: boolean, asking: Asking): Promise<Map<Asset, Stated>> {
  const params = { assets: assets.join(','), isIsolated: isolated ? 'TRUE' : 'FALSE' };
  const json = await asking.client.read(ENDPOINTS.nextRates, params, { signal: asking.signal });
  const rows = Reader.list(json, 'margin/next-hourly-interest-rate');
  return new Map(rows.map((row) => [row.text('asset'), { rate: row.amount('nextHourlyInterestRate'), per: 'hour' }]));
}

async function coinRates(assets: readonly Asset[], { client, signal }: Asking): Promise<Map<Asset, Stated>> {
  const tables = await Promise.all(
    assets.map(async (coin) =>
      Reader.list(await client.read(ENDPOINTS.crossRates, { coin }, { signal }), 'margin/crossMarginData'),
    ),
  );
  return dailyRates(tables.flat());
}

async function pairRates(symbol: string, { client, signal }: Asking): Promise<Map<Asset, Stated>> {
  const json = await client.read(ENDPOINTS.isolatedRates, { symbol }, { signal });
  return dailyRates(Reader.list(json, 'margin/isolatedMarginData').flatMap((row) => row.list('data')));
}

function dailyRates(rows: readonly Reader[]): Map<Asset, Stated> {
  return new Map(rows.map((row) => [row.text('coin'), { rate: row.amount('dailyInterest'), per: 'day' }]));
}

/** `amount`: what collateral and the venue's stock allow now; `borrowLimit`: the cap of the account's level (§5.5). */
async function marginRoom(loan: LoanView, asset: Asset, owed: Dec, { client, signal }: Asking): Promise<Room> {
  const params = loan.key === '' ? { asset } : { asset, isolatedSymbol: loan.key };
  const answer = Reader.of(await client.read(ENDPOINTS.maxBorrowable, params, { signal }), 'margin/maxBorrowable');
  const [coins, limit] = [answer.amount('amount'), answer.decOrNull('borrowLimit')];
  const byLimit = limit === null ? null : max(limit.minus(owed), ZERO);
  if (byLimit !== null && coins.gte(byLimit)) return { coins: byLimit, binds: 'limit', otherwise: null };
  return { coins, binds: 'collateral', otherwise: byLimit };
}

async function flexibleTerms(loan: LoanView, asking: Asking): Promise<LoanTerms> {
  const { client, gaps } = asking;
  const debts = await Promise.all(
    loan.debts.map(async ({ asset }): Promise<DebtTerms> => {
      const facts = await gaps.attempt(`${loan.key} limits`, () => loanableFacts(asset, asking));
      const yearly = await gaps.attempt(`${loan.key} yearly rate`, () => yearlyRate(asset, asking));
      const room = await gaps.attempt(`${loan.key} room`, () => flexibleRoom(loan, facts, asking));
      const offset = await client.time.known();
      return {
        ...termsHead(loan, asset, yearly ?? facts?.stated ?? null),
        // Every minute, onto the debt (§7.2).
        nextInterestAt: nextFull(client.clock.wall(), offset, MINUTE_MS),
        accrued: null,
        room,
      };
    }),
  );
  return { debts, release: releaseOf(loan, loan.maxRelease, 'computed') };
}

/** The newest rate of the coin's history: the one list whose unit is stated (§7.1). */
async function yearlyRate(coin: Asset, { client, signal }: Asking): Promise<Stated | null> {
  const json = await client.read(ENDPOINTS.flexibleRates, { coin, limit: '10' }, { signal });
  const rows = Reader.of(json, 'loan/interestRateHistory').listOrEmpty('rows');
  const newest = rows.map((row) => ({ at: row.time('time'), rate: row.amount('annualizedInterestRate') }));
  const [latest] = newest.sort((one, other) => other.at - one.at);
  return latest === undefined ? null : { rate: latest.rate, per: 'year' };
}

interface LoanableFacts {
  /** The unit is not documented; the figures fit an hourly rate (§7.2). */
  readonly stated: Stated;
  readonly mostUsd: Dec;
}

async function loanableFacts(loanCoin: Asset, { client, signal }: Asking): Promise<LoanableFacts> {
  const json = await client.read(ENDPOINTS.flexibleLoanable, { loanCoin }, { signal });
  const rows = Reader.of(json, 'flexible/loanable/data').list('rows');
  const row = rows.find((one) => one.text('loanCoin') === loanCoin);
  if (row === undefined) throw malformed('flexible/loanable/data', `no row for ${loanCoin}`);
  return {
    stated: { rate: row.amount('flexibleInterestRate'), per: 'hour' },
    mostUsd: row.amount('flexibleMaxLimit'),
  };
}

/** No endpoint says it: what the pledged collateral carries at the initial LTV, within the venue's limit in USD. */
async function flexibleRoom(
  loan: LoanView,
  facts: LoanableFacts | null,
  { client, signal }: Asking,
): Promise<Room | null> {
  const [debt] = loan.debts;
  const [pledged] = loan.collateral;
  if (debt === undefined || pledged === undefined) return null;
  const params = { collateralCoin: pledged.asset };
  const json = await client.read(ENDPOINTS.flexibleCollateral, params, { signal });
  const initial = readThresholds(Reader.of(json, 'flexible/collateral/data')).get(pledged.asset)?.initial ?? null;
  if (initial === null) return null;
  const coins = (usd: Dec): Dec => max(usd.minus(loan.debtValue).div(debt.price), ZERO);
  const byCollateral = coins(loan.collateralValue.times(initial));
  if (facts === null) return { coins: byCollateral, binds: 'collateral', otherwise: null };
  const byLimit = coins(facts.mostUsd);
  const least = min(byCollateral, byLimit);
  return least.eq(byCollateral)
    ? { coins: byCollateral, binds: 'collateral', otherwise: byLimit }
    : { coins: byLimit, binds: 'limit', otherwise: byCollateral };
}
