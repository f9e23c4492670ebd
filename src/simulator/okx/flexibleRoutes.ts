/** Endpoints of the flexible loan (okx.md §2 rows 21–31, §3). */
import { floor } from '../../core/money.ts';
import type { ClientIds } from './idempotency.ts';
import type { Core } from './core.ts';
import { usdText } from './core.ts';
import type { FlexibleLoans } from './flexible.ts';
import type { Amounts, Order } from './holdings.ts';
import type { Params } from './params.ts';
import { Refusal } from './refusals.ts';
import type { Call, Route } from './routes.ts';
import { limit, open, pay, read } from './routes.ts';
import { discounted, usdOf, valueOrder } from './valuation.ts';
import { bracketsOf } from './world.ts';

const ROOT = '/api/v5/finance/flexible-loan';
const MONTH_MS = 30 * 86_400_000;
const FIVE = limit(5, 2);
const LTV_DECIMALS = 4;
const PRICE_DECIMALS = 8;

/** What the endpoints work with. */
export interface FlexibleParts {
  readonly core: Core;
  readonly loans: FlexibleLoans;
  readonly clientIds: ClientIds;
}

/** The eleven endpoints. */
export function flexibleRoutes(parts: FlexibleParts): readonly Route[] {
  const { core, loans } = parts;
  return [
    read(`${ROOT}/borrow-currencies`, FIVE, () =>
      Object.keys(core.settings.apr)
        .filter((ccy) => core.knows(ccy))
        .map((borrowCcy) => ({ borrowCcy })),
    ),
    read(`${ROOT}/collateral-assets`, FIVE, (call) => collateralAssets(parts, call)),
    // A read despite POST (okx.md §2 row 23).
    { ...pay(`${ROOT}/max-loan`, FIVE, (call) => maxLoan(parts, call)), needs: 'read_only', money: false },
    read(`${ROOT}/max-collateral-redeem-amount`, FIVE, (call) => {
      const ccy = call.params.text('ccy');
      const order = loans.pick(core.seen(call.account, call.mood), call.params.optional('ordId'));
      if (order === undefined) return [];
      if (!order.collateral.has(ccy)) throw new Refusal('51753', ccy);
      return [{ ccy, maxRedeemAmt: loans.mayRedeem(order, ccy).toFixed() }];
    }),
    pay(`${ROOT}/adjust-collateral`, FIVE, (call) => adjust(parts, call)),
    read(`${ROOT}/loan-info`, FIVE, (call) => loanInfo(parts, call)),
    read(`${ROOT}/loan-history`, FIVE, (call) => history(parts, call)),
    read(`${ROOT}/interest-accrued`, FIVE, (call) => interest(parts, call)),
    pay(`${ROOT}/borrow`, limit(2, 2), (call) => borrow(parts, call)),
    pay(`${ROOT}/repay`, limit(2, 2), (call) => repay(parts, call)),
    open(`${ROOT}/emode-info`, limit(5, 2, 'ip'), () => core.settings.emodePairs),
  ];
}

function loanInfo({ core, loans }: FlexibleParts, { account, params, mood }: Call): readonly unknown[] {
  const holdings = core.seen(account, mood);
  const ordId = params.optional('ordId');
  const orders = ordId === undefined ? [...holdings.orders.values()] : [loans.pick(holdings, ordId)];
  return orders.filter((order) => order !== undefined).map((order) => orderRow(core, order));
}

function orderRow(core: Core, order: Order): unknown {
  const { loanUsd, collateralUsd, ltv } = valueOrder(order, core.settings, core.price);
  return {
    ...(core.settings.switches.loanInfoOrdId === 'present' && { ordId: order.ordId }),
    loanData: rows(order.debt),
    loanNotionalUsd: usdText(loanUsd),
    collateralData: rows(order.collateral),
    // Already discount-adjusted (okx.md §0.1.3).
    collateralNotionalUsd: usdText(collateralUsd),
    curLTV: floor(ltv, LTV_DECIMALS).toFixed(),
    marginCallLTV: order.callLtv.toFixed(),
    liqLTV: order.liqLtv.toFixed(),
    riskWarningData: riskWarning(core, order),
  };
}

/** The liquidation price is told only for one collateral against one loan currency (okx.md §3.3). */
function riskWarning(core: Core, order: Order): { instId: string; liqPx: string } {
  const [[lent, debt] = [], ...moreDebts] = [...order.debt];
  const [[pledged, amount] = [], ...morePledges] = [...order.collateral];
  const unique = moreDebts.length === 0 && morePledges.length === 0;
  if (!unique || lent === undefined || pledged === undefined || debt === undefined || amount === undefined) {
    return { instId: '', liqPx: '' };
  }
  const counted = discounted(bracketsOf(core.settings, pledged), amount).times(order.liqLtv);
  const liqPx = counted.isZero() ? '' : debt.div(counted).toDecimalPlaces(PRICE_DECIMALS).toFixed();
  return { instId: `${pledged}-${lent}`, liqPx };
}

function collateralAssets({ core, loans }: FlexibleParts, { account, params, mood }: Call): readonly unknown[] {
  const holdings = core.seen(account, mood);
  const wanted = params.optional('ccy');
  const order = loans.pick(holdings, params.optional('ordId'));
  const fromOrder = core.settings.switches.collateralAssets === 'order';
  const amounts = fromOrder ? order?.collateral : holdings.funding;
  if (amounts === undefined) return [];
  const assets = [...amounts]
    .filter(([ccy]) => wanted === undefined || ccy === wanted)
    .filter(([ccy]) => bracketsOf(core.settings, ccy) !== undefined)
    .map(([ccy, amt]) => ({ ccy, amt: amt.toFixed(), notionalUsd: usdText(amt.times(core.price(ccy))) }));
  return [{ assets }];
}

function maxLoan({ core, loans }: FlexibleParts, { account, params, mood }: Call): readonly unknown[] {
  const ccy = params.text('borrowCcy');
  if (!core.lends(ccy)) throw new Refusal('51751', ccy);
  const order = loans.pick(core.seen(account, mood), params.optional('ordId'));
  if (order === undefined) return [];
  const more = amountsOf(params.list('supCollateral'));
  const stranger = [...more.keys()].find((coin) => bracketsOf(core.settings, coin) === undefined || !core.knows(coin));
  if (stranger !== undefined) throw new Refusal('51752', stranger);
  const most = loans.mayBorrow(account, order, ccy, more);
  const remaining = loans.quotaLeft(account, ccy);
  const notionalUsd = usdText(usdOf(new Map([[ccy, most]]), core.price));
  return [{ borrowCcy: ccy, maxLoan: most.toFixed(), notionalUsd, remainingQuota: remaining.toFixed() }];
}

/** Code 0 with no data: accepted, not done (okx.md §3.4). */
function adjust({ loans }: FlexibleParts, { account, params, mood }: Call): readonly unknown[] {
  const type = params.oneOf('type', ['add', 'reduce']);
  const [ccy, amount] = [params.text('collateralCcy'), params.amount('collateralAmt')];
  const ordId = params.optional('ordId');
  if (type === 'add') loans.add(account, ordId, ccy, amount, mood);
  else loans.reduce(account, ordId, ccy, amount, mood);
  return [];
}

/** The answer echoes what was asked, not what will be settled (okx.md §3.7). */
function repay({ loans, clientIds }: FlexibleParts, { account, params, mood, path }: Call): readonly unknown[] {
  const [ordId, ccy, clOrdId] = [params.text('ordId'), params.text('ccy'), params.text('clOrdId')];
  const amount = params.amount('amt');
  clientIds.once(account, path, clOrdId, (finish) => {
    loans.repay(account, ordId, ccy, amount, mood, finish);
  });
  return [{ ordId, ccy, amt: params.text('amt'), clOrdId }];
}

function borrow({ loans, clientIds }: FlexibleParts, { account, params, mood, path }: Call): readonly unknown[] {
  const loan = params.object('loanData');
  const [ordId, clOrdId] = [params.optional('ordId'), params.text('clOrdId')];
  const eMode = params.optionalFlag('eMode');
  // E-Mode is fixed when an order is created (okx.md §3.7).
  if (ordId !== undefined && eMode) throw new Refusal('51000', 'eMode');
  const request = {
    ordId,
    ccy: loan.text('ccy'),
    amount: loan.amount('amt'),
    collateral: amountsOf(params.list('collateralData')),
    eMode,
  };
  const order = clientIds.once(account, path, clOrdId, (finish) => loans.borrow(account, request, mood, finish));
  return [{ ordId: order.ordId, eMode: order.eMode, clOrdId }];
}

function history({ core }: FlexibleParts, { account, params, mood }: Call): readonly unknown[] {
  const [type, ordId] = [params.optional('type'), params.optional('ordId')];
  return account.loanRows
    .page(
      'idExclusive',
      params.page(),
      core.window(mood, Number.POSITIVE_INFINITY),
      (row) => (type === undefined || row.type === type) && (ordId === undefined || row.ordId === ordId),
    )
    .map(({ id, type: kind, ccy, amt, atMs }) => ({ refId: id, type: kind, ccy, amt, ts: String(atMs) }));
}

function interest({ core }: FlexibleParts, { account, params, mood }: Call): readonly unknown[] {
  const [ccy, ordId] = [params.optional('ccy'), params.optional('ordId')];
  return account.interestRows
    .page(
      'idExclusive',
      params.page(),
      core.window(mood, MONTH_MS, core.market.tapeNow()),
      (row) => (ccy === undefined || row.ccy === ccy) && (ordId === undefined || row.ordId === ordId),
    )
    .map(({ id, atMs, ...row }) => ({
      refId: id,
      ccy: row.ccy,
      loan: row.loan,
      interest: row.interest,
      interestRate: row.interestRate,
      ts: String(atMs),
    }));
}

function rows(amounts: Amounts): { ccy: string; amt: string }[] {
  return [...amounts].map(([ccy, amt]) => ({ ccy, amt: amt.toFixed() }));
}

function amountsOf(list: readonly Params[]): Amounts {
  return new Map(list.map((entry) => [entry.text('ccy'), entry.amount('amt')]));
}
