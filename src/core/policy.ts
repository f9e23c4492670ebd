/** The policy language after parsing (policy-example.yaml). Pure data; `config/` builds it, `core/` reads it. */
import type { Asset, Product, WalletName } from './loan.ts';
import type { Dec } from './money.ts';

/** Levels are LTVs (`ltv`) or cushions (`cushion`: LTV = line × (1 − cushion)); one scale per policy (DESIGN §5.1). Ratios, not percent. */
export interface Bands {
  readonly scale: 'ltv' | 'cushion';
  readonly warn: readonly Dec[];
  readonly target: Dec;
  readonly act: Dec;
  readonly urgent: Dec;
  /** OKX spot mode's second scale; `null` elsewhere. */
  readonly minMarginRatio: { readonly act: Dec; readonly target: Dec } | null;
}

export type RungSource = 'inside' | 'wallet' | 'treasury';

/** An amount in coins of one asset, or in USD when asset is `USD`. */
export interface Amount {
  readonly value: Dec;
  readonly asset: Asset | 'USD';
}

export interface Rung {
  /** 1-based position in the ladder. */
  readonly number: number;
  readonly do: 'repay' | 'add' | 'sell';
  /** `debt` stands for the loan's own debt asset. */
  readonly with: readonly Asset[] | 'debt';
  readonly from: readonly RungSource[];
  readonly atMost: { readonly amount: Amount; readonly perMs: number } | null;
  readonly notWhen: 'dislocated' | null;
  /** The rung in the words of the file, for messages. */
  readonly text: string;
}

/** USD caps; `null` is the word `unlimited` in the file, chosen on purpose. */
export interface Caps {
  readonly perAction: Dec | null;
  readonly perHour: Dec | null;
  readonly perDay: Dec | null;
  readonly perIncident: Dec | null;
}

export interface Limits extends Caps {
  /** The wider, still finite tier beyond `urgent` (DESIGN §2.5). */
  readonly urgent: Caps;
  /** The fuse: sends without effect per window. */
  readonly actions: { readonly count: number; readonly perMs: number };
}

export interface ReleaseRule {
  /** Same scale as the bands. */
  readonly below: Dec;
  readonly upTo: Dec;
  readonly afterMs: number;
  /** USD. */
  readonly perDay: Dec;
}

export interface Policy {
  readonly name: string;
  readonly bands: Bands;
  /** Looks that must agree before acting, between `act` and `urgent`, and beyond `urgent`. */
  readonly confirm: { readonly act: number; readonly urgent: number };
  readonly ladder: readonly Rung[];
  readonly limits: Limits;
  readonly coolDownMs: number;
  readonly whenShort: 'partial' | 'skip';
  readonly whenUnsettled: 'hold' | 'otherMoney';
  readonly whenDislocated: 'aimUrgent' | 'aimTarget' | 'hold';
  readonly dust: 'leave' | 'clear';
  readonly release: ReleaseRule | null;
}

/** What the policy says about one wallet of an account: never touched below `keep`. */
export interface WalletRule {
  readonly name: WalletName;
  readonly keep: Readonly<Record<Asset, Dec>>;
}

/** Which loans of an account follow which policy. An absent match field matches anything. */
export interface LoanRule {
  readonly product: Product;
  readonly match: Readonly<Record<string, string>>;
  readonly policy: string;
  readonly priority: number;
}

export interface AssetGroup {
  /** Own coin that this one wraps, e.g. WBETH wraps ETH. */
  readonly wraps: Asset | null;
  /** Fiat it is pegged to, e.g. `USD`. */
  readonly stable: string | null;
}
