import type { Invariant } from '../log.ts';
import { cursor } from '../log.ts';

/** DESIGN §2.7, §5.7: generosity waits until everything is known. */
export const releases: Invariant = {
  name: 'releases',
  keeps: '§2.7, §5.7 nothing is released while anything is undecided, or while the account is not active',
  judge: (log) => {
    const fresh = cursor(log.sent);
    return {
      *step() {
        for (const { intent, others, tag, account } of fresh()) {
          if (intent === null || (intent.verb !== 'transferOut' && intent.verb !== 'reduce')) continue;
          if (others.length > 0) yield `${tag} releases while ${others.map(({ id }) => id).join(' and ')} is undecided`;
          const stored = JSON.parse(log.text(account, 'account') ?? '{}') as { readonly state?: string };
          if (stored.state !== 'active') yield `${tag} releases while the account is ${String(stored.state)}`;
          if (log.setupOf(account, intent).policies[intent.product]?.release === null)
            yield `${tag} releases and no rule says so`;
        }
      },
    };
  },
};
