import type { Product } from '../../../../src/core/loan.ts';
import type { Invariant, Log } from '../log.ts';
import { cursor } from '../log.ts';
import { placesOf } from '../places.ts';

/** Longer than any read here is stale. */
const STALE_MS = 60_000;

/** DESIGN §2.4: a loan is closed only when the venue positively says so, and then it was, not long ago. */
export const closed: Invariant = {
  name: 'closed',
  keeps: '§2.4 a failed read is not an empty list: a loan is closed only when the venue has no debt of it',
  judge: (log) => {
    const fresh = cursor(log.told);
    return {
      *step() {
        for (const { event, account } of fresh()) {
          if (event.type !== 'looked') continue;
          for (const [loan, state] of Object.entries(event.states)) {
            if (state === 'closed' && alwaysOwed(log, account.setup.name, loan)) yield `${loan} is closed and owes`;
          }
        }
      },
    };
  },
};

function alwaysOwed(log: Log, account: string, loan: string): boolean {
  const [, product = '', key = ''] = loan.split('/');
  const prefix = placesOf({ product: product as Product, key }).loan;
  return log.truth
    .since(account, log.now - STALE_MS)
    .every((state) =>
      [...state].some(([place, coins]) => place.startsWith(prefix) && place.endsWith(' owed') && coins.gt(0)),
    );
}
