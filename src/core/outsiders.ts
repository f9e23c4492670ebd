/**
 * Living with others: people, other programs and the venue itself move the same loans. Their acts are adopted, because the
 * next decision goes on from the new quantities. They are neither taken for our effect nor held against us (DESIGN §2.6).
 */
import type { Explained, Moves } from './change.ts';
import { TRIFLE, WITHIN, choices, mostInterest, movesOf, rangeOf } from './change.ts';
import type { Intent } from './intent.ts';
import type { AccountView, Asset, LoanId, LoanView } from './loan.ts';
import { type Dec, ZERO, format, max, parse } from './money.ts';
import { shows } from './outcome.ts';
import type { Shown } from './outcome.ts';
import { isRead, since } from './plausible.ts';
import type { Known } from './plausible.ts';
import { PRODUCT_FACTS } from './products.ts';

/** Acts of which nobody knows yet whether a view shows them; more than these are not told apart. */
const MOST_OPEN = 6;

/** What is possible counts in this order. A possibility that contradicts the view is none. */
const BY_DOUBT: readonly Shown[] = ['notYet', 'inPart', 'shown'];

/**
 * Whether a view shows an intent's effect, net of what others did to the same quantity since it was planned. An act that
 * every read must show by now is taken off. Of a younger one nobody knows: then no possibility may be without the effect.
 */
export function showsAmong(intent: Intent, view: AccountView, others: readonly Moves[], lagMs: number): Shown {
  const { plannedAt } = intent;
  const touching = others.filter((one) => one.at >= plannedAt - lagMs && touches(intent, one));
  const after = touching.filter(({ at }) => at >= plannedAt);
  const certain = after.filter(({ at }) => at <= view.asOf - lagMs);
  const open = after.filter(({ at }) => at > view.asOf - lagMs).slice(-MOST_OPEN);
  const among = (some: readonly Moves[]): Shown => shows(afterMoves(intent, [...certain, ...some]), view);
  const said = choices(open).map(among);
  const shown = BY_DOUBT.find((one) => said.includes(one)) ?? 'contradicts';
  if (shown !== 'contradicts') return shown;
  // Records are dated by whole seconds, and reads lag: the reads of the plan may not have shown an act that is dated before it.
  const before = touching.filter(({ at }) => at < plannedAt).slice(-MOST_OPEN);
  return choices([...before, ...open].slice(-MOST_OPEN)).some((some) => among(some) === 'shown') ? 'shown' : shown;
}

/** Only the quantity that the intent is meant to change matters. */
function touches({ verb, loan, asset }: Intent, { changes }: Moves): boolean {
  const what = verb === 'repay' || verb === 'borrow' ? 'debt' : 'collateral';
  return changes.some((one) => one.what === what && one.of === loan && one.asset === asset);
}

/** The intent as if these moves had been made before it: its state before is what a view without it would show now. */
export function afterMoves(intent: Intent, moves: readonly Pick<Moves, 'changes'>[]): Intent {
  const { wallet } = PRODUCT_FACTS[intent.product];
  const before = { ...intent.before };
  for (const { what, of, asset, change } of moves.flatMap(({ changes }) => changes)) {
    if (of !== (what === 'wallet' ? wallet : intent.loan)) continue;
    before[what] = shifted(before[what], asset, change);
    if (what === 'collateral') before.inside = shifted(before.inside, asset, change);
  }
  return { ...intent, before };
}

function shifted(amounts: Readonly<Record<Asset, string>>, asset: Asset, change: Dec): Readonly<Record<Asset, string>> {
  return { ...amounts, [asset]: format(parse(amounts[asset] ?? '0').plus(change)) };
}

/**
 * What moved in loans since they were last believed and none of our calls explains: more than one percent, more than
 * interest, more than a trifle. Somebody else did it, whether the venue's records say so already or not.
 */
export function strangeChanges(previous: AccountView, view: AccountView, known: Known): readonly Explained[] {
  return previous.loans.flatMap((before) => {
    const after = view.loans.find(({ id }) => id === before.id);
    if (!isRead(before, view) || view.sections[before.id]?.state === 'failed' || before.status === 'closed') return [];
    const { ours } = since(known, before.asOf);
    const debts = strangeDebts(before, after ?? null, view.asOf, ours);
    // What a loan without debt lets go is its owner's again.
    return after === undefined || after.status === 'closed' ? debts : [...debts, ...strangeCoins(before, after, ours)];
  });
}

function strangeDebts(
  before: LoanView,
  after: LoanView | null,
  asOf: number,
  ours: readonly Moves[],
): readonly Explained[] {
  const debts = after?.debts ?? [];
  const assets = [...new Set([...before.debts, ...debts].map(({ asset }) => asset))];
  return assets.flatMap((asset) => {
    const was = before.debts.find((one) => one.asset === asset);
    const is = debts.find((one) => one.asset === asset);
    const [from, to, price] = [was?.amount ?? ZERO, is?.amount ?? ZERO, is?.price ?? was?.price ?? ZERO];
    const interest = mostInterest(from, asOf - before.asOf);
    return strange({ what: 'debt', of: before.id, asset }, { from, to, price, interest }, ours);
  });
}

function strangeCoins(before: LoanView, after: LoanView, ours: readonly Moves[]): readonly Explained[] {
  const assets = [...new Set([...before.collateral, ...after.collateral].map(({ asset }) => asset))];
  return assets.flatMap((asset) => {
    const was = before.collateral.find((one) => one.asset === asset);
    const is = after.collateral.find((one) => one.asset === asset);
    const [from, to, price] = [was?.amount ?? ZERO, is?.amount ?? ZERO, is?.price ?? was?.price ?? ZERO];
    return strange({ what: 'collateral', of: before.id, asset }, { from, to, price, interest: ZERO }, ours);
  });
}

interface Step {
  readonly from: Dec;
  readonly to: Dec;
  readonly price: Dec;
  readonly interest: Dec;
}

function strange(quantity: Omit<Explained, 'change'>, step: Step, ours: readonly Moves[]): readonly Explained[] {
  const { from, to, price, interest } = step;
  const { low, high } = rangeOf(from, movesOf(ours, quantity));
  const change = to.lt(low) ? to.minus(low) : to.gt(high.plus(interest)) ? to.minus(high) : ZERO;
  if (change.abs().lte(max(from, to).times(WITHIN)) || change.abs().times(price).lt(TRIFLE)) return [];
  return [{ ...quantity, change }];
}

/** What somebody did to one loan, e.g. `repaid 2000 USDT`; `null` when nobody did anything. */
export function strangeWords(changes: readonly Explained[], loan: LoanId): string | null {
  const mine = changes.filter(({ of }) => of === loan);
  if (mine.length === 0) return null;
  return mine
    .map(({ what, asset, change }) => `${verbOf(what, change)} ${format(change.abs())} ${asset}`)
    .join(' and ');
}

function verbOf(what: Explained['what'], change: Dec): string {
  if (what === 'debt') return change.isNegative() ? 'repaid' : 'borrowed';
  return change.isNegative() ? 'took out' : 'put in';
}

/**
 * Whether a call that had no effect can be put down to somebody who moved the same loan at that time: such a call is none
 * that the fuse counts (DESIGN §2.6).
 */
export function isExcused(loan: LoanId, at: number, others: readonly Moves[], lagMs: number): boolean {
  return others.some((one) => Math.abs(one.at - at) <= lagMs && one.changes.some(({ of }) => of === loan));
}
