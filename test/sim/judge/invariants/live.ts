import type { Invariant, Log } from '../log.ts';
import { unmended } from '../reach.ts';

/** A clock that is wrong by more than this misdates calls, and Ballast waits for them until the date has come. */
const MISDATED_MS = 60_000;

/** What a wrong clock dated may wait for as long as the clock was wrong: that is held, not lost (docs/simulation.md). */
export function isMisdated(log: Log): boolean {
  return log.clockOffMs > MISDATED_MS;
}

/** DESIGN §4, §5: once nothing goes wrong any more, what the policy and its money can mend is mended, and nothing stays undecided. */
export const live: Invariant = {
  name: 'live',
  keeps: 'liveness: a loan that can be brought into its band is, within a bounded time after the faults stop',
  judge: (log) => ({
    *end() {
      for (const account of log.plan.accounts) {
        const { name, timing } = account.setup;
        const looked = Number(log.text(account, 'looked') ?? '0');
        const silent = log.now - looked;
        if (silent > 3 * timing.lookEveryMs + timing.lockMs) yield `${name} had no look for ${String(silent)} ms`;
        if (isMisdated(log)) continue;
        for (const { id, state, note } of log.undecided(account)) yield `${id} is still ${state}: ${note}`;
        for (const { says } of unmended(log, account)) yield says;
      }
    },
  }),
};
