/**
 * What a refusal teaches: minima and precisions that no endpoint lists (DESIGN §5.2). Remembered in the journal, by product
 * and asset.
 *
 * Every refused amount teaches something that makes the next one another amount, so that the same call never leaves twice.
 * How large it may become is not decided here: money and limits bound it, and the fuse ends a row of refusals.
 */
import type { Intent, Reply } from '../core/intent.ts';
import { learnedKey } from '../core/learned.ts';
import type { Minimum } from '../core/learned.ts';
import { Dec, format, parse } from '../core/money.ts';

type Lesson = readonly [field: string, value: string];
type Rejected = Extract<Reply, { readonly outcome: 'rejected' }>;

/** More than any venue takes: decimals were not the reason, so the venue's own count holds again. Marks stay away. */
const ALL_DECIMALS = '18';
/** Decimals are only given up while what is left of them still says the amount to this share. */
const COARSEST: Dec = new Dec('0.01');

export function learnedFrom(intent: Intent, reply: Reply): readonly Lesson[] {
  if (reply.outcome !== 'rejected') return [];
  switch (reply.effect) {
    case 'tooSmall':
      return larger(intent, reply);
    case 'dust':
      return moreLeft(intent, reply);
    case 'precision':
      return fewerDecimals(intent) ?? [...larger(intent, reply), [`decimals/${intent.asset}`, ALL_DECIMALS]];
    case 'none':
    case 'pending':
    case 'funds':
    case 'exceedsDebt':
    case 'rateLimited':
    case 'banned':
    case 'clock':
    case 'halt':
    case 'unavailable':
      return [];
  }
}

/** The whole debt may be paid however small it is, so its refusal says nothing about a minimum. */
function larger(intent: Intent, reply: Rejected): readonly Lesson[] {
  const kind = intent.full ? null : MINIMUM_OF[intent.verb];
  return kind === null ? [] : [[fieldOf(kind, intent), leastAbove(parse(intent.amount), intent, reply)]];
}

const MINIMUM_OF: Readonly<Record<Intent['verb'], Minimum | null>> = {
  repay: 'minRepay',
  transferIn: 'minTransfer',
  add: 'minAdd',
  transferOut: null,
  reduce: null,
  borrow: null,
};

function moreLeft(intent: Intent, reply: Rejected): readonly Lesson[] {
  const debt = intent.before.debt[intent.asset];
  if (debt === undefined || intent.verb !== 'repay') return [];
  const left = parse(debt).minus(parse(intent.amount));
  return left.gt(0) ? [[fieldOf('minLeft', intent), leastAbove(left, intent, reply)]] : [];
}

/** What the refusal states, when that is above what was refused; else twice as much, so that few refusals find it. */
function leastAbove(refused: Dec, { asset }: Intent, { stated }: Rejected): string {
  const least = stated === undefined || (stated.asset ?? asset) !== asset ? null : parse(stated.amount);
  return format(least?.gt(refused) === true ? least : refused.times(2));
}

/** Two decimals fewer than were refused; `null` when decimals cannot be the reason any more. */
function fewerDecimals({ amount, asset }: Intent): readonly Lesson[] | null {
  const value = parse(amount);
  const places = value.decimalPlaces();
  const fewer = Math.max(0, places - 2);
  const unit = new Dec(`1e-${fewer}`);
  return places === 0 || unit.gt(value.times(COARSEST)) ? null : [[`decimals/${asset}`, String(fewer)]];
}

function fieldOf(kind: Minimum, { product, asset }: Intent): string {
  return `${kind}/${learnedKey(product, asset)}`;
}
