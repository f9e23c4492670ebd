/** The shape of one OKX product file: reads, sends, evidence (DESIGN §6 "Products"). */
import type { Evidence, Intent } from '../../core/intent.ts';
import type { Asset, LoanView, Product, WalletView } from '../../core/loan.ts';
import type { Dec } from '../../core/money.ts';
import type { SignedRequest } from '../exchange.ts';
import type { Discounts, Prices } from './market.ts';
import type { ConfigRow } from './wire.ts';

/** What several sections of one observation share. A part that could not be read is `null`, with the reason. */
export interface Surroundings {
  readonly config: ConfigRow;
  /** Coins outside the loans that may become collateral. */
  usable(asset: Asset): boolean;
  readonly funding: Promise<WalletView | null>;
  readonly prices: (assets: Iterable<Asset>) => Promise<Prices>;
  readonly discounts: Promise<Discounts | null>;
}

/** The loans of one product, with the start of the earliest read behind them and the prices that were used. */
export interface Section {
  readonly loans: readonly LoanView[];
  readonly asOf: number;
  readonly prices: ReadonlyMap<Asset, Dec>;
  /** Wallets that were read on the way. */
  readonly wallets?: readonly WalletView[];
}

export interface ProductPart {
  readonly product: Product;
  /** @throws VenueError: the section failed */
  observe(around: Surroundings, signal: AbortSignal): Promise<Section>;
  cursors(intent: Intent, signal: AbortSignal): Promise<Readonly<Record<string, string>>>;
  /** @throws VenueError for a verb that this product does not have */
  sign(intent: Intent): SignedRequest;
  evidence(intent: Intent, signal: AbortSignal): Promise<Evidence>;
}
