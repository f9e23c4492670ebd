/** The answer of account/balance, which the `account` channel pushes, too (okx.md §4.6, §8). */
import type { Account, SelfActing } from './account.ts';
import type { Core } from './core.ts';
import { usdText } from './core.ts';
import type { Holdings, SpotCoin } from './holdings.ts';
import { owed } from './holdings.ts';
import type { SpotBorrowing } from './spot.ts';
import { discounted } from './valuation.ts';
import { bracketsOf } from './world.ts';

/** Fields that spot mode does not use: empty text means "not applicable", never zero (okx.md §4.6). */
const NOT_APPLICABLE = {
  accAvgPx: '',
  availEq: '',
  clSpotInUseAmt: '',
  imr: '',
  isoUpl: '',
  isoLiab: '',
  mgnRatio: '',
  mmr: '',
  notionalLever: '',
  openAvgPx: '',
  spotBal: '',
  spotInUseAmt: '',
  spotUpl: '',
  spotUplRatio: '',
  totalPnl: '',
  totalPnlRatio: '',
  upl: '',
  uplLiab: '',
};

const ALWAYS_ZERO = {
  autoLendMtAmt: '0',
  fixedBal: '0',
  frozenBal: '0',
  isoEq: '0',
  ordFrozen: '0',
  rewardBal: '0',
  smtSyncEq: '0',
  spotCopyTradingEq: '0',
  spotIsoBal: '0',
  stgyEq: '0',
};

const NO_RISK: SelfActing = { twap: '0', frpType: '0', colRes: '0', colBorrAutoConversion: '0' };

/**
 * One row about the whole account with `details` per currency. `pushed` rows carry the coin's price and spell one field
 * differently, as the channel does.
 */
export function balanceRow(
  core: Core,
  spot: SpotBorrowing,
  account: Account,
  holdings: Holdings,
  wanted: ReadonlySet<string> | undefined,
  pushed: boolean,
): unknown {
  const value = spot.value(account, holdings);
  const borrowing = account.enableSpotBorrow && holdings.trading.size > 0;
  const onlyBorrowing = (text: string): string => (borrowing ? text : '');
  const indebted = value.mgnRatio !== undefined;
  const details = [...holdings.trading]
    .filter(([ccy]) => wanted?.has(ccy) ?? true)
    .map(([ccy, coin]) => detail(core, spot, account, holdings, ccy, coin, pushed));
  return {
    adjEq: onlyBorrowing(usdText(value.adjEq)),
    availEq: '',
    borrowFroz: onlyBorrowing(usdText(value.imr)),
    delta: '',
    details,
    imr: onlyBorrowing(usdText(value.imr)),
    isoEq: '0',
    mgnRatio: onlyBorrowing(indebted ? (value.mgnRatio?.toDecimalPlaces(16).toFixed() ?? '') : ''),
    mmr: onlyBorrowing(usdText(value.mmr)),
    notionalUsd: onlyBorrowing('0'),
    notionalUsdForBorrow: onlyBorrowing(usdText(value.debtUsd)),
    notionalUsdForFutures: '',
    notionalUsdForOption: '',
    notionalUsdForSwap: '',
    ordFroz: '',
    totalEq: usdText(value.totalEq),
    uTime: String(core.now()),
    upl: '',
  };
}

function detail(
  core: Core,
  spot: SpotBorrowing,
  account: Account,
  holdings: Holdings,
  ccy: string,
  coin: SpotCoin,
  pushed: boolean,
): unknown {
  const on = (text: string): string => (account.enableSpotBorrow ? text : '');
  const eq = coin.cash.minus(owed(coin));
  const net = core.settings.switches.cashBal === 'net';
  const brackets = account.collateralOff.has(ccy) ? [] : bracketsOf(core.settings, ccy);
  const counted = eq.gt(0) ? discounted(brackets, eq) : eq;
  const inUse = pushed ? { maxSpotInUseAmt: '', coinUsdPrice: core.price(ccy).toFixed() } : { maxSpotInUse: '' };
  return {
    ...NOT_APPLICABLE,
    ...ALWAYS_ZERO,
    ...(account.selfActing.get(ccy) ?? NO_RISK),
    ...inUse,
    autoLendStatus: 'off',
    availBal: coin.cash.toFixed(),
    borrowFroz: on('0'),
    cashBal: (net ? coin.cash.minus(coin.liab) : coin.cash).toFixed(),
    ccy,
    collateralEnabled: !account.collateralOff.has(ccy),
    collateralRestrict: false,
    crossLiab: on(coin.liab.toFixed()),
    disEq: account.enableSpotBorrow ? usdText(counted.times(core.price(ccy))) : '0',
    eq: eq.toFixed(),
    eqUsd: usdText(eq.times(core.price(ccy))),
    interest: on(coin.interest.toFixed()),
    liab: on(coin.liab.toFixed()),
    maxLoan: on(spot.maxLoan(account, holdings, ccy).toFixed()),
    uTime: String(core.now()),
  };
}
