/** Endpoints of the funding account (okx.md §2 rows 14–18, §5). */
import type { Core } from './core.ts';
import { Refusal } from './refusals.ts';
import type { Call, Route } from './routes.ts';
import { limit, pay, read } from './routes.ts';
import type { Transfer, Transfers } from './transfers.ts';

const ROOT = '/api/v5/asset';
const MONTH_MS = 30 * 86_400_000;
const MAX_CLIENT_ID = /^[A-Za-z0-9]{1,32}$/;
const LARGEST_TIME = 9_999_999_999_999n;
const WALLETS = ['6', '18'] as const;
const TYPES = ['0', '1', '2', '3', '4'] as const;

/** What the endpoints work with. */
export interface FundingParts {
  readonly core: Core;
  readonly transfers: Transfers;
}

/** The five endpoints. */
export function fundingRoutes(parts: FundingParts): readonly Route[] {
  return [
    read(`${ROOT}/balances`, limit(6, 1), (call) => balances(parts, call)),
    pay(`${ROOT}/transfer`, limit(2, 1, 'uidAndCcy'), (call) => transfer(parts, call)),
    read(`${ROOT}/transfer-state`, limit(10, 1), (call) => transferState(parts, call)),
    read(`${ROOT}/bills`, limit(6, 1), (call) => bills(parts, call)),
    read(`${ROOT}/currencies`, limit(6, 1), (call) => currencies(parts, call)),
  ];
}

/** Only currencies above zero have a row (okx.md §5). */
function balances({ core }: FundingParts, { account, params, mood }: Call): readonly unknown[] {
  const wanted = params.currencies();
  return [...core.seen(account, mood).funding]
    .filter(([ccy]) => wanted?.has(ccy) ?? true)
    .map(([ccy, amount]) => ({ ccy, bal: amount.toFixed(), availBal: amount.toFixed(), frozenBal: '0' }));
}

function transfer({ transfers }: FundingParts, { account, params, mood }: Call): readonly unknown[] {
  const clientId = params.optional('clientId') ?? '';
  if (clientId !== '' && !MAX_CLIENT_ID.test(clientId)) throw new Refusal('51000', 'clientId');
  const type = params.optional('type') === undefined ? '0' : params.oneOf('type', TYPES);
  const request = {
    ccy: params.text('ccy'),
    amount: params.amount('amt', '58114'),
    from: params.oneOf('from', WALLETS),
    to: params.oneOf('to', WALLETS),
    type,
    subAcct: type === '0' ? (params.optional('subAcct') ?? '') : subAccount(params.optional('subAcct'), type),
    clientId,
    loanTrans: params.optionalFlag('loanTrans'),
  };
  const started = transfers.start(account, request, mood);
  const { transId, ccy, from, to } = started;
  return [{ transId, ccy, clientId, from, amt: started.amount.toFixed(), to }];
}

function subAccount(name: string | undefined, type: string): string {
  if (name === undefined && type !== '3') throw new Refusal('58115');
  return name ?? '';
}

/** Unknown ids and a `type` that does not match are told alike (okx.md §5). */
function transferState({ core, transfers }: FundingParts, { account, params }: Call): readonly unknown[] {
  const [transId, clientId] = [params.optional('transId'), params.optional('clientId')];
  if (transId === undefined && clientId === undefined) throw new Refusal('50014', 'transId');
  const named = transId === undefined ? 'clientId' : 'transId';
  const type = params.optional('type') ?? '0';
  const found = transfers.find(account, transId, clientId);
  if (found === undefined || found.type !== type) throw new Refusal(core.settings.switches.unknownTransfer, named);
  return [stateRow(found)];
}

function stateRow({ amount, ccy, clientId, from, to, type, state, subAcct, transId }: Transfer): unknown {
  return { amt: amount.toFixed(), ccy, clientId, from, instId: '', state, subAcct, to, toInstId: '', transId, type };
}

/** Pages by time or by bill id: `pagingType` says which, else the size of the cursor does. */
function bills({ core }: FundingParts, { account, params, mood }: Call): readonly unknown[] {
  const [ccy, type, clientId] = [params.optional('ccy'), params.optional('type'), params.optional('clientId')];
  const page = params.page();
  const pagingType = params.optional('pagingType') ?? ((page.after ?? page.before ?? 0n) > LARGEST_TIME ? '2' : '1');
  return account.fundingBills
    .page(
      pagingType === '2' ? 'idExclusive' : 'tsExclusive',
      page,
      core.window(mood, MONTH_MS),
      (row) =>
        (ccy === undefined || row.ccy === ccy) &&
        (type === undefined || row.type === type) &&
        (clientId === undefined || row.clientId === clientId),
    )
    .map(({ id, atMs, ...row }) => ({ billId: id, ...row, notes: '', ts: String(atMs) }));
}

function currencies({ core }: FundingParts, { params }: Call): readonly unknown[] {
  const wanted = params.currencies();
  return core.market
    .assets()
    .filter((ccy) => wanted?.has(ccy) ?? true)
    .map((ccy) => ({
      ccy,
      name: ccy,
      chain: `${ccy}-Simulated`,
      canDep: true,
      canWd: true,
      canInternal: true,
      mainNet: true,
      minDep: '0.00000001',
      minWd: '0.00000001',
      maxWd: '1000000',
      wdTickSz: String(core.settings.decimals),
      minFee: '0',
      maxFee: '0',
      needTag: false,
    }));
}
