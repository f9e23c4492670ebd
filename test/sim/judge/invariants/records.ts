import type { Invariant } from '../log.ts';
import { cursor } from '../log.ts';

/** DESIGN §2.9: a look that ended has left, for every loan it knows, a record of this look. */
export const records: Invariant = {
  name: 'records',
  keeps: '§2.9 every look leaves a record, also when it decides to do nothing',
  judge: (log) => {
    const fresh = cursor(log.told);
    /** When a process last ended a look of an account. */
    const ended = new Map<string, number>();
    return {
      *step() {
        for (const { event, account, machine, at } of fresh()) {
          if (event.type !== 'looked' && event.type !== 'acted' && event.type !== 'blind') continue;
          const seat = `${machine} ${account.setup.name}`;
          const before = ended.get(seat) ?? Number.NEGATIVE_INFINITY;
          ended.set(seat, at);
          if (event.type !== 'looked' || log.forgotAt >= before) continue;
          for (const { id } of event.view.loans) {
            if (!((log.recordedAt.get(id) ?? Number.NEGATIVE_INFINITY) > before))
              yield `${id} was looked at and its newest record is from before that`;
          }
        }
      },
    };
  },
};
