/** Remembers every loan that ever existed: its highest LTV, whether it was liquidated, whether it is over. */
import type { Dec } from '../../core/money.ts';
import { ONE, ZERO, max } from '../../core/money.ts';
import type { LoanReport } from '../contract.ts';
import type { Account } from './account.ts';
import type { Amounts } from './holdings.ts';
import { textOf } from './holdings.ts';

/** Products of this venue as reports name them. */
export type Product = 'okx.flexibleLoan' | 'okx.spotBorrow';

/** A loan as it is at one moment. LTVs are shares. */
export interface Sight {
  readonly debt: Amounts;
  readonly collateral: Amounts;
  readonly line: Dec;
  readonly ltv: Dec;
}

interface Entry {
  readonly account: Account;
  readonly product: Product;
  readonly key: string;
  sight: Sight;
  maxLtv: Dec;
  liquidated: boolean;
  closed: boolean;
}

const NOTHING: Amounts = new Map();
const LTV_DECIMALS = 8;

/** The venue's memory of loans, for the admin report. */
export class Tracker {
  readonly #entries = new Map<string, Entry>();

  /** Notes a living loan. `visited` says that the tape stands at this moment, which counts for the highest LTV. */
  saw(account: Account, product: Product, key: string, sight: Sight, visited: boolean): void {
    const entry = this.#entry(account, product, key, sight.line);
    entry.sight = sight;
    entry.closed = false;
    if (visited) entry.maxLtv = max(entry.maxLtv, sight.ltv);
  }

  /** Notes that a loan is over. */
  ended(account: Account, product: Product, key: string): void {
    const entry = this.#entry(account, product, key, ONE);
    entry.sight = { debt: NOTHING, collateral: NOTHING, line: entry.sight.line, ltv: ZERO };
    entry.closed = true;
  }

  /** Notes that the venue has liquidated a loan, in whole or in part. */
  liquidated(account: Account, product: Product, key: string): void {
    this.#entry(account, product, key, ONE).liquidated = true;
  }

  report(): readonly LoanReport[] {
    return [...this.#entries.values()].map(({ account, product, key, sight, maxLtv, liquidated, closed }) => ({
      account: account.name,
      uid: account.uid,
      venue: 'okx',
      product,
      key,
      debt: textOf(sight.debt),
      collateral: textOf(sight.collateral),
      line: sight.line.toDecimalPlaces(LTV_DECIMALS).toFixed(),
      maxLtv: maxLtv.toDecimalPlaces(LTV_DECIMALS).toFixed(),
      ltv: sight.ltv.toDecimalPlaces(LTV_DECIMALS).toFixed(),
      liquidated,
      closed,
    }));
  }

  #entry(account: Account, product: Product, key: string, line: Dec): Entry {
    const id = `${account.uid} ${product} ${key}`;
    const known = this.#entries.get(id);
    if (known !== undefined) return known;
    const sight = { debt: NOTHING, collateral: NOTHING, line, ltv: ZERO };
    const entry: Entry = { account, product, key, sight, maxLtv: ZERO, liquidated: false, closed: false };
    this.#entries.set(id, entry);
    return entry;
  }
}
