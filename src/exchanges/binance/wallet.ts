/**
 * The spot wallet, and universal transfers between it and the margin accounts (binance.md §6.1–6.3).
 * Transfers take no client id: they are proven by their record, by the capital flow and by what the accounts hold.
 */
import type { Reply } from '../../core/intent.ts';
import type { Asset, WalletView } from '../../core/loan.ts';
import type { Dec } from '../../core/money.ts';
import { isObject, type Json } from '../json.ts';
import { Reader, wireAmount } from '../parse.ts';
import type { BinanceClient } from './client.ts';
import { ENDPOINTS } from './endpoints.ts';
import type { Call } from './product.ts';

/** Only positive balances are listed by the venue, so an empty list is an empty wallet (§6.3). */
export async function readSpot(client: BinanceClient, asOf: number, signal: AbortSignal): Promise<WalletView> {
  const json = await client.read(ENDPOINTS.userAsset, {}, { signal });
  const free: Record<Asset, Dec> = {};
  for (const row of Reader.list(json, 'asset/getUserAsset')) {
    const amount = row.amount('free');
    if (!amount.isZero()) free[row.text('asset')] = amount;
  }
  return { name: 'spot', free, asOf };
}

/** Universal transfer types used here. The isolated ones directly from spot are in no official list, but in two libraries (§6.1). */
export type TransferType = 'MAIN_MARGIN' | 'MARGIN_MAIN' | 'MAIN_ISOLATED_MARGIN' | 'ISOLATED_MARGIN_MAIN';

export function transferCall(type: TransferType, asset: Asset, amount: string, symbol: string): Call {
  return {
    endpoint: ENDPOINTS.transfer,
    params: { type, asset, amount: wireAmount(amount), ...transferSymbol(type, symbol) },
    accept: acceptTranId,
  };
}

/** The isolated pair on the side where the margin account is. */
export function transferSymbol(type: TransferType, symbol: string): Readonly<Record<string, string>> {
  if (type === 'MAIN_ISOLATED_MARGIN') return { toSymbol: symbol };
  return type === 'ISOLATED_MARGIN_MAIN' ? { fromSymbol: symbol } : {};
}

/** `{"tranId":100000001}` with whatever else (§5.3, §6.1). The record decides when it is final; anything else says nothing. */
export function acceptTranId(json: Json | undefined): Reply {
  const tranId = isObject(json) ? json['tranId'] : undefined;
  if (typeof tranId === 'string' && /^\d+$/.test(tranId)) {
    return { outcome: 'accepted', ref: tranId, final: false, note: 'accepted, the record is awaited' };
  }
  return { outcome: 'unknown', reason: 'status 200 without a transaction id', code: null };
}
