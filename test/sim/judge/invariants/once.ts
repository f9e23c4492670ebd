import type { Invariant } from '../log.ts';
import { cursor } from '../log.ts';

/** DESIGN §2.1: an intent is sent at most once, and it is in the journal before a byte leaves (§1 "intent"). */
export const once: Invariant = {
  name: 'once',
  keeps: '§2.1 an intent is sent at most once, and is claimed in the journal before it leaves',
  judge: (log) => {
    const fresh = cursor(log.sent);
    const turns = cursor(log.turns);
    const seen = new Set<string>();
    const claimed = new Set<string>();
    return {
      *step() {
        for (const { id, to } of turns()) if (to === 'sending') claimed.add(id);
        for (const { tag, intent, request } of fresh()) {
          if (tag === '') yield `a money call without an intent: ${request.method} ${request.path}`;
          if (seen.has(tag)) yield `${tag} was sent twice`;
          seen.add(tag);
          if (intent === null) yield `${tag} was sent and the journal does not know it`;
          else if (!claimed.has(tag)) yield `${tag} was sent without a claim`;
        }
      },
    };
  },
};
