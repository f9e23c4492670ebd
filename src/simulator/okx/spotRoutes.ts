/** Endpoints of spot-mode borrowing (okx.md §2 rows 4–10, §4). */
import { sum } from '../../core/money.ts';
import type { Account } from './account.ts';
import type { Core } from './core.ts';
import { usdText } from './core.ts';
import { owed, spotCoin } from './holdings.ts';
import { Refusal } from './refusals.ts';
import type { Call, Route } from './routes.ts';
import { limit, pay, read, set } from './routes.ts';
import type { SpotBorrowing } from './spot.ts';
import { quotaOf } from './world.ts';

const ROOT = '/api/v5/account';
const HOUR_MS = 3_600_000;
const YEAR_MS = 366 * 86_400_000;
const MAX_INSTRUMENTS = 5;
/** Debts carry sixteen decimals here (okx.md §4.5), so a repayment must be able to name them. */
const LIAB_DECIMALS = 18;

/** What the endpoints work with. */
export interface SpotParts {
  readonly core: Core;
  readonly spot: SpotBorrowing;
}

/** The seven endpoints. */
export function spotRoutes(parts: SpotParts): readonly Route[] {
  return [
    read(`${ROOT}/max-loan`, limit(20, 2), (call) => maxLoan(parts, call)),
    read(`${ROOT}/interest-limits`, limit(5, 2), (call) => interestLimits(parts, call)),
    read(`${ROOT}/interest-rate`, limit(5, 2), (call) => interestRate(parts, call)),
    read(`${ROOT}/interest-accrued`, limit(5, 2), (call) => interestAccrued(parts, call)),
    pay(`${ROOT}/spot-manual-borrow-repay`, limit(1, 3, parts.core.settings.switches.manualLimitBy), (call) =>
      manual(parts, call),
    ),
    read(`${ROOT}/spot-borrow-repay-history`, limit(5, 2), (call) => history(parts, call)),
    set(`${ROOT}/set-auto-repay`, limit(5, 2), ({ account, params }) => {
      if (account.acctLv !== '1') throw new Refusal('51010');
      account.autoRepay = params.flag('autoRepay');
      return [{ autoRepay: account.autoRepay }];
    }),
  ];
}

/** The answer echoes the actual amount (okx.md §4.2). No id of any kind comes with it. */
function manual({ spot }: SpotParts, { account, params }: Call): readonly unknown[] {
  const side = params.oneOf('side', ['borrow', 'repay']);
  const [ccy, amount] = [params.text('ccy'), params.amount('amt', '51000', LIAB_DECIMALS)];
  const actual = side === 'borrow' ? spot.borrow(account, ccy, amount) : spot.repay(account, ccy, amount);
  return [{ ccy, side, amt: actual.toFixed() }];
}

function maxLoan({ core, spot }: SpotParts, { account, params, mood }: Call): readonly unknown[] {
  if (!account.enableSpotBorrow) throw new Refusal('59410');
  const mgnMode = params.oneOf('mgnMode', ['cross', 'isolated']);
  const [ccy, instIds] = [params.optional('ccy'), params.optional('instId')];
  if (ccy === undefined && instIds === undefined) throw new Refusal('50014', 'instId');
  const holdings = core.seen(account, mood);
  const row = (instId: string, coin: string, side: string): unknown => {
    if (!core.knows(coin)) throw new Refusal('51000', instId === '' ? 'ccy' : 'instId');
    return { instId, mgnMode, mgnCcy: '', maxLoan: spot.maxLoan(account, holdings, coin).toFixed(), ccy: coin, side };
  };
  if (ccy !== undefined) return [row('', ccy, '')];
  const pairs = (instIds ?? '').split(',');
  if (pairs.length > MAX_INSTRUMENTS) throw new Refusal('51000', 'instId');
  return pairs.flatMap((instId) => {
    const [base = '', quote = ''] = instId.split('-');
    return [row(instId, base, 'sell'), row(instId, quote, 'buy')];
  });
}

/** Many fields are deprecated and left empty rather than dropped (okx.md §9.13). */
function interestLimits({ core, spot }: SpotParts, { account, params, mood }: Call): readonly unknown[] {
  const wanted = params.currencies();
  const holdings = core.seen(account, mood);
  const { debtUsd } = spot.value(account, holdings);
  const pendingUsd = sum([...holdings.trading].map(([ccy, coin]) => coin.interest.times(core.price(ccy))));
  const hour = Math.floor(core.market.tapeNow() / HOUR_MS);
  const every = core.settings.deductEveryHours;
  const records = Object.keys(core.settings.apr)
    .filter((ccy) => core.knows(ccy) && (wanted?.has(ccy) ?? true))
    .map((ccy) => limitRow(core, spot, account, ccy, spotCoin(holdings, ccy)));
  return [
    {
      debt: usdText(debtUsd),
      interest: usdText(pendingUsd),
      loanAlloc: '',
      nextDiscountTime: String((Math.floor(hour / every) + 1) * every * HOUR_MS),
      nextInterestTime: String((hour + 1) * HOUR_MS),
      records,
    },
  ];
}

function limitRow(
  core: Core,
  spot: SpotBorrowing,
  account: Account,
  ccy: string,
  coin: ReturnType<typeof spotCoin>,
): unknown {
  return {
    availLoan: '',
    avgRate: '',
    ccy,
    interest: coin.interest.toFixed(),
    interestFreeLiab: '',
    loanQuota: quotaOf(core.settings, ccy).toFixed(core.settings.decimals),
    posLoan: '',
    potentialBorrowingAmt: '',
    rate: spot.dailyRate(ccy).toFixed(),
    surplusLmt: spot.quotaLeft(account, ccy).toFixed(core.settings.decimals),
    surplusLmtDetails: {},
    usedLmt: owed(coin).toFixed(core.settings.decimals),
    usedLoan: '',
  };
}

function interestRate({ core, spot }: SpotParts, { params }: Call): readonly unknown[] {
  const wanted = params.currencies();
  return Object.keys(core.settings.apr)
    .filter((ccy) => core.knows(ccy) && (wanted?.has(ccy) ?? true))
    .map((ccy) => ({ ccy, interestRate: spot.hourlyRate(ccy).toFixed() }));
}

function interestAccrued({ core }: SpotParts, { account, params, mood }: Call): readonly unknown[] {
  const ccy = params.optional('ccy');
  return account.spotInterestRows
    .page(
      'tsExclusive',
      params.page(),
      core.window(mood, YEAR_MS, core.market.tapeNow()),
      (row) => ccy === undefined || row.ccy === ccy,
    )
    .map(({ atMs, ...row }) => ({
      ccy: row.ccy,
      instId: '',
      interest: row.interest,
      interestFreeLiab: '',
      interestRate: row.interestRate,
      liab: row.liab,
      mgnMode: 'cross',
      totalLiab: '',
      ts: String(atMs),
      type: '2',
    }));
}

/** Cursors are times and inclusive, unlike everywhere else (okx.md §4.3). */
function history({ core }: SpotParts, { account, params, mood }: Call): readonly unknown[] {
  const [ccy, type] = [params.optional('ccy'), params.optional('type')];
  return account.borrowRows
    .page(
      'tsInclusive',
      params.page(),
      core.window(mood, Number.POSITIVE_INFINITY),
      (row) => (ccy === undefined || row.ccy === ccy) && (type === undefined || row.type === type),
    )
    .map(({ atMs, ...row }) => ({
      ccy: row.ccy,
      type: row.type,
      amt: row.amt,
      accBorrowed: row.accBorrowed,
      ts: String(atMs),
    }));
}
