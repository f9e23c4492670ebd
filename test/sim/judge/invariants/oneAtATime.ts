import { VALIDITY_MS } from '../../engine/process.ts';
import type { Invariant, Log, Sent } from '../log.ts';
import { cursor } from '../log.ts';

/** DESIGN §2.3: at most one undecided money call of an account; §5.7 says when one more may leave beside it. */
export const oneAtATime: Invariant = {
  name: 'oneAtATime',
  keeps:
    '§2.3, §5.7 one undecided money call of an account; a second one only as an emergency, after the first ran out',
  judge: (log) => {
    const fresh = cursor(log.sent);
    const beside = new Set<string>();
    return {
      *step() {
        for (const sent of fresh()) {
          if (sent.others.length === 0) continue;
          yield* wrongBeside(log, sent, beside);
          beside.add(sent.tag);
        }
      },
      *end() {
        const { pendingConflicts } = log.simulation.counts();
        // An answer that was lost on its way may leave the venue's lock taken; §5.7 then needs proof that it is free.
        if (pendingConflicts > 0) yield `${String(pendingConflicts)} refusals because our own call was still pending`;
      },
    };
  },
};

/** ms by which clocks of processes and venues may differ here. */
const CLOCKS_MS = 3_000;

function* wrongBeside(log: Log, { tag, others, at, account }: Sent, beside: ReadonlySet<string>): Iterable<string> {
  const [first] = others;
  // A frozen process may wake up with a request that nobody takes any more (DESIGN §4): the venue refuses it.
  if (at > log.claimedAt(tag) + VALIDITY_MS[account.setup.venue] + CLOCKS_MS) return;
  if (others.length > 1) yield `${tag} left while ${others.map(({ id }) => id).join(' and ')} were undecided`;
  if (first === undefined) return;
  if (beside.has(first.id)) yield `${tag} left beside ${first.id}, which was an emergency itself`;
  const { venue, timing } = account.setup;
  const freeAt = log.claimedAt(first.id) + VALIDITY_MS[venue] + timing.lagMarginMs;
  if (at + CLOCKS_MS < freeAt) yield `${tag} left while the venue could still execute ${first.id}`;
}
