import type { Product } from '../../../../src/core/loan.ts';
import type { AccountPlan } from '../../world/plan.ts';
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
    /** Loans that were seen with a debt: the others have nothing that an empty answer could contradict. */
    const known = new Set<string>();
    return {
      *step() {
        for (const { event, account } of fresh()) {
          if (event.type !== 'looked') continue;
          for (const [loan, state] of Object.entries(event.states)) {
            if (state !== 'closed') known.add(loan);
            if (
              state === 'closed' &&
              known.has(loan) &&
              !isSaid(log, account) &&
              alwaysOwed(log, account.setup.name, loan)
            )
              yield `${loan} is closed and owes`;
          }
        }
      },
    };
  },
};

/** The venue itself has been saying so for as long as it takes to be believed: three reads over ten seconds. */
function isSaid(log: Log, { setup: { venue, timing } }: AccountPlan): boolean {
  const since = log.now - STALE_MS;
  const lengths = log.emptied.map((one) =>
    one.venue === venue ? Math.min(one.until, log.now) - Math.max(one.from, since) : 0,
  );
  return lengths.reduce((sum, ms) => sum + Math.max(0, ms), 0) >= timing.plausibleAfterMs;
}

function alwaysOwed(log: Log, account: string, loan: string): boolean {
  const [, product = '', key = ''] = loan.split('/');
  const prefix = placesOf({ product: product as Product, key }).loan;
  return log.truth
    .since(account, log.now - STALE_MS)
    .every((state) =>
      [...state].some(([place, coins]) => place.startsWith(prefix) && place.endsWith(' owed') && coins.gt(0)),
    );
}
