/** From a World file to accounts with holdings, at the first prices of the tape. */
import type { Dec } from '../../core/money.ts';
import { ZERO } from '../../core/money.ts';
import type { Market } from '../contract.ts';
import { Account } from './account.ts';
import type { Amounts, Holdings, Order, SpotCoin } from './holdings.ts';
import { amountsOf } from './holdings.ts';
import { scaleFor, scaled, usdOf, valueSpot } from './valuation.ts';
import type { OkxAccountWorld, OkxSettings } from './world.ts';

const SECOND_MS = 1000;
type LoanWorld = OkxAccountWorld['loans'][number];

/** Makes one account. Loans start a second apart, the first one earliest. @throws Error for a coin without a price */
export function openAccount(market: Market, settings: OkxSettings, world: OkxAccountWorld): Account {
  const orders = world.loans.map((loan, index) => {
    const startMs = market.host.now() - (world.loans.length - index) * SECOND_MS;
    return openOrder(market, settings, loan, startMs);
  });
  if (new Set(orders.map(({ ordId }) => ordId)).size !== orders.length) {
    throw new Error(`two loans of OKX account ${world.name} share an ordId`);
  }
  const holdings: Holdings = {
    funding: amountsOf(world.funding),
    trading: openTrading(market, settings, world),
    orders: new Map(orders.map((order) => [order.ordId, order])),
  };
  checkPrices(market, world);
  return new Account(world, holdings);
}

function openOrder(market: Market, settings: OkxSettings, loan: LoanWorld, startMs: number): Order {
  const price = (asset: string): Dec => market.price(asset);
  const debt = amountsOf(loan.debt);
  const collateral = amountsOf(loan.collateral);
  const wanted = loan.startLtv === undefined ? undefined : usdOf(debt, price).div(loan.startLtv);
  const fitted = wanted === undefined ? collateral : scaled(collateral, scaleFor(collateral, wanted, settings, price));
  return {
    ordId: loan.ordId ?? market.nextId('okx.order'),
    startMs,
    eMode: loan.eMode,
    initialLtv: loan.initialLtv,
    callLtv: loan.callLtv,
    liqLtv: loan.liqLtv,
    debt,
    collateral: fitted,
  };
}

function openTrading(market: Market, settings: OkxSettings, world: OkxAccountWorld): ReadonlyMap<string, SpotCoin> {
  const debts = amountsOf(world.spotDebt);
  const build = (own: Amounts): ReadonlyMap<string, SpotCoin> =>
    new Map(
      [...new Set([...own.keys(), ...debts.keys()])].map((ccy): [string, SpotCoin] => [
        ccy,
        { cash: own.get(ccy) ?? ZERO, liab: debts.get(ccy) ?? ZERO, interest: ZERO },
      ]),
    );
  const cash = amountsOf(world.trading);
  if (world.spotStartLtv === undefined || debts.size === 0) return build(cash);
  const price = (asset: string): Dec => market.price(asset);
  const [owedCash, free] = [split(cash, (ccy) => debts.has(ccy)), split(cash, (ccy) => !debts.has(ccy))];
  const debtUsd = usdOf(debts, price);
  // LTV = debt / (adjEq + debt); what the owed coins themselves add to adjEq does not scale (okx.md §4.7).
  const fixed = valueSpot({ trading: build(owedCash) }, settings, price).adjEq;
  const wanted = debtUsd.div(world.spotStartLtv).minus(debtUsd).minus(fixed);
  return build(new Map([...owedCash, ...scaled(free, scaleFor(free, wanted, settings, price))]));
}

function split(amounts: Amounts, wanted: (ccy: string) => boolean): Amounts {
  return new Map([...amounts].filter(([ccy]) => wanted(ccy)));
}

/** A coin without a price would only fail at the first tick, far from its cause. */
function checkPrices(market: Market, world: OkxAccountWorld): void {
  const loans = world.loans.flatMap(({ debt, collateral }) => [debt, collateral]);
  for (const ccy of [world.funding, world.trading, world.spotDebt, ...loans].flatMap((part) => Object.keys(part))) {
    if (!market.price(ccy).gt(0)) throw new Error(`OKX account ${world.name} holds ${ccy}, whose price is zero`);
  }
}
