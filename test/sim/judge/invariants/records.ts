import type { Invariant } from '../log.ts';
import { cursor } from '../log.ts';

/** ms by which the clock of a process may differ from Redis' here. */
const CLOCKS_MS = 1_000;

/** DESIGN §2.9: a look that ended has left, for every loan it knows, a record of this look. */
export const records: Invariant = {
  name: 'records',
  keeps: '§2.9 every look leaves a record, also when it decides to do nothing',
  judge: (log) => {
    const fresh = cursor(log.told);
    return {
      *step() {
        for (const { event, account } of fresh()) {
          if (event.type !== 'looked') continue;
          const spans = log.hash(account, 'span');
          for (const loan of event.view.loans) {
            const [, lastAt] = (spans.get(loan.id) ?? '').split(' ').map(Number);
            if (!((lastAt ?? 0) >= event.view.asOf - CLOCKS_MS))
              yield `${loan.id} was looked at and its newest record is from before that`;
          }
        }
      },
    };
  },
};
