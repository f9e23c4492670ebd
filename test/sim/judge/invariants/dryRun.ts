import type { Invariant } from '../log.ts';
import { cursor } from '../log.ts';

/** DESIGN §2.11. */
export const dryRun: Invariant = {
  name: 'dryRun',
  keeps: '§2.11 an account in dry-run sends nothing',
  judge: (log) => {
    const fresh = cursor(log.sent);
    return {
      *step() {
        for (const { account, tag } of fresh()) if (account.setup.mode === 'dryRun') yield `${tag} left in dry-run`;
      },
    };
  },
};
