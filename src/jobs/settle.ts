/**
 * Step 8, in the lane, for a short while: until the record is final and the reads that feed the next plan show the change
 * (DESIGN §4). What is not settled by then stays `settling`, and the looks that follow go on with it.
 */
import { timeout } from '../clock.ts';
import { isUndecided } from '../core/intent.ts';
import type { Intent } from '../core/intent.ts';
import type { LookDeps } from './account.ts';
import { gather, judge } from './reconcile.ts';
import type { Gathered, Judging } from './reconcile.ts';

/** Polls begin fast, because most calls are done at once, and slow down, because reads are counted. */
const FIRST_SHARE = 0.25;
const GROWTH = 1.5;
const LAST_SHARE = 4;

export async function settle(deps: LookDeps, judging: Judging, accepted: Intent, signal: AbortSignal): Promise<Intent> {
  const { clock, venue } = deps;
  const { setup } = judging;
  const { settleInLaneMs, spacingMs } = setup.timing;
  const until = clock.mono() + settleInLaneMs;
  const over = AbortSignal.any([signal, timeout(clock, settleInLaneMs)]);
  let intent = accepted;
  let wait = spacingMs;
  for (let poll = 0; clock.mono() < until && !over.aborted; poll += 1) {
    const rested = await clock.sleep(Math.min(wait, Math.max(0, until - clock.mono())), over).then(
      () => true,
      () => false,
    );
    if (!rested) break;
    deps.passing('settling');
    wait = Math.max(1, Math.min(spacingMs * FIRST_SHARE * GROWTH ** poll, spacingMs * LAST_SHARE));
    const [gathered] = await gather(deps, setup, [intent], over);
    if (gathered === undefined || !isWorthAView(gathered)) continue;
    const view = await venue.observe(over).catch(() => null);
    if (view === null) continue;
    intent = (await judge(deps, judging, [gathered], view))[0] ?? intent;
    if (!isUndecided(intent)) break;
  }
  return intent;
}

/** Only a final record can settle anything here; looks do the rest. */
function isWorthAView({ evidence }: Gathered): boolean {
  return evidence?.verdict === 'happened' || (evidence?.verdict === 'didNotHappen' && evidence.byRecord === true);
}
