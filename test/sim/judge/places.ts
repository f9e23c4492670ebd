/** Where the coins of an intent and its loan are in the venues' books. */
import type { Intent } from '../../../src/core/intent.ts';

type Place = (asset: string) => string;
type MaybePlace = (asset: string) => string | null;

export interface Places {
  /** What the names of the loan's own places begin with. */
  readonly loan: string;
  /** What the names of its wallet's places begin with. */
  readonly purse: string;
  readonly debt: Place;
  /** `null` where the venue reports something else than coins, e.g. OKX's equity. */
  readonly collateral: MaybePlace;
  readonly wallet: Place;
}

/** Names as `truth.ts` gives them. */
export function placesOf({ product, key }: Pick<Intent, 'product' | 'key'>): Places {
  switch (product) {
    case 'binance.crossMargin':
      return margin('cross');
    case 'binance.isolatedMargin':
      return margin(`isolated ${key}`);
    case 'binance.flexibleLoan': {
      const pair = key.replace('-', '/');
      return loan(`flexible ${pair}`, 'spot');
    }
    case 'okx.flexibleLoan':
      return loan(`order ${key}`, 'funding');
    case 'okx.spotBorrow':
      return {
        loan: 'trading ',
        purse: 'funding ',
        debt: (asset) => `trading ${asset} owed`,
        collateral: () => null,
        wallet: (asset) => `funding ${asset}`,
      };
  }
}

function margin(name: string): Places {
  return {
    loan: `${name} `,
    purse: 'spot ',
    debt: (asset) => `${name} ${asset} owed`,
    collateral: (asset) => `${name} ${asset} free`,
    wallet: (asset) => `spot ${asset}`,
  };
}

function loan(name: string, wallet: string): Places {
  return {
    loan: `${name} `,
    purse: `${wallet} `,
    debt: (asset) => `${name} ${asset} owed`,
    collateral: (asset) => `${name} ${asset} pledged`,
    wallet: (asset) => `${wallet} ${asset}`,
  };
}
