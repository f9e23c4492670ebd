import type { IntentState } from '../../../../src/core/intent.ts';
import type { Dec } from '../../../../src/core/money.ts';
import { ZERO } from '../../../../src/core/money.ts';
import type { Invariant } from '../log.ts';
import { cursor } from '../log.ts';

const NEVER: readonly IntentState[] = ['rejected', 'refused', 'voided'];

/** DESIGN §2.2: what the journal says became of money is what became of it. `expired` claims nothing. */
export const verdicts: Invariant = {
  name: 'verdicts',
  keeps: '§2.2, §6 an outcome is settled by evidence: confirmed moved, rejected and refused did not, ever',
  judge: (log) => {
    const turns = cursor(log.turns);
    const moves = cursor(log.truth.moves);
    /** What each intent moved in all: a transfer that failed takes back what it took. */
    const net = new Map<string, Map<string, Dec>>();
    const moved = (tag: string): boolean => [...(net.get(tag)?.values() ?? [])].some((coins) => !coins.isZero());
    return {
      *step() {
        for (const { cause, account, changes } of moves()) {
          if (cause?.kind !== 'request' || cause.tag === null) continue;
          const { tag } = cause;
          const sums = net.get(tag) ?? new Map<string, Dec>();
          for (const [place, change] of changes) sums.set(place, (sums.get(place) ?? ZERO).plus(change));
          net.set(tag, sums);
          const state = log.intent(log.account(account), tag)?.state;
          const isForgotten = state === 'voided' && log.forgotten.has(tag);
          if (state !== undefined && NEVER.includes(state) && !isForgotten && moved(tag))
            yield `${tag} is ${state} and moved money`;
        }
        for (const { id, to } of turns()) {
          if (to === 'confirmed' && !moved(id)) yield `${id} is confirmed and nothing moved`;
          // A plan that Redis forgot the claim of is voided; the quarantine charges what it moved.
          if (to === 'voided' && log.forgotten.has(id)) continue;
          if (NEVER.includes(to) && moved(id)) yield `${id} is ${to} after it moved money`;
        }
      },
    };
  },
};
