/** Wallets, universal transfer, key restrictions (binance.md §2.5, §6). */
import { ZERO } from '../../../core/money.ts';
import type { Dec } from '../../../core/money.ts';
import { coinOf, held } from '../holdings.ts';
import type { Amounts } from '../holdings.ts';
import type { TransferRow } from '../records.ts';
import { ip, uid } from '../route.ts';
import type { Call, Route } from '../route.ts';
import { checkType, placeTransfer } from '../transfers.ts';
import { WireError, pad, trim } from '../wire.ts';
import type { Json } from '../wire.ts';

const HALF_YEAR_DAYS = 183;
const read = { method: 'GET', security: 'signed', needs: 'read' } as const;

export const walletRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: '/sapi/v1/asset/transfer',
    security: 'signed',
    needs: 'transfer',
    weight: uid(900),
    mandatory: ['type', 'asset', 'amount'],
    optional: ['fromSymbol', 'toSymbol'],
    isMoney: true,
    run: transfer,
  },
  {
    ...read,
    path: '/sapi/v1/asset/transfer',
    weight: ip(1),
    mandatory: ['type'],
    optional: ['startTime', 'endTime', 'current', 'size', 'fromSymbol', 'toSymbol'],
    run: transferRows,
  },
  {
    // A read, although it is a POST (§6.3).
    method: 'POST',
    path: '/sapi/v3/asset/getUserAsset',
    security: 'signed',
    needs: 'read',
    weight: ip(5),
    optional: ['asset', 'needBtcValuation'],
    run: (call) => walletShown(call, call.seen().spot, { ipoable: '0' }),
  },
  {
    method: 'POST',
    path: '/sapi/v1/asset/get-funding-asset',
    security: 'signed',
    needs: 'read',
    weight: ip(1),
    optional: ['asset', 'needBtcValuation'],
    run: (call) => walletShown(call, call.seen().funding, {}),
  },
  { ...read, path: '/sapi/v1/capital/config/getall', weight: ip(10), run: coins },
  {
    ...read,
    path: '/sapi/v1/asset/wallet/balance',
    weight: ip(60),
    optional: ['quoteAsset'],
    run: walletTotals,
  },
  {
    ...read,
    path: '/api/v3/account',
    weight: ip(20),
    optional: ['omitZeroBalances'],
    run: spotAccount,
  },
  { ...read, path: '/sapi/v1/bnbBurn', weight: ip(1), run: bnbBurn },
  {
    ...read,
    path: '/sapi/v1/account/apiRestrictions',
    weight: ip(1),
    run: restrictions,
  },
  {
    ...read,
    path: '/sapi/v1/account/status',
    weight: ip(1),
    run: () => ({ data: 'Normal' }),
  },
];

function transfer(call: Call): Json {
  const { params, mood } = call;
  const tranId = placeTransfer(call.desk, call.account, {
    type: params.text('type'),
    asset: params.text('asset'),
    amount: params.amount('amount'),
    fromSymbol: params.find('fromSymbol') ?? '',
    toSymbol: params.find('toSymbol') ?? '',
    settleMs: mood.settleMs,
    fate: mood.fate,
  });
  return { tranId };
}

function transferRows(call: Call): Json {
  const { params, desk } = call;
  const type = params.text('type');
  checkType(desk, type);
  const { fromMs, toMs } = call.range(7, HALF_YEAR_DAYS);
  const [fromSymbol, toSymbol] = [params.find('fromSymbol'), params.find('toSymbol')];
  const rows = call.account.transfers.newest(call.visibleToMs(), (row) => {
    if (row.type !== type || row.atMs < fromMs || row.atMs > toMs) return false;
    return (
      (fromSymbol === undefined || row.fromSymbol === fromSymbol) &&
      (toSymbol === undefined || row.toSymbol === toSymbol)
    );
  });
  if (rows.length === 0 && desk.settings.switches.emptyRows === 'absent') return { total: 0 };
  return { total: rows.length, rows: call.page(rows).map(transferShown) };
}

function transferShown(row: TransferRow): Json {
  const { asset, amount, type, status, tranId, atMs: timestamp } = row;
  return { asset, amount: trim(amount), type, status, tranId, timestamp };
}

/** Only positive balances (§6.3). */
function walletShown(call: Call, wallet: Amounts, extra: Readonly<Record<string, string>>): Json {
  const wanted = call.params.find('asset');
  const valued = call.params.flag('needBtcValuation', false);
  const rows =
    wanted === undefined ? [...wallet] : [[wanted, held(wallet, wanted)] as const].filter(([, coins]) => coins.gt(0));
  return rows.map(([asset, coins]) => ({
    asset,
    free: trim(coins),
    locked: '0',
    freeze: '0',
    withdrawing: '0',
    ...extra,
    btcValuation: valued ? trim(inBtc(call, asset, coins)) : '0',
  }));
}

function inBtc(call: Call, asset: string, coins: Dec): Dec {
  return coins.times(call.desk.priceOf(asset)).div(call.desk.priceOf('BTC'));
}

function walletTotals(call: Call): Json {
  const seen = call.seen();
  const total = (amounts: Iterable<readonly [string, Dec]>): string => {
    let btc = ZERO;
    for (const [asset, coins] of amounts) btc = btc.plus(inBtc(call, asset, coins));
    return trim(btc);
  };
  const cross = [...seen.cross.keys()].map((asset) => [asset, coinOf(seen.cross, asset).free] as const);
  const row = (walletName: string, balance: string): Json => ({ activate: true, balance, walletName });
  return [
    row('Spot', total(seen.spot)),
    row('Funding', total(seen.funding)),
    row('Cross Margin', total(cross)),
    row('Earn', total(seen.earn)),
  ];
}

function spotAccount(call: Call): Json {
  const { spot } = call.seen();
  const omitZero = call.params.flag('omitZeroBalances', false);
  const assets = omitZero
    ? [...spot.keys()]
    : [...new Set([...Object.keys(call.desk.settings.assets), ...spot.keys()])];
  return {
    makerCommission: 10,
    takerCommission: 10,
    buyerCommission: 0,
    sellerCommission: 0,
    commissionRates: { maker: '0.00100000', taker: '0.00100000', buyer: '0.00000000', seller: '0.00000000' },
    canTrade: true,
    canWithdraw: call.account.permissions.withdraw,
    canDeposit: true,
    brokered: false,
    requireSelfTradePrevention: false,
    preventSor: false,
    updateTime: call.stamp(),
    accountType: 'SPOT',
    balances: assets.map((asset) => ({ asset, free: pad(held(spot, asset)), locked: '0.00000000' })),
    permissions: ['SPOT'],
    uid: uidNumber(call),
  };
}

function uidNumber(call: Call): number {
  const value = Number(call.account.uid);
  if (!Number.isSafeInteger(value))
    throw new WireError(-1000, 'An unknown error occurred while processing the request.');
  return value;
}

/** Coins of the venue with what spot holds of them; deposits and withdrawals do not exist here. */
function coins(call: Call): Json {
  const { spot } = call.seen();
  return Object.entries(call.desk.settings.assets).map(([coin, facts]) => ({
    coin,
    name: facts.fullName,
    depositAllEnable: false,
    withdrawAllEnable: false,
    free: trim(held(spot, coin)),
    locked: '0',
    freeze: '0',
    withdrawing: '0',
    ipoing: '0',
    ipoable: '0',
    storage: '0',
    isLegalMoney: false,
    trading: true,
    networkList: [],
  }));
}

function bnbBurn(call: Call): Json {
  const { spot, interest } = call.account.bnbBurn;
  return { spotBNBBurn: spot, interestBNBBurn: interest };
}

function restrictions(call: Call): Json {
  const { read, trade, margin, transfer: universal, withdraw, ipRestrict } = call.account.permissions;
  return {
    ipRestrict,
    createTime: 1_698_645_219_000,
    enableReading: read,
    enableWithdrawals: withdraw,
    enableInternalTransfer: false,
    enableMargin: margin,
    enableFutures: false,
    permitsUniversalTransfer: universal,
    enableVanillaOptions: false,
    enableFixApiTrade: false,
    enableFixReadOnly: false,
    enableSpotAndMarginTrading: trade,
    enablePortfolioMarginTrading: false,
  };
}
