/**
 * Money that was sent and does not arrive (facts/peers.md §C.4). It counts neither where it was nor where it goes, and its coin
 * is left alone in both places, for as long as it is undecided (core/purse.ts, core/position.ts). When that lasts, an operator
 * is told with what the venue needs to find it; that it arrives late is good news like any other.
 */
import type { Intent } from '../core/intent.ts';
import type { AccountSetup } from './account.ts';
import type { Draft } from './draft.ts';

export const STUCK = 'stuck';

export function tellStuck({ timing }: AccountSetup, draft: Draft, undecided: readonly Intent[], now: number): void {
  for (const intent of undecided) {
    const { id, loan, verb, amount, asset, from, to, ref, sentAt, plannedAt, note } = intent;
    const lasts = now - (sentAt ?? plannedAt);
    if (lasts < timing.giveUpMs) continue;
    const venueId = ref === null ? 'The venue gave no id for it' : `The venue's id for it is ${ref}`;
    const says = `${verb} of ${amount} ${asset} from ${from} to ${to} is undecided for ${String(Math.floor(lasts / 60_000))} min: ${note}. ${venueId}. Ballast sends it no second time, counts it in neither place, and takes no ${asset} from ${from} meanwhile. Ask the venue about it; when it arrives, Ballast goes on by itself`;
    draft.lasting('critical', STUCK, loan, says, id);
  }
  draft.searched(STUCK);
}
