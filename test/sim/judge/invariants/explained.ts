import type { Dec } from '../../../../src/core/money.ts';
import { ZERO, parse } from '../../../../src/core/money.ts';
import type { Intent } from '../../../../src/core/intent.ts';
import type { Invariant } from '../log.ts';
import { cursor } from '../log.ts';
import { placesOf } from '../places.ts';

/** Conservation: every unit that moved at a venue belongs to one intent, to somebody else's deed, or to time. */
export const explained: Invariant = {
  name: 'explained',
  keeps: 'conservation: every unit that a venue saw move is explained by exactly one intent or one external act',
  judge: (log) => {
    const fresh = cursor(log.truth.moves);
    const paid = new Map<string, Dec>();
    return {
      *step() {
        for (const { cause, account, changes } of fresh()) {
          if (cause === null) yield `${account}: ${words(changes)} and nobody did it`;
          if (cause?.kind !== 'request') continue;
          if (cause.tag === null) yield `${cause.path} without an intent moved ${words(changes)}`;
          const intent = cause.tag === null ? null : log.intent(log.account(account), cause.tag);
          if (intent === null) continue;
          const left = departed(intent, changes);
          const total = (paid.get(intent.id) ?? ZERO).plus(left);
          paid.set(intent.id, total);
          if (total.gt(parse(intent.amount)) && !intent.full)
            yield `${intent.id} moved ${total.toFixed()} ${intent.asset} and was for ${intent.amount}`;
          const foreign = [...changes.keys()].filter((place) => !belongs(intent, place));
          if (foreign.length > 0) yield `${intent.id} also moved ${foreign.join(', ')}`;
        }
      },
    };
  },
};

function words(changes: ReadonlyMap<string, Dec>): string {
  return [...changes].map(([place, change]) => `${change.toFixed()} of ${place}`).join(', ');
}

/** Coins that left the side that pays, or arrived in the wallet. What comes back, because a transfer failed, counts against it. */
function departed(intent: Intent, changes: ReadonlyMap<string, Dec>): Dec {
  const { debt, wallet } = placesOf(intent);
  const change = changes.get(intent.verb === 'repay' ? debt(intent.asset) : wallet(intent.asset)) ?? ZERO;
  const isRelease = intent.verb === 'transferOut' || intent.verb === 'reduce';
  return isRelease ? change : change.negated();
}

/** Places a call may touch: its own loan's and its wallet, in its coin; collateral that a full repayment gives back. */
function belongs(intent: Intent, place: string): boolean {
  const { loan, purse } = placesOf(intent);
  const isNear = [loan, purse, 'earn '].some((name) => place.startsWith(name));
  const isItsCoin = place.split(' ').includes(intent.asset);
  const closes = intent.verb === 'repay' && !place.endsWith(' owed');
  return isNear && (isItsCoin || closes);
}
