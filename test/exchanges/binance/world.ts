/** Answers of a small, consistent Binance account, for tests that then break one of them. */
import type { Answer } from './fake.ts';
import { WireRefusal } from './fake.ts';

export interface Coin {
  readonly free?: string;
  readonly locked?: string;
  readonly borrowed?: string;
  readonly interest?: string;
}

export const PRICES: Readonly<Record<string, string>> = {
  BTCUSDT: '20000',
  ETHUSDT: '1000',
  BNBUSDT: '300',
  OLDBTC: '0.001',
};

/** `margin/account` as the venue would compute it from coins and prices. */
export function marginAccount(
  coins: Readonly<Record<string, Coin>>,
  prices = PRICES,
  over: object = {},
): Record<string, unknown> {
  const price = (asset: string): number =>
    asset === 'USDT'
      ? 1
      : Number(prices[`${asset}USDT`] ?? Number(prices[`${asset}BTC`] ?? 0) * Number(prices['BTCUSDT']));
  let assets = 0;
  let debts = 0;
  const zero = { free: '0', locked: '0', borrowed: '0', interest: '0' };
  const userAssets = Object.entries({ XRP: {}, ...coins }).map(([asset, coin]) => {
    const row = { ...zero, ...coin };
    assets += (Number(row.free) + Number(row.locked)) * price(asset);
    debts += (Number(row.borrowed) + Number(row.interest)) * price(asset);
    return { asset, netAsset: '0', ...row };
  });
  const btc = Number(prices['BTCUSDT']);
  return {
    created: true,
    borrowEnabled: true,
    marginLevel: debts === 0 ? '999.00000000' : (assets / debts).toFixed(8),
    collateralMarginLevel: '3.2',
    totalAssetOfBtc: (assets / btc).toFixed(8),
    totalLiabilityOfBtc: (debts / btc).toFixed(8),
    totalNetAssetOfBtc: ((assets - debts) / btc).toFixed(8),
    TotalCollateralValueInUSDT: '1',
    tradeEnabled: true,
    transferInEnabled: true,
    transferOutEnabled: true,
    accountType: 'MARGIN_1',
    userAssets,
    ...over,
  };
}

export const CROSS_COINS: Readonly<Record<string, Coin>> = {
  BTC: { free: '1.0', locked: '0.5' },
  USDT: { free: '500', borrowed: '20000', interest: '1.5' },
  BNB: { borrowed: '0', interest: '0.00000100' },
};

export function priceIndex(prices: Readonly<Record<string, string>> = PRICES): Answer {
  return ({ params }) => {
    const symbol = params['symbol'] ?? '';
    const price = prices[symbol];
    return price === undefined
      ? new WireRefusal(400, { code: -3042, msg: 'PriceIndex not available for this margin pair.' })
      : { calcTime: Date.now(), price, symbol };
  };
}

export const KEY_RIGHTS = {
  ipRestrict: true,
  createTime: 1,
  enableReading: true,
  enableWithdrawals: false,
  enableMargin: true,
  permitsUniversalTransfer: true,
  enableSpotAndMarginTrading: true,
};

export function world(): Record<string, Answer> {
  return {
    'GET /api/v3/account': { uid: 354937868, balances: [] },
    'GET /sapi/v1/system/status': { status: 0, msg: 'normal' },
    'GET /sapi/v1/account/apiRestrictions': KEY_RIGHTS,
    'POST /sapi/v3/asset/getUserAsset': [
      { asset: 'USDT', free: '700.5', locked: '3', freeze: '0', withdrawing: '0', ipoable: '0', btcValuation: '0' },
      { asset: 'ETH', free: '2', locked: '0', freeze: '0', withdrawing: '0', ipoable: '0', btcValuation: '0' },
      { asset: 'WEIRD', free: '9', locked: '0', freeze: '0', withdrawing: '0', ipoable: '0', btcValuation: '0' },
      { asset: 'BTC', free: '0', locked: '1', freeze: '0', withdrawing: '0', ipoable: '0', btcValuation: '0' },
    ],
    'GET /sapi/v1/margin/account': marginAccount(CROSS_COINS),
    'GET /sapi/v1/margin/tradeCoeff': { normalBar: '1.5', marginCallBar: '1.3', forceLiquidationBar: '1.1' },
    'GET /sapi/v1/margin/priceIndex': priceIndex(),
    'GET /sapi/v1/margin/allAssets': ['BTC', 'ETH', 'USDT', 'BNB', 'OLD', 'BAN'].map((assetName) => ({
      assetName,
      isBorrowable: true,
      isMortgageable: assetName !== 'BAN',
      userMinBorrow: '0.00000000',
      userMinRepay: assetName === 'USDT' ? '10.00000000' : '0.00000000',
    })),
  };
}
