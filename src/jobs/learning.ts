/** What a refusal teaches: minima and precisions that no endpoint lists (DESIGN §5.2). Remembered per asset in the journal. */
import { floor, format, parse } from '../core/money.ts';
import type { Acted } from './act.ts';

type Lesson = readonly [field: string, value: string];

/** A refused minimum is only known to be larger: the next try is twice as large, so that few refusals find it. */
export function learnedFrom(acted: Acted): readonly Lesson[] {
  const { intent, reply } = acted;
  if (reply.outcome !== 'rejected') return [];
  // Minima of other calls are others; nothing remembers those, and the fuse ends a row of refusals.
  const isRepay = intent.verb === 'repay';
  switch (reply.effect) {
    case 'tooSmall':
      return isRepay ? [[`minRepay/${intent.asset}`, format(parse(intent.amount).times(2))]] : [];
    case 'dust': {
      const debt = intent.before.debt[intent.asset];
      if (debt === undefined || !isRepay) return [];
      const left = parse(debt).minus(parse(intent.amount));
      return left.gt(0) ? [[`minLeft/${intent.asset}`, format(left.times(2))]] : [];
    }
    case 'precision':
      return [[`decimals/${intent.asset}`, String(coarser(intent.amount))]];
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

/** Two decimals fewer than the amount that was refused, never below zero. */
function coarser(amount: string): number {
  const places = floor(parse(amount), 18).decimalPlaces();
  return Math.max(0, places - 2);
}
