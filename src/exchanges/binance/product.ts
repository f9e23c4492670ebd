/** What every Binance product file is made of: the four roles of DESIGN §6 (read, send, evidence; limits sit in `endpoints.ts`). */
import type { Evidence, Intent, Reply } from '../../core/intent.ts';
import type { Asset, LoanView, Product, WalletView } from '../../core/loan.ts';
import type { Json } from '../json.ts';
import type { Params } from './client.ts';
import type { Endpoint } from './endpoints.ts';
import type { PriceBook } from './priceBook.ts';

/** One look, shared by everything that reads in it. */
export interface Look {
  readonly signal: AbortSignal;
  /** Our wall ms before the first read: the age of everything this look says. */
  readonly startedAt: number;
  readonly prices: PriceBook;
  /** The spot wallet as read in this look; rejects when it could not be read. */
  readonly spot: Promise<WalletView>;
  /** Coins outside the loans that may be used: they get prices, and a place among the collateral that could be added. */
  usable(asset: Asset): boolean;
}

/** One money call before it is signed, and what a good answer to it looks like. */
export interface Call {
  readonly endpoint: Endpoint;
  readonly params: Params;
  accept(json: Json | undefined): Reply;
}

export interface ProductPart {
  readonly product: Product;
  /** Throws rather than guesses: the product's section is then a failed one. */
  observe(look: Look): Promise<readonly LoanView[]>;
  /** Throws for what this product cannot do. */
  call(intent: Intent): Call;
  cursors(intent: Intent, signal: AbortSignal): Promise<Readonly<Record<string, string>>>;
  evidence(intent: Intent, signal: AbortSignal): Promise<Evidence>;
}

/** An intent that this product has no call for: a mistake of ours, found before anything is signed. */
export class UnsupportedCall extends Error {
  override readonly name = 'UnsupportedCall';
}
