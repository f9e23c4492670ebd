/** Progress, judged on quantities and never on price or LTV (DESIGN §2.6). Plausibility of whole views: plausible.ts. */
import { WITHIN, mostInterest } from './change.ts';
import type { Intent } from './intent.ts';
import type { AccountView, Asset, LoanView } from './loan.ts';
import { PRODUCT_FACTS } from './products.ts';
import { type Dec, ZERO, min, parse } from './money.ts';

/**
 * Whether a view shows an intent's effect. `notYet` while the loan still shows the state before; `inPart` when the loan shows
 * it and the place its money came from stands as before: that read lags, or the one before the send did; `contradicts` when a
 * quantity went where neither the intent nor interest can have taken it.
 */
export type Shown = 'shown' | 'inPart' | 'notYet' | 'contradicts';

/** What one quantity says about an intent. */
type Witness = 'moved' | 'still' | 'odd' | 'silent' | 'unread';

/** Judges a view against the quantities just before the send (`intent.before`). */
export function shows(intent: Intent, view: AccountView): Shown {
  const loan = view.loans.find((one) => one.id === intent.loan);
  if (!isSeen(intent, view)) return 'notYet';
  if (loan === undefined || loan.status === 'closed') return intent.full ? 'shown' : 'contradicts';
  const effect = effectOn(intent, loan, view.asOf);
  if (effect === 'odd') return 'contradicts';
  const source = sourceOf(intent, view);
  if (effect === 'silent') return source === 'moved' ? 'shown' : 'notYet';
  if (effect !== 'moved' || source === 'unread') return 'notYet';
  return source === 'still' ? 'inPart' : 'shown';
}

/** A view older than the send, or without the loan's product, or in doubt about the loan, shows nothing. */
function isSeen(intent: Intent, view: AccountView): boolean {
  const { product, loan } = intent;
  if (view.sections[product]?.state === 'failed' || view.sections[loan]?.state === 'failed') return false;
  return view.asOf >= (intent.sentAt ?? intent.plannedAt);
}

/** The quantity the intent is meant to change: the debt for a repayment, the collateral for everything else. */
function effectOn(intent: Intent, loan: LoanView, asOf: number): Witness {
  const amount = parse(intent.amount);
  if (intent.verb === 'repay') {
    const before = read(intent.before.debt, intent.asset);
    const after = loan.debts.find((one) => one.asset === intent.asset)?.amount ?? ZERO;
    return fell(before, after, amount, mostInterest(before, asOf - intent.plannedAt));
  }
  const before = read(intent.before.collateral, intent.asset);
  const after = loan.collateral.find((one) => one.asset === intent.asset)?.amount ?? ZERO;
  const leaves = intent.verb === 'transferOut' || intent.verb === 'reduce';
  return leaves ? fell(before, after, amount, ZERO) : fell(after, before, amount, ZERO);
}

/**
 * Did `from` fall to `to` by the amount? Interest may have made it grow on the way. Falling further is someone else's doing,
 * on top of ours or instead of it: a liquidation looks like a repayment that no read shows yet. When interest alone could
 * hide the amount, this quantity says nothing.
 */
function fell(from: Dec, to: Dec, amount: Dec, interest: Dec): Witness {
  const change = from.minus(to);
  const near = amount.times(WITHIN);
  if (change.gt(amount.plus(near).plus(interest))) return 'odd';
  if (change.gte(amount.minus(near).minus(min(interest, amount.div(2))))) return 'moved';
  if (change.gt(near) || change.lt(near.plus(interest).negated())) return 'odd';
  return interest.times(2).gte(amount) ? 'silent' : 'still';
}

/**
 * Where the money came from, or went to. Other people use wallets too, so any change counts as a fresh read; only a balance
 * that stands exactly where it stood is a stale one.
 */
function sourceOf(intent: Intent, view: AccountView): Witness {
  // Collateral of a flexible loan comes back into spot or into Simple Earn (binance.md §7.2): spot need not move.
  if (intent.product === 'binance.flexibleLoan' && intent.verb === 'reduce') return 'silent';
  const walletName = PRODUCT_FACTS[intent.product].wallet;
  const usesWallet = intent.from === walletName || intent.to === walletName;
  if (usesWallet) {
    const wallet = view.wallets.find((one) => one.name === walletName);
    if (wallet === undefined) return 'unread';
    return differs(read(intent.before.wallet, intent.asset), wallet.free[intent.asset] ?? ZERO);
  }
  const loan = view.loans.find((one) => one.id === intent.loan);
  const inside = loan?.collateral.find((one) => one.asset === intent.asset);
  return inside === undefined ? 'silent' : differs(read(intent.before.inside, intent.asset), inside.free);
}

function differs(before: Dec, after: Dec): Witness {
  return before.eq(after) ? 'still' : 'moved';
}

function read(quantities: Readonly<Record<Asset, string>>, asset: Asset): Dec {
  const text = quantities[asset];
  return text === undefined ? ZERO : parse(text);
}
