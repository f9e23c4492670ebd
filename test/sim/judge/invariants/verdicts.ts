import type { IntentState } from '../../../../src/core/intent.ts';
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
    const moved = new Set<string>();
    return {
      *step() {
        for (const { cause, account } of moves()) {
          if (cause?.kind !== 'request' || cause.tag === null) continue;
          moved.add(cause.tag);
          const intent = log.intent(log.account(account), cause.tag);
          if (intent !== null && NEVER.includes(intent.state)) yield `${cause.tag} is ${intent.state} and moved money`;
        }
        for (const { id, to } of turns()) {
          if (to === 'confirmed' && !moved.has(id)) yield `${id} is confirmed and nothing moved`;
          if (NEVER.includes(to) && moved.has(id)) yield `${id} is ${to} after it moved money`;
        }
      },
    };
  },
};
