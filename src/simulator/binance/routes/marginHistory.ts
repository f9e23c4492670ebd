/** Margin histories: interest, forced sales, transfers, capital flow (binance.md §5.9–5.11). */
import type { Dec } from '../../../core/money.ts';
import { parse } from '../../../core/money.ts';
import { coinOf, owed } from '../holdings.ts';
import type { FlowRow, ForcedRow, InterestRow, TransferRow } from '../records.ts';
import { ip } from '../route.ts';
import type { Call, Route } from '../route.ts';
import { endsNamed } from '../transfers.ts';
import { WireError, pad, trim } from '../wire.ts';
import type { Json } from '../wire.ts';

const RANGE = ['startTime', 'endTime'];
const PAGE = ['current', 'size'];
const SMALL_USD = parse('10');
/** The span became 7 days on 2026-02-02 (§5.9). */
const FLOW_RANGE = new WireError(-4047, 'Time interval must be within 0-7 days');
const FLOW_DAYS = 7;

function read(
  path: string,
  cost: number,
  mandatory: readonly string[],
  optional: readonly string[],
  run: Route['run'],
): Route {
  return {
    method: 'GET',
    path: `/sapi/v1/margin/${path}`,
    security: 'signed',
    needs: 'read',
    weight: ip(cost),
    mandatory,
    optional,
    run,
  };
}

export const marginHistoryRoutes: readonly Route[] = [
  read('interestHistory', 1, [], ['asset', 'isolatedSymbol', ...RANGE, ...PAGE], interestHistory),
  read('interestRateHistory', 1, ['asset'], ['vipLevel', ...RANGE], interestRateHistory),
  read('forceLiquidationRec', 1, [], ['isolatedSymbol', ...RANGE, ...PAGE], forced),
  read('transfer', 1, [], ['asset', 'type', 'isolatedSymbol', ...RANGE, ...PAGE], transfers),
  read('capital-flow', 100, [], ['asset', 'symbol', 'type', ...RANGE, 'fromId', 'limit'], capitalFlow),
  read('exchange-small-liability', 100, [], [], smallLiabilities),
  read('liquidation-loan', 100, [], [], liquidationLoan),
];

function interestHistory(call: Call): Json {
  const asset = call.params.find('asset');
  const symbol = call.symbol();
  const { fromMs, toMs } = call.range(7, 30);
  const rows = call.account.interests.newest(call.visibleToMs(), (row) => {
    return (
      row.symbol === symbol && (asset === undefined || row.asset === asset) && row.atMs >= fromMs && row.atMs <= toMs
    );
  });
  return { rows: call.page(rows).map(interestShown), total: rows.length };
}

function interestShown(row: InterestRow): Json {
  const isolated = row.symbol !== '';
  return {
    txId: row.txId,
    interestAccuredTime: row.atMs,
    asset: row.asset,
    rawAsset: isolated ? undefined : row.rawAsset,
    principal: trim(row.principal),
    interest: pad(row.interest),
    interestRate: trim(row.dailyRate),
    type: row.type,
    isolatedSymbol: isolated ? row.symbol : undefined,
  };
}

function interestRateHistory(call: Call): Json {
  const asset = call.params.text('asset');
  const { dailyRate } = call.desk.facts(asset);
  const { toMs } = call.range(7, 31);
  return [{ asset, dailyInterestRate: pad(dailyRate), timestamp: toMs, vipLevel: 0 }];
}

function forced(call: Call): Json {
  const symbol = call.symbol();
  const { fromMs, toMs } = call.range(7, 90);
  const wanted = (row: ForcedRow): boolean => row.symbol === symbol && row.atMs >= fromMs && row.atMs <= toMs;
  const rows = call.account.forced.newest(call.visibleToMs(), wanted);
  return { rows: call.page(rows).map((row) => forcedShown(call, row)), total: rows.length };
}

function forcedShown(call: Call, row: ForcedRow): Json {
  const price = pad(row.price.div(call.desk.priceOf('USDT')));
  return {
    avgPrice: price,
    executedQty: pad(row.qty),
    orderId: row.orderId,
    price,
    qty: pad(row.qty),
    side: 'SELL',
    symbol: row.symbol === '' ? `${row.asset}USDT` : row.symbol,
    timeInForce: 'GTC',
    isIsolated: row.symbol !== '',
    updatedTime: row.atMs,
  };
}

function transfers(call: Call): Json {
  const asset = call.params.find('asset');
  const type = call.params.find('type');
  const symbol = call.symbol();
  const { fromMs, toMs } = call.range(7, 30);
  const rows = call.account.transfers.newest(call.visibleToMs(), (row) => {
    const direction = directionOf(row, symbol);
    if (direction === undefined || (type !== undefined && direction !== type)) return false;
    return (asset === undefined || row.asset === asset) && row.atMs >= fromMs && row.atMs <= toMs;
  });
  return { rows: call.page(rows).map((row) => transferShown(call, row, symbol)), total: rows.length };
}

/** Into or out of the pocket that is asked for; undefined when the transfer did not touch it. */
function directionOf(row: TransferRow, symbol: string): 'ROLL_IN' | 'ROLL_OUT' | undefined {
  const [from, to] = endsNamed(row.type);
  const name = symbol === '' ? 'CROSS_MARGIN' : 'ISOLATED_MARGIN';
  if (to === name && row.toSymbol === symbol) return 'ROLL_IN';
  return from === name && row.fromSymbol === symbol ? 'ROLL_OUT' : undefined;
}

function transferShown(call: Call, row: TransferRow, symbol: string): Json {
  const [transFrom, transTo] = endsNamed(row.type);
  const inSeconds = call.desk.settings.switches.transferTimes === 's';
  return {
    amount: pad(row.amount),
    asset: row.asset,
    status: row.status,
    timestamp: inSeconds ? Math.floor(row.atMs / 1000) : row.atMs,
    txId: row.tranId,
    type: directionOf(row, symbol) ?? 'ROLL_IN',
    transFrom,
    transTo,
    fromSymbol: row.fromSymbol === '' ? undefined : row.fromSymbol,
    toSymbol: row.toSymbol === '' ? undefined : row.toSymbol,
  };
}

/** Without `fromId` the newest rows, with it the rows whose id is larger, oldest first: a cursor (§5.9). */
function capitalFlow(call: Call): Json {
  const { params } = call;
  const asset = params.find('asset');
  const type = params.find('type');
  const symbol = call.symbol('symbol');
  const fromId = params.whole('fromId');
  const limit = Number(params.whole('limit') ?? 500n);
  if (limit < 1 || limit > 1000) throw new WireError(-1130, "Data sent for parameter 'limit' is not valid.");
  const { fromMs, toMs } = call.range(FLOW_DAYS, FLOW_DAYS, FLOW_RANGE);
  const rows = call.account.flows.newest(call.visibleToMs(), (row) => {
    if (row.symbol !== symbol || (asset !== undefined && row.asset !== asset)) return false;
    if (type !== undefined && row.type !== type) return false;
    return fromId === undefined ? row.atMs >= fromMs && row.atMs <= toMs : row.id > fromId;
  });
  const wanted = fromId === undefined ? rows.slice(0, limit) : rows.reverse().slice(0, limit);
  return wanted.map(flowShown);
}

function flowShown(row: FlowRow): Json {
  const { id, tranId, atMs: timestamp, asset, symbol, type, amount, note } = row;
  return { id, tranId, timestamp, asset, symbol: symbol === '' ? undefined : symbol, type, amount: trim(amount), note };
}

/** Debts worth less than 10 USDT may be exchanged away (§5.11). */
function smallLiabilities(call: Call): Json {
  const { desk } = call;
  return [...call.seen().cross].flatMap(([asset, coin]) => {
    const usd: Dec = owed(coin).times(desk.priceOf(asset));
    if (usd.isZero() || usd.gte(SMALL_USD)) return [];
    const { interest, borrowed } = coinOf(call.seen().cross, asset);
    return [
      {
        asset,
        interest: trim(interest),
        principal: trim(borrowed),
        liabilityAsset: 'USDT',
        liabilityQty: trim(usd.div(desk.priceOf('USDT'))),
      },
    ];
  });
}

function liquidationLoan(call: Call): Json {
  const amount = pad(call.account.deficitUsdc);
  return { asset: 'USDC', amount, repaidAmount: '0.00000000', remainingAmount: amount };
}
