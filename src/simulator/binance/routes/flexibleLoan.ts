/** Endpoints of flexible loans (binance.md §7.1). */
import type { Dec } from '../../../core/money.ts';
import { ZERO, parse } from '../../../core/money.ts';
import type { Desk } from '../desk.ts';
import { adjust, borrow, flexLtv, ltvShown, openLoan, pairName, repay, word } from '../flexibleLoan.ts';
import { shownDebt } from '../holdings.ts';
import type { FlexLoan } from '../holdings.ts';
import type { FlexRow } from '../records.ts';
import { ip, uid } from '../route.ts';
import type { Call, Route } from '../route.ts';
import { WireError, mandatory, trim } from '../wire.ts';
import type { Json } from '../wire.ts';

const BASE = '/sapi/v2/loan/flexible';
const PAIR = ['loanCoin', 'collateralCoin'];
const PAGE = ['current', 'limit'];
const HOURS_PER_YEAR = parse('8760');
/** The row member that says when, by kind of row. */
const TIMES = {
  adjust: 'adjustTime',
  repay: 'repayTime',
  borrow: 'borrowTime',
  liquidation: 'liquidationStartingTime',
} as const;

const read = { method: 'GET', security: 'signed', needs: 'read' } as const;
const money = { method: 'POST', security: 'signed', needs: 'trade', isMoney: true } as const;

/** The routes; who pays for some of them is a conflict between sources (§0.1 fact 7, §4.1). */
export function flexibleLoanRoutes(desk: Desk): readonly Route[] {
  const { flexibleScope: scope, ltvHistoryScope } = desk.settings.switches;
  const history = (path: string, kind: FlexRow['kind'], by: 'ip' | 'uid'): Route => ({
    ...read,
    path: `${BASE}/${path}`,
    weight: { scope: by, cost: 400 },
    optional: [...PAIR, 'startTime', 'endTime', ...PAGE],
    run: (call) => rows(call, kind),
  });
  return [
    { ...read, path: `${BASE}/ongoing/orders`, weight: ip(300), optional: [...PAIR, ...PAGE], run: ongoing },
    { ...read, path: `${BASE}/repay/rate`, weight: ip(6000), mandatory: PAIR, run: repayRate },
    { ...read, path: `${BASE}/loanable/data`, weight: ip(400), optional: ['loanCoin'], run: loanable },
    { ...read, path: `${BASE}/collateral/data`, weight: ip(400), optional: ['collateralCoin'], run: collateral },
    {
      ...read,
      path: '/sapi/v2/loan/interestRateHistory',
      weight: ip(400),
      mandatory: ['coin'],
      optional: ['startTime', 'endTime', ...PAGE],
      run: rateHistory,
    },
    history('ltv/adjustment/history', 'adjust', ltvHistoryScope),
    history('repay/history', 'repay', 'ip'),
    history('borrow/history', 'borrow', 'ip'),
    history('liquidation/history', 'liquidation', 'ip'),
    {
      ...money,
      path: `${BASE}/adjust/ltv`,
      weight: uid(6000),
      mandatory: [...PAIR, 'adjustmentAmount', 'direction'],
      run: adjustLtv,
    },
    {
      ...money,
      path: `${BASE}/repay`,
      weight: { scope, cost: 6000 },
      mandatory: [...PAIR, 'repayAmount'],
      optional: ['collateralReturn', 'fullRepayment', 'repaymentType'],
      run: repayLoan,
    },
    {
      ...money,
      path: `${BASE}/borrow`,
      weight: { scope, cost: 6000 },
      mandatory: PAIR,
      optional: ['loanAmount', 'collateralAmount'],
      run: borrowMore,
    },
  ];
}

function ongoing(call: Call): Json {
  const [loanCoin, collateralCoin] = [call.params.find('loanCoin'), call.params.find('collateralCoin')];
  const open = [...call.seen().flexible.values()].filter((loan) => {
    if (loan.debt.isZero() || (loanCoin !== undefined && loan.loanCoin !== loanCoin)) return false;
    return collateralCoin === undefined || loan.collateralCoin === collateralCoin;
  });
  return { rows: call.page(open, 'limit').map((loan) => positionShown(call.desk, loan)), total: open.length };
}

function positionShown(desk: Desk, loan: FlexLoan): Json {
  return {
    loanCoin: loan.loanCoin,
    totalDebt: trim(shownDebt(loan)),
    collateralCoin: loan.collateralCoin,
    collateralAmount: trim(loan.collateral),
    currentLTV: ltvShown(flexLtv(desk, loan)),
  };
}

/** Collateral coins are quoted in loan coins (§7.1). */
function repayRate(call: Call): Json {
  const [loanCoin, collateralCoin] = [call.params.text('loanCoin'), call.params.text('collateralCoin')];
  return { loanCoin, collateralCoin, rate: trim(call.desk.priceOf(collateralCoin).div(call.desk.priceOf(loanCoin))) };
}

function loanable(call: Call): Json {
  const wanted = call.params.find('loanCoin');
  const shown = Object.entries(call.desk.settings.flexibleLoanable).flatMap(([loanCoin, facts]) =>
    wanted !== undefined && wanted !== loanCoin
      ? []
      : [
          {
            loanCoin,
            flexibleInterestRate: trim(facts.hourlyRate),
            flexibleMinLimit: trim(facts.minUsd),
            flexibleMaxLimit: trim(facts.maxUsd),
          },
        ],
  );
  return { rows: shown, total: shown.length };
}

function collateral(call: Call): Json {
  const wanted = call.params.find('collateralCoin');
  const shown = Object.entries(call.desk.settings.flexibleCollateral).flatMap(([collateralCoin, facts]) => {
    if (wanted !== undefined && wanted !== collateralCoin) return [];
    const changed = [...call.account.ownFlexLines].find(([pair]) => pair.endsWith(`/${collateralCoin}`))?.[1];
    return [
      {
        collateralCoin,
        initialLTV: trim(facts.initialLtv),
        marginCallLTV: trim(facts.marginCallLtv),
        liquidationLTV: trim(changed ?? facts.liquidationLtv),
        maxLimit: trim(facts.maxLimit),
      },
    ];
  });
  return { rows: shown, total: shown.length };
}

function rateHistory(call: Call): Json {
  const coin = call.params.text('coin');
  const { toMs } = call.range(7, 90);
  const rate = call.desk.settings.flexibleLoanable[coin]?.hourlyRate;
  if (rate === undefined) throw new WireError(-10007, 'This coin is not loanable.');
  return { rows: [{ coin, annualizedInterestRate: trim(rate.times(HOURS_PER_YEAR)), time: toMs }], total: 1 };
}

function rows(call: Call, kind: FlexRow['kind']): Json {
  const [loanCoin, collateralCoin] = [call.params.find('loanCoin'), call.params.find('collateralCoin')];
  const { fromMs, toMs } = call.range(90, 180);
  const found = call.account.flexRows.newest(call.visibleToMs(), (row) => {
    if (row.kind !== kind || row.atMs < fromMs || row.atMs > toMs) return false;
    return (
      (loanCoin === undefined || row.loanCoin === loanCoin) &&
      (collateralCoin === undefined || row.collateralCoin === collateralCoin)
    );
  });
  const shown = call.page(found, 'limit').map((row) => {
    return { loanCoin: row.loanCoin, collateralCoin: row.collateralCoin, ...row.shown, [TIMES[kind]]: row.atMs };
  });
  return { rows: shown, total: found.length };
}

/**
 * Does a move at once, or says "in work" and does it later: then a refusal that arises meanwhile shows nowhere but in
 * the loan, which simply did not change.
 * @returns whether it is done
 */
function carryOut(call: Call, check: () => void, move: () => void): boolean {
  const { switches, flexibleMs } = call.desk.settings;
  const delayMs =
    call.mood.settleMs === undefined
      ? switches.flexibleAnswers === 'processing'
        ? flexibleMs
        : 0
      : call.mood.settleMs;
  if (delayMs === 0) {
    move();
    return true;
  }
  check();
  call.desk.settle(delayMs, () => {
    if (call.mood.fate === 'failed') return;
    try {
      move();
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
    }
  });
  return false;
}

function pairOf(call: Call): readonly [string, string] {
  return [call.params.text('loanCoin'), call.params.text('collateralCoin')];
}

function adjustLtv(call: Call): Json {
  const [loanCoin, collateralCoin] = pairOf(call);
  const { desk, account } = call;
  const amount = call.params.amount('adjustmentAmount');
  const direction = call.params.oneOf('direction', ['ADDITIONAL', 'REDUCED']);
  const loanNow = (): FlexLoan => openLoan(account.holdings, loanCoin, collateralCoin);
  const done = carryOut(call, loanNow, () => adjust(desk, account, loanNow(), direction, amount));
  const status = done ? word(desk, 'Succeeds', 'SUCCESS') : 'Processing';
  return {
    loanCoin,
    collateralCoin,
    direction,
    adjustmentAmount: trim(amount),
    currentLTV: ltvShown(flexLtv(desk, loanNow())),
    status,
  };
}

function repayLoan(call: Call): Json {
  const [loanCoin, collateralCoin] = pairOf(call);
  const { desk, account, params } = call;
  const full = params.flag('fullRepayment', false);
  const how = {
    amount: params.amount('repayAmount'),
    full,
    returns: params.flag('collateralReturn', true),
    withCollateral: params.find('repaymentType') === '2',
  };
  const loanNow = (): FlexLoan => openLoan(account.holdings, loanCoin, collateralCoin);
  const done = carryOut(call, loanNow, () => repay(desk, account, loanNow(), how));
  const after = account.holdings.flexible.get(pairName(loanCoin, collateralCoin));
  const [left, kept] = after === undefined ? [ZERO, ZERO] : [shownDebt(after), after.collateral];
  return {
    loanCoin,
    collateralCoin,
    remainingDebt: trim(left),
    remainingCollateral: trim(kept),
    fullRepayment: left.isZero(),
    currentLTV: after === undefined ? '0.00' : ltvShown(flexLtv(desk, after)),
    repayStatus: done ? word(desk, 'REPAID', 'Repaid') : word(desk, 'REPAYING', 'Repaying'),
  };
}

function borrowMore(call: Call): Json {
  const [loanCoin, collateralCoin] = pairOf(call);
  const { desk, account, params } = call;
  const optional = (name: string): Dec | undefined =>
    params.find(name) === undefined ? undefined : params.amount(name);
  const asked = { loan: optional('loanAmount'), collateral: optional('collateralAmount') };
  if (asked.loan === undefined && asked.collateral === undefined) throw mandatory('loanAmount');
  const known = account.holdings.flexible.get(pairName(loanCoin, collateralCoin));
  const loan = known ?? { loanCoin, collateralCoin, debt: ZERO, collateral: ZERO };
  account.track('binance.flexibleLoan', pairName(loanCoin, collateralCoin));
  const got = borrow(desk, account, loan, asked);
  return {
    loanCoin,
    loanAmount: trim(got.loan),
    collateralCoin,
    collateralAmount: trim(got.collateral),
    status: word(desk, 'Succeeds', 'SUCCESS'),
  };
}
