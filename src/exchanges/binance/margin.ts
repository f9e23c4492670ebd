/**
 * What cross and isolated margin share: borrow-repay and universal transfers as money calls (binance.md §5.3, §6.1), and
 * the three witnesses of what became of them: their record, the capital flow, and what the account holds.
 */
import type { Evidence, Intent } from '../../core/intent.ts';
import type { Asset } from '../../core/loan.ts';
import { format, type Dec } from '../../core/money.ts';
import { VenueError } from '../exchange.ts';
import { Reader, wireAmount } from '../parse.ts';
import type { BinanceClient } from './client.ts';
import { ENDPOINTS } from './endpoints.ts';
import { UnsupportedCall, type Call } from './product.ts';
import {
  cursorOf,
  cursorSince,
  evidenceSince,
  knownIds,
  readFlow,
  readLoanRecords,
  readTransfers,
  type RecordPage,
} from './records.ts';
import { debtWitness, insideWitness, judgeReference, judgeTrace } from './verdict.ts';
import { acceptTranId, transferCall, type TransferType } from './wallet.ts';

/** How the two margin products differ on the wire. The key of an isolated loan is its pair. */
export interface MarginShape {
  readonly isolated: boolean;
  readonly transferIn: TransferType;
  readonly transferOut: TransferType;
}

/** What an account holds of one asset now. */
export interface Holding {
  /** Principal and interest. */
  readonly debt: Dec;
  readonly free: Dec;
}

function symbolOf(intent: Intent, shape: MarginShape): string {
  return shape.isolated ? intent.key : '';
}

function transferTypeOf(intent: Intent, shape: MarginShape): TransferType | null {
  if (intent.verb === 'transferIn') return shape.transferIn;
  return intent.verb === 'transferOut' ? shape.transferOut : null;
}

export function marginCall(intent: Intent, shape: MarginShape): Call {
  const { verb, asset, amount } = intent;
  const symbol = symbolOf(intent, shape);
  const type = transferTypeOf(intent, shape);
  if (type !== null) {
    const other = verb === 'transferIn' ? intent.from : intent.to;
    if (other !== 'spot') throw new UnsupportedCall(`no transfer between margin and ${other}, only spot`);
    return transferCall(type, asset, amount, symbol);
  }
  if (verb !== 'repay' && verb !== 'borrow') throw new UnsupportedCall(`margin has no ${verb}`);
  return {
    endpoint: ENDPOINTS.borrowRepay,
    params: {
      asset,
      isIsolated: shape.isolated ? 'TRUE' : 'FALSE',
      ...(shape.isolated ? { symbol } : {}),
      amount: wireAmount(amount),
      type: verb === 'repay' ? 'REPAY' : 'BORROW',
    },
    accept: acceptTranId,
  };
}

export class MarginWitness {
  readonly #client: BinanceClient;
  readonly #shape: MarginShape;
  readonly #holding: (intent: Intent, signal: AbortSignal) => Promise<Holding>;

  constructor(
    client: BinanceClient,
    shape: MarginShape,
    holding: (intent: Intent, signal: AbortSignal) => Promise<Holding>,
  ) {
    this.#client = client;
    this.#shape = shape;
    this.#holding = holding;
  }

  async cursors(intent: Intent, signal: AbortSignal): Promise<Readonly<Record<string, string>>> {
    return cursorOf(await this.#records({ ...intent, ref: null }, await cursorSince(this.#client), signal));
  }

  async evidence(intent: Intent, signal: AbortSignal): Promise<Evidence> {
    const client = this.#client;
    const since = await evidenceSince(client, intent);
    if (intent.ref !== null) return judgeReference(intent.ref, await this.#records(intent, since, signal));
    const transfer = transferTypeOf(intent, this.#shape) !== null;
    const type = transfer ? 'TRANSFER' : intent.verb === 'repay' ? 'REPAY' : 'BORROW';
    const [records, flow] = await Promise.all([
      this.#records(intent, since, signal),
      readFlow(client, { type, asset: intent.asset, symbol: symbolOf(intent, this.#shape), since }, signal),
    ]);
    return judgeTrace(intent, {
      records,
      flow,
      balances: async () => {
        const { debt, free } = await this.#holding(intent, signal);
        return transfer ? insideWitness(intent, format(free)) : debtWitness(intent, format(debt));
      },
      known: knownIds(intent),
      now: await client.time.now(),
      lagMarginMs: client.timing.lagMarginMs,
    });
  }

  #records(intent: Intent, since: number, signal: AbortSignal): Promise<RecordPage> {
    const symbol = symbolOf(intent, this.#shape);
    const type = transferTypeOf(intent, this.#shape);
    if (type !== null) return readTransfers(this.#client, { type, symbol, since }, signal);
    const query = { type: intent.verb === 'borrow' ? 'BORROW' : 'REPAY', asset: intent.asset, symbol } as const;
    return readLoanRecords(
      this.#client,
      { ...query, ...(intent.ref === null ? { since } : { txId: intent.ref }) },
      signal,
    );
  }
}

/** What of these coins the venue would let go: 50 weight per coin (§5.6), so only where somebody wants to know. What could not be read is absent. */
export async function maxRelease(
  client: BinanceClient,
  assets: readonly Asset[],
  symbol: string,
  signal: AbortSignal,
): Promise<Record<Asset, Dec>> {
  const most: Record<Asset, Dec> = {};
  await Promise.all(
    assets.map(async (asset) => {
      try {
        const params = symbol === '' ? { asset } : { asset, isolatedSymbol: symbol };
        const json = await client.read(ENDPOINTS.maxTransferable, params, { signal });
        most[asset] = Reader.of(json, 'margin/maxTransferable').amount('amount');
      } catch (error) {
        if (!(error instanceof VenueError)) throw error;
      }
    }),
  );
  return most;
}
