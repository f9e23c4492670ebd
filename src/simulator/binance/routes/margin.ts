/** Cross margin: the account, borrow and repay, and what may be borrowed or moved (binance.md §5.1, §5.3–5.7). */
import type { Dec } from '../../../core/money.ts';
import { ZERO } from '../../../core/money.ts';
import { borrowableOf, openPocket, placeOrder } from '../borrowRepay.ts';
import type { Desk } from '../desk.ts';
import { coinOf, owed, pocketOf } from '../holdings.ts';
import type { Pocket } from '../holdings.ts';
import type { LoanRow } from '../records.ts';
import { Late, ip, uid } from '../route.ts';
import type { Call, Route } from '../route.ts';
import { transferableOf } from '../transfers.ts';
import { WireError, pad } from '../wire.ts';
import type { Json } from '../wire.ts';
import { TRANSFER_BAR, collateralOf, levelOf, worthOf } from '../worth.ts';

const NO_DEBT_LEVEL = '999.00000000';
const DAY_LIMIT = { withAsset: 30, without: 7 };

export const marginRoutes: readonly Route[] = [
  { method: 'GET', path: '/sapi/v1/margin/account', security: 'signed', needs: 'read', weight: ip(10), run: account },
  {
    method: 'POST',
    path: '/sapi/v1/margin/borrow-repay',
    security: 'signed',
    needs: 'margin',
    weight: uid(1500),
    mandatory: ['asset', 'isIsolated', 'amount', 'type'],
    optional: ['symbol'],
    isMoney: true,
    run: borrowRepay,
  },
  {
    method: 'GET',
    path: '/sapi/v1/margin/borrow-repay',
    security: 'signed',
    needs: 'read',
    weight: ip(10),
    mandatory: ['type'],
    optional: ['asset', 'isolatedSymbol', 'txId', 'startTime', 'endTime', 'current', 'size'],
    run: loanRows,
  },
  {
    method: 'GET',
    path: '/sapi/v1/margin/maxTransferable',
    security: 'signed',
    needs: 'read',
    weight: ip(50),
    mandatory: ['asset'],
    optional: ['isolatedSymbol'],
    run: maxTransferable,
  },
  {
    method: 'GET',
    path: '/sapi/v1/margin/tradeCoeff',
    security: 'signed',
    needs: 'read',
    weight: ip(10),
    run: tradeCoeff,
  },
];

/** `GET maxBorrowable`; its weight is 750 UID or 50 IP, depending on the source (§0.1 fact 8). */
export function maxBorrowableRoute(desk: Desk): Route {
  return {
    method: 'GET',
    path: '/sapi/v1/margin/maxBorrowable',
    security: 'signed',
    needs: 'read',
    weight: desk.settings.switches.maxBorrowable === '750uid' ? uid(750) : ip(50),
    mandatory: ['asset'],
    optional: ['isolatedSymbol'],
    run(call) {
      const asset = call.params.text('asset');
      const symbol = call.symbol();
      openPocket(call.desk, call.account, symbol, asset);
      const { amount, limit } = borrowableOf(call.desk, call.account, pocketOf(call.seen(), symbol), symbol, asset);
      return { amount: pad(amount), borrowLimit: limit.toFixed() };
    },
  };
}

function account(call: Call): Json {
  if (!call.account.hasCross) throw new WireError(-3003, 'Margin account does not exist.');
  const { desk } = call;
  const pocket = call.seen().cross;
  const worth = worthOf(pocket, desk.priceOf);
  const level = levelOf(worth);
  const collateral = collateralOf(pocket, desk.priceOf, desk.bracketsFor(''));
  const collateralLevel = worth.debts.isZero() ? undefined : collateral.div(worth.debts);
  const btc = desk.priceOf('BTC');
  const free = !call.account.frozen.has('');
  return {
    created: true,
    borrowEnabled: free,
    marginLevel: levelText(level),
    collateralMarginLevel: levelText(collateralLevel),
    totalAssetOfBtc: pad(worth.assets.div(btc)),
    totalLiabilityOfBtc: pad(worth.debts.div(btc)),
    totalNetAssetOfBtc: pad(worth.assets.minus(worth.debts).div(btc)),
    // This member really is spelled with a capital T (§5.1).
    TotalCollateralValueInUSDT: pad(collateral.div(desk.priceOf('USDT'))),
    totalOpenOrderLossInUSDT: pad(ZERO),
    tradeEnabled: free,
    transferInEnabled: free,
    transferOutEnabled: free && (collateralLevel === undefined || collateralLevel.gt(TRANSFER_BAR)),
    accountType: 'MARGIN_1',
    userAssets: assetsShown(desk, pocket),
  };
}

function levelText(level: Dec | undefined): string {
  return level === undefined ? NO_DEBT_LEVEL : pad(level);
}

/** Every margin asset, also those with nothing in them (§5.1). */
function assetsShown(desk: Desk, pocket: Pocket): Json {
  return Object.keys(desk.settings.assets).map((asset) => {
    const coin = coinOf(pocket, asset);
    return {
      asset,
      borrowed: pad(coin.borrowed),
      free: pad(coin.free),
      interest: pad(coin.interest),
      locked: pad(coin.locked),
      netAsset: pad(coin.free.plus(coin.locked).minus(owed(coin))),
    };
  });
}

function borrowRepay(call: Call): Json | Late {
  const { params, desk, mood } = call;
  const isIsolated = params.flag('isIsolated');
  const symbol = isIsolated ? params.text('symbol') : '';
  const order = {
    type: params.oneOf('type', ['BORROW', 'REPAY']),
    asset: params.text('asset'),
    symbol,
    amount: params.amount('amount'),
    settleMs: mood.settleMs,
    fate: mood.fate,
  };
  const { txId, settleMs } = placeOrder(desk, call.account, order);
  const body = { tranId: txId, clientTag: '' };
  return desk.settings.switches.replyAfterSettle && settleMs !== null ? new Late(body, settleMs) : body;
}

function loanRows(call: Call): Json {
  const { params } = call;
  const type = params.oneOf('type', ['BORROW', 'REPAY']);
  const asset = params.find('asset');
  const symbol = call.symbol();
  const txId = params.whole('txId');
  const most = asset === undefined ? DAY_LIMIT.without : DAY_LIMIT.withAsset;
  const { fromMs, toMs } = txId === undefined ? call.range(7, most) : { fromMs: 0, toMs: Number.POSITIVE_INFINITY };
  const rows = call.account.loans.newest(call.visibleToMs(), (row) => {
    if (row.type !== type || row.symbol !== symbol || (asset !== undefined && row.asset !== asset)) return false;
    return txId === undefined ? row.atMs >= fromMs && row.atMs <= toMs : row.txId === txId;
  });
  return { rows: call.page(rows).map(loanShown), total: rows.length };
}

function loanShown(row: LoanRow): Json {
  return {
    type: row.rowType,
    isolatedSymbol: row.symbol === '' ? undefined : row.symbol,
    amount: pad(row.amount),
    asset: row.asset,
    interest: pad(row.interest),
    principal: pad(row.principal),
    status: row.status,
    timestamp: row.atMs,
    txId: row.txId,
  };
}

function maxTransferable(call: Call): Json {
  const asset = call.params.text('asset');
  const symbol = call.symbol();
  openPocket(call.desk, call.account, symbol, asset);
  const frozen = call.account.frozen.has(symbol);
  return { amount: pad(frozen ? ZERO : transferableOf(call.desk, call.seen(), symbol, asset)) };
}

function tradeCoeff(call: Call): Json {
  const { account: owner, desk } = call;
  if (!owner.hasCross) throw new WireError(-3003, 'Margin account does not exist.');
  const { initial, call: warn, liquidation } = desk.barsOf(owner, '');
  return { normalBar: initial.toFixed(), marginCallBar: warn.toFixed(), forceLiquidationBar: liquidation.toFixed() };
}
