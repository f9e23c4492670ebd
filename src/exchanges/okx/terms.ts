/**
 * Terms of flexible-loan orders and of spot borrowing (okx.md §3.6, §4.5, §4.8): rates, room left to borrow, next
 * interest, and how much collateral the venue would let go.
 */
import type { Asset, LoanView } from '../../core/loan.ts';
import { ZERO, type Dec } from '../../core/money.ts';
import { VenueError, type DebtTerms, type ReleaseTerms, type Room } from '../exchange.ts';
import type { Gaps } from '../gather.ts';
import { nextFull, perDay, toSecond, type Stated } from '../rates.ts';
import type { OkxClient } from './client.ts';
import { ENDPOINTS } from './endpoints.ts';
import { SINGLE } from './flexibleView.ts';
import { maxWithdrawalRow } from './spotWire.ts';
import {
  interestLimitsRow,
  interestRateRow,
  loanInterestRow,
  maxLoanRow,
  spotMaxLoanRow,
  type InterestLimitsRow,
} from './termsWire.ts';
import { maxRedeemRow, readOne, readRows } from './wire.ts';

/** account/max-withdrawal takes so many currencies at once. */
const MOST_CURRENCIES = 20;

export interface LoanTerms {
  readonly debts: readonly DebtTerms[];
  readonly release: readonly ReleaseTerms[];
}

export interface Asking {
  readonly client: OkxClient;
  readonly gaps: Gaps;
  readonly signal: AbortSignal;
  /** Venue clock minus ours, ms. */
  readonly offset: number;
}

export async function termsOf(loan: LoanView, asking: Asking): Promise<LoanTerms> {
  return loan.product === 'okx.spotBorrow' ? spotTerms(loan, asking) : flexibleTerms(loan, asking);
}

async function flexibleTerms(loan: LoanView, asking: Asking): Promise<LoanTerms> {
  const { client, gaps, signal } = asking;
  const held = heldOf(loan);
  const [debts, most] = await Promise.all([
    Promise.all(
      loan.debts.map(async ({ asset }): Promise<DebtTerms> => {
        const about = `${loan.product} ${loan.key} ${asset}`;
        const [stated, room] = await Promise.all([
          gaps.attempt(`${about} rate`, () => yearlyRate(loan, asset, asking)),
          gaps.attempt(`${about} room`, () => orderRoom(loan, asset, asking)),
        ]);
        return {
          ...head(loan, asset, stated),
          // Each full hour, onto the debt (§3.1).
          nextInterestAt: nextFull(client.clock.wall(), asking.offset),
          accrued: null,
          room,
        };
      }),
    ),
    mostOf(client, loan, held, signal),
  ]);
  return { debts, release: releaseOf(loan, held, most, gaps) };
}

function head(
  { id, product }: LoanView,
  asset: Asset,
  stated: Stated | null,
): Pick<DebtTerms, 'loan' | 'product' | 'asset' | 'ratePerDay' | 'stated'> {
  return { loan: id, product, asset, ratePerDay: stated === null ? null : perDay(stated), stated };
}

/** What the venue would let go of these coins of a loan. */
export function mostOf(
  client: OkxClient,
  loan: LoanView,
  assets: readonly Asset[],
  signal: AbortSignal,
): Promise<Record<Asset, Dec>> {
  if (loan.product === 'okx.spotBorrow') return mostToWithdraw(client, assets, signal);
  return mostToRedeem(client, loan.key === SINGLE ? '' : loan.key, assets, signal);
}

function heldOf(loan: LoanView): Asset[] {
  return loan.collateral.filter(({ amount }) => amount.gt(ZERO)).map(({ asset }) => asset);
}

function releaseOf(
  loan: LoanView,
  held: readonly Asset[],
  most: Readonly<Record<Asset, Dec>>,
  gaps: Gaps,
): readonly ReleaseTerms[] {
  return held.flatMap((asset) => {
    const coins = most[asset];
    if (coins !== undefined) return [{ loan: loan.id, asset, most: coins, source: 'venue' } as const];
    gaps.note(`${loan.product} ${asset} release`, 'could not be read');
    return [];
  });
}

function orderOf(loan: LoanView): Readonly<Record<string, string>> {
  return loan.key === SINGLE ? {} : { ordId: loan.key };
}

/** Of the newest hour charged; an order that was never charged yet has none. */
async function yearlyRate(loan: LoanView, ccy: Asset, { client, signal }: Asking): Promise<Stated | null> {
  const data = await client.read(ENDPOINTS.loanInterest, { ...orderOf(loan), ccy, limit: '1' }, signal);
  const [newest] = readRows('flexible-loan/interest-accrued', loanInterestRow, data);
  const rate = newest?.yearly ?? null;
  return rate === null ? null : { rate, per: 'year' };
}

/** `maxLoan` is within the quota (§3.6): when it is all of it, the quota binds. */
async function orderRoom(loan: LoanView, borrowCcy: Asset, { client, signal }: Asking): Promise<Room | null> {
  const data = await client.read(ENDPOINTS.maxLoan, { borrowCcy, ...orderOf(loan) }, signal);
  const row = readRows('flexible-loan/max-loan', maxLoanRow, data).find(({ ccy }) => ccy === borrowCcy);
  // Empty data: the venue knows no such order any more.
  return row === undefined ? null : roomOf(row.most, row.quota);
}

function roomOf(coins: Dec, quota: Dec | null): Room {
  if (quota !== null && coins.gte(quota)) return { coins: quota, binds: 'quota', otherwise: null };
  return { coins, binds: 'collateral', otherwise: quota };
}

async function spotTerms(loan: LoanView, asking: Asking): Promise<LoanTerms> {
  const { client, gaps, signal } = asking;
  const held = heldOf(loan);
  const limits = await gaps.attempt('okx.spotBorrow limits', async () =>
    readOne('account/interest-limits', interestLimitsRow, await client.read(ENDPOINTS.interestLimits, {}, signal)),
  );
  const rates = limits === null ? await gaps.attempt('okx.spotBorrow rates', () => hourlyRates(asking)) : null;
  const most = await mostOf(client, loan, held, signal);
  const debts = await Promise.all(loan.debts.map((debt) => spotDebt(loan, debt.asset, { limits, rates }, asking)));
  return { debts, release: releaseOf(loan, held, most, gaps) };
}

async function spotDebt(
  loan: LoanView,
  asset: Asset,
  known: { readonly limits: InterestLimitsRow | null; readonly rates: ReadonlyMap<Asset, Dec> | null },
  asking: Asking,
): Promise<DebtTerms> {
  const { client, gaps, signal } = asking;
  const limit = known.limits?.records.find(({ ccy }) => ccy === asset);
  const hourly = known.rates?.get(asset) ?? null;
  const room = await gaps.attempt(`okx.spotBorrow ${asset} room`, async () => {
    const data = await client.read(ENDPOINTS.spotMaxLoan, { ccy: asset, mgnMode: 'cross' }, signal);
    const row = readRows('account/max-loan', spotMaxLoanRow, data).find(({ ccy }) => ccy === asset);
    return row === undefined ? null : roomOf(row.most, limit?.left ?? null);
  });
  const daily = limit?.daily ?? null;
  const stated: Stated | null =
    daily !== null ? { rate: daily, per: 'day' } : hourly === null ? null : { rate: hourly, per: 'hour' };
  const next = known.limits?.nextInterestAt ?? null;
  return {
    ...head(loan, asset, stated),
    nextInterestAt: next === null ? null : toSecond(next - asking.offset),
    accrued: limit?.interest ?? loan.debts.find((debt) => debt.asset === asset)?.interest ?? null,
    room,
  };
}

async function hourlyRates({ client, signal }: Asking): Promise<ReadonlyMap<Asset, Dec>> {
  const rows = readRows(
    'account/interest-rate',
    interestRateRow,
    await client.read(ENDPOINTS.interestRates, {}, signal),
  );
  return new Map(rows.map(({ ccy, hourly }) => [ccy, hourly]));
}

/** What the venue would give back of an order's collateral (okx.md §3.6); what could not be read is left out. */
async function mostToRedeem(
  client: OkxClient,
  ordId: string,
  assets: readonly Asset[],
  signal: AbortSignal,
): Promise<Record<Asset, Dec>> {
  const most: Record<Asset, Dec> = {};
  for (const ccy of assets) {
    try {
      const order: Record<string, string> = ordId === '' ? {} : { ordId };
      const data = await client.read(ENDPOINTS.maxRedeem, { ccy, ...order }, signal);
      const [found] = readRows('max-collateral-redeem-amount', maxRedeemRow, data);
      if (found?.ccy === ccy) most[ccy] = found.amt;
    } catch (error) {
      if (!(error instanceof VenueError)) throw error;
    }
  }
  return most;
}

/** What may leave the trading account without borrowed coins (okx.md §4.8); what could not be read is left out. */
async function mostToWithdraw(
  client: OkxClient,
  assets: readonly Asset[],
  signal: AbortSignal,
): Promise<Record<Asset, Dec>> {
  const most: Record<Asset, Dec> = {};
  for (let first = 0; first < assets.length; first += MOST_CURRENCIES) {
    try {
      const ccy = assets.slice(first, first + MOST_CURRENCIES).join(',');
      const data = await client.read(ENDPOINTS.maxWithdrawal, { ccy }, signal);
      for (const row of readRows('account/max-withdrawal', maxWithdrawalRow, data)) {
        if (row.max !== null) most[row.ccy] = row.max;
      }
    } catch (error) {
      if (!(error instanceof VenueError)) throw error;
    }
  }
  return most;
}
