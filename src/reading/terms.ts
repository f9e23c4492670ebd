/** Terms of loans as data: what a debt costs, when interest falls due, how much more the venue would lend. */
import type { DebtTerms } from '../exchanges/exchange.ts';
import { format } from '../core/money.ts';
import type { KeptTerms } from '../jobs/terms.ts';

const DAYS_OF_YEAR = 365;
/** Interest is due every day at the latest; what lies further away is a simulated exchange's tape. */
const FAR_MS = 2 * 86_400_000;

/** One debt of a loan; what the venue does not say is `null`. Shares and coins as text. */
export interface TermsRow {
  readonly asset: string;
  readonly ratePerYear: string | null;
  readonly nextInterestMs: number | null;
  readonly accrued: string | null;
  readonly room: { readonly coins: string; readonly binds: string } | null;
}

/** How far the figures of an account may be trusted. */
export interface TermsAge {
  /** Since they were read, ms; `null` before the first time. */
  readonly ageMs: number | null;
  readonly failed: { readonly agoMs: number; readonly says: string } | null;
  readonly gaps: readonly { readonly section: string; readonly reason: string }[];
}

export function termsOf({ terms }: KeptTerms, loan: string, now: number): readonly TermsRow[] {
  return (terms?.debts ?? []).filter((debt) => debt.loan === loan).map((debt) => rowOf(debt, now));
}

export function ageOf({ terms, failed }: KeptTerms, now: number): TermsAge {
  return {
    ageMs: terms === null ? null : Math.max(0, now - terms.asOf),
    failed: failed === null ? null : { agoMs: Math.max(0, now - failed.at), says: failed.says },
    gaps: terms?.gaps ?? [],
  };
}

function rowOf({ asset, ratePerDay, nextInterestAt, accrued, room }: DebtTerms, now: number): TermsRow {
  return {
    asset,
    ratePerYear: ratePerDay === null ? null : format(ratePerDay.times(DAYS_OF_YEAR)),
    nextInterestMs: nextInterestAt === null || Math.abs(nextInterestAt - now) > FAR_MS ? null : nextInterestAt - now,
    accrued: accrued === null ? null : format(accrued),
    room: room === null ? null : { coins: format(room.coins), binds: room.binds },
  };
}
