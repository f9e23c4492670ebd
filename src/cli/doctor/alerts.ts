/** Whether anybody is told: which channels there are, and whether their hosts can be reached. Sends nothing. */
import { reach } from '../../alerts/reach.ts';
import { reaches } from '../../alerts/routing.ts';
import type { Clock } from '../../clock.ts';
import type { Config } from '../../config/types.ts';
import type { Judged, Stake } from './finding.ts';
import { byStake, judged, ok } from './finding.ts';

const REACH_WITHIN_MS = 5_000;

export async function examineAlerts(
  { alerts, accounts }: Config,
  stake: Stake,
  clock: Clock,
): Promise<readonly Judged[]> {
  const { to, deadMan } = alerts;
  const hosts = to.map(async ({ name, host, url }) =>
    judgeReach('reach', `${name} (${host})`, await reach(url.reveal(), clock, REACH_WITHIN_MS)),
  );
  const ping =
    deadMan === null
      ? judgeNoPing(stake)
      : reach(deadMan.reveal(), clock, REACH_WITHIN_MS).then((failure) =>
          judgeReach('deadMan', new URL(deadMan.reveal()).host, failure),
        );
  const live = accounts.filter(({ sends }) => sends === 'live').map(({ name }) => name);
  return [judgeChannels(to, live, stake), ...(await Promise.all([...hosts, ping]))];
}

export function judgeChannels(to: Config['alerts']['to'], live: readonly string[], stake: Stake): Judged {
  const remedy =
    'Add a channel under `alerts.to` that takes critical alerts of every account, and another one of another company.';
  const left = live.filter((account) => !reaches(to, account));
  if (left.length > 0) {
    return judged('channels', 'problem', `nobody is told that a loan of ${left.join(', ')} is lost`, remedy);
  }
  if (to.length > 0) return ok('channels', `${String(to.length)}: ${to.map(({ name }) => name).join(', ')}`);
  const says = 'nobody is told: the file names no channel';
  return stake === 'simulated'
    ? ok('channels', `${says}; simulated accounts need none`)
    : judged('channels', byStake(stake), says, remedy);
}

export function judgeNoPing(stake: Stake): Judged {
  const says = 'nobody notices when this server is gone: the file names no `alerts.deadMan`';
  if (stake === 'simulated') return ok('deadMan', `${says}; simulated accounts need none`);
  return judged('deadMan', 'warning', says, 'Add the address of a service that raises the alarm when pings stop.');
}

/** @param failure `null`: it can be reached */
export function judgeReach(check: 'reach' | 'deadMan', about: string, failure: string | null): Judged {
  if (failure === null)
    return { ...ok(check, 'it takes connections; `ballast alert test` shows whether messages arrive'), about };
  const remedy = 'Correct the address, or let this machine reach it; then try `ballast alert test`.';
  return { ...judged(check, 'problem', `it cannot be reached: ${failure}`, remedy), about };
}
