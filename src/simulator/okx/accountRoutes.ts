/** Endpoints of the trading account that do not borrow (okx.md §2 rows 1–3, 11–13). */
import type { Account, TradingBill } from './account.ts';
import type { Core } from './core.ts';
import { usdText } from './core.ts';
import { balanceRow } from './balanceRow.ts';
import { owed } from './holdings.ts';
import type { Call, Route } from './routes.ts';
import { limit, read, set } from './routes.ts';
import type { SpotBorrowing } from './spot.ts';
import { discounted } from './valuation.ts';
import { bracketsOf } from './world.ts';

const ROOT = '/api/v5/account';
const WEEK_MS = 7 * 86_400_000;

/** What the endpoints work with. */
export interface AccountParts {
  readonly core: Core;
  readonly spot: SpotBorrowing;
}

/** The seven endpoints. */
export function accountRoutes(parts: AccountParts): readonly Route[] {
  const { core, spot } = parts;
  return [
    read(`${ROOT}/balance`, limit(10, 2), ({ account, params, mood }) => [
      balanceRow(core, spot, account, core.seen(account, mood), params.currencies(), false),
    ]),
    read(`${ROOT}/config`, limit(5, 2), ({ account }) => [config(account)]),
    read(`${ROOT}/account-position-risk`, limit(10, 2), (call) => positionRisk(parts, call)),
    read(`${ROOT}/max-withdrawal`, limit(20, 2), (call) => maxWithdrawal(parts, call)),
    read(`${ROOT}/bills`, limit(5, 1), (call) => bills(parts, call)),
    read(`${ROOT}/collateral-assets`, limit(5, 2), (call) => collateralAssets(parts, call)),
    set(`${ROOT}/set-collateral-assets`, limit(5, 2), (call) => setCollateralAssets(parts, call)),
  ];
}

function config(account: Account): unknown {
  const isMaster = account.uid === account.masterUid;
  return {
    acctLv: account.acctLv,
    acctStpMode: 'cancel_maker',
    autoLoan: false,
    ctIsoMode: 'automatic',
    enableSpotBorrow: account.enableSpotBorrow,
    feeType: '0',
    greeksType: 'PA',
    ip: account.ip,
    kycLv: '3',
    label: account.name,
    level: 'Lv1',
    levelTmp: '',
    liquidationGear: '-1',
    mainUid: account.masterUid,
    mgnIsoMode: 'automatic',
    opAuth: '0',
    perm: account.perm,
    posMode: 'net_mode',
    roleType: '0',
    settleCcy: 'USDC',
    settleCcyList: ['USD', 'USDC'],
    spotBorrowAutoRepay: account.autoRepay,
    spotOffsetType: '',
    spotRoleType: '0',
    spotTraderInsts: [],
    stgyType: '0',
    traderInsts: [],
    type: isMaster ? '0' : '1',
    uid: account.uid,
  };
}

function positionRisk({ core, spot }: AccountParts, { account, mood }: Call): readonly unknown[] {
  const holdings = core.seen(account, mood);
  const balData = [...holdings.trading].map(([ccy, coin]) => {
    const eq = coin.cash.minus(owed(coin));
    const counted = eq.gt(0) ? discounted(bracketsOf(core.settings, ccy), eq) : eq;
    return { ccy, eq: eq.toFixed(), disEq: usdText(counted.times(core.price(ccy))) };
  });
  const adjEq = account.enableSpotBorrow ? usdText(spot.value(account, holdings).adjEq) : '';
  return [{ adjEq, balData, posData: [], ts: String(core.now()) }];
}

/** `maxWd` leaves borrowed coins out, `maxWdEx` counts them (okx.md §4.8). */
function maxWithdrawal({ core, spot }: AccountParts, { account, params, mood }: Call): readonly unknown[] {
  const wanted = params.currencies();
  const holdings = core.seen(account, mood);
  return [...holdings.trading.keys()]
    .filter((ccy) => wanted?.has(ccy) ?? true)
    .map((ccy) => {
      const { own, withBorrowed } = spot.mayLeave(account, holdings, ccy);
      const [maxWd, maxWdEx] = [own.toFixed(), withBorrowed.toFixed()];
      return { ccy, maxWd, maxWdEx, spotOffsetMaxWd: '', spotOffsetMaxWdEx: '' };
    });
}

function bills({ core }: AccountParts, { account, params, mood }: Call): readonly unknown[] {
  const [ccy, type, subType] = [params.optional('ccy'), params.optional('type'), params.optional('subType')];
  const [begin, end] = [params.optional('begin') ?? '0', params.optional('end') ?? String(Number.MAX_SAFE_INTEGER)];
  return account.tradingBills
    .page(
      'idExclusive',
      params.page(),
      core.window(mood, WEEK_MS),
      (row) =>
        (ccy === undefined || row.ccy === ccy) &&
        (type === undefined || row.type === type) &&
        (subType === undefined || row.subType === subType) &&
        row.atMs >= Number(begin) &&
        row.atMs <= Number(end),
    )
    .map(billRow);
}

function billRow({ id, atMs, ...row }: TradingBill): unknown {
  const trade = { clOrdId: '', execType: '', fee: '0', instId: '', instType: '', mgnMode: '', ordId: '', pnl: '0' };
  const rest = { notes: '', posBal: '0', posBalChg: '0', px: '', tag: '', tradeId: '' };
  return { billId: id, ...row, ...trade, ...rest, ts: String(atMs) };
}

function collateralAssets({ core }: AccountParts, { account, params }: Call): readonly unknown[] {
  const wanted = params.currencies();
  const enabled = params.optional('collateralEnabled');
  return Object.keys(core.settings.discounts)
    .filter((ccy) => wanted?.has(ccy) ?? true)
    .map((ccy) => ({ ccy, collateralEnabled: !account.collateralOff.has(ccy) }))
    .filter((row) => enabled === undefined || String(row.collateralEnabled) === enabled);
}

function setCollateralAssets({ core }: AccountParts, { account, params }: Call): readonly unknown[] {
  const type = params.oneOf('type', ['all', 'custom']);
  const collateralEnabled = params.flag('collateralEnabled');
  const ccyList = type === 'all' ? Object.keys(core.settings.discounts) : params.words('ccyList');
  for (const ccy of ccyList) {
    if (collateralEnabled) account.collateralOff.delete(ccy);
    else account.collateralOff.add(ccy);
  }
  return [{ type, ccyList, collateralEnabled }];
}
