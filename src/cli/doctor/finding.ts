/**
 * What `ballast doctor` examines, and what it found. `CHECKS` is the whole list: what each check looks at, and what Ballast
 * does when it finds something; what an operator can do comes with each finding.
 */
import type { Config } from '../../config/types.ts';
import { EXIT } from '../exit.ts';
import type { ExitCode } from '../exit.ts';

/** `unknown`: it could not be examined, which is not the same as being well. */
export type Verdict = 'ok' | 'warning' | 'problem' | 'unknown';

interface Check {
  readonly area: string;
  readonly name: string;
  readonly examines: string;
  /** What Ballast does about it. */
  readonly does: string;
}

const REFUSES_KEY = 'A start refuses the account (77); without `live: yes` a key that may read is enough.';
const ADOPTS = 'It adopts what the venue does and goes on from there.';
const WAITS = 'It cannot send in time, and sends nothing late.';

export const CHECKS = {
  warnings: {
    area: 'file',
    name: 'warnings',
    examines: 'what the policy file allows though it is questionable',
    does: 'It takes the file as it is.',
  },
  host: {
    area: 'host',
    name: 'answers',
    examines: 'the host answers, it is the venue, and how long that takes (median of five questions)',
    does: 'It watches the other accounts and tries again; this account is not watched meanwhile.',
  },
  status: {
    area: 'host',
    name: 'status',
    examines: 'the venue announces no maintenance',
    does: 'It watches on, and acts as soon as the venue lets it.',
  },
  venueClock: {
    area: 'clock',
    name: 'venue',
    examines: 'the clock of this machine against that of the venue',
    does: 'It corrects its signatures by the difference; when clocks jump or disagree it only lowers risk.',
  },
  redisClock: {
    area: 'clock',
    name: 'redis',
    examines: 'the clock of this machine against that of Redis, by which limits are counted',
    does: 'When the two come apart while it runs, it only lowers risk.',
  },
  key: { area: 'key', name: 'accepted', examines: 'the venue accepts the key', does: REFUSES_KEY },
  uid: {
    area: 'key',
    name: 'uid',
    examines: 'the key belongs to `expectUid`',
    does: 'It never touches an account that it does not expect: a start refuses it (77).',
  },
  permissions: {
    area: 'key',
    name: 'permissions',
    examines:
      'the key may do what the products of the account need, and no more; never withdraw, unless `allowWithdraw`',
    does: REFUSES_KEY,
  },
  address: {
    area: 'key',
    name: 'address',
    examines: 'the key works from listed addresses only',
    does: 'It goes on: whoever gets hold of such a key can use it from anywhere.',
  },
  expiry: {
    area: 'key',
    name: 'expiry',
    examines: 'how long the key may still trade',
    does: 'It halts an account whose key has ended.',
  },
  mode: {
    area: 'account',
    name: 'mode',
    examines:
      'the account is in a mode that Ballast knows: classic margin at Binance, Spot at OKX, with borrowing where it is needed',
    does: 'A start refuses any other (78).',
  },
  seen: {
    area: 'account',
    name: 'seen',
    examines: 'every loan and wallet of the account can be read, and is followed by one rule',
    does: 'It does nothing for what it cannot see or what no rule names.',
  },
  topUp: {
    area: 'venue',
    name: 'topUp',
    examines:
      'Ballast acts before Auto Top-up of Binance would, which works at the call level; no API says whether it is on',
    does: ADOPTS,
  },
  autoRepay: { area: 'venue', name: 'autoRepay', examines: 'auto-repay of OKX spot mode is off', does: ADOPTS },
  risk: {
    area: 'venue',
    name: 'risk',
    examines: 'the venue announces no forced repayment and no forced conversion of a coin',
    does: `${ADOPTS} It cannot prevent it.`,
  },
  speed: {
    area: 'levels',
    name: 'speed',
    examines:
      'from `act` to the line it is further than prices went in the time that a look, its confirmation and a payment take',
    does: 'It acts as fast as it can; a jump over the whole distance is not survived by that.',
  },
  minimum: {
    area: 'levels',
    name: 'minimum',
    examines: 'what a loan at `act` needs is no less than the smallest amount that the venue takes',
    does: 'It pays the smallest amount that the venue takes, if money and limits allow, and goes beyond `target` by that.',
  },
  redis: {
    area: 'redis',
    name: 'answers',
    examines: 'Redis answers, or can be started',
    does: 'It sends nothing without its journal: a start ends with 69.',
  },
  version: { area: 'redis', name: 'version', examines: 'Redis is 6.2 or newer', does: 'A start refuses it (78).' },
  eviction: {
    area: 'redis',
    name: 'eviction',
    examines: 'Redis forgets no key by itself',
    does: 'A start refuses it (78): a forgotten key could be a forgotten payment.',
  },
  persistence: {
    area: 'redis',
    name: 'persistence',
    examines: 'Redis syncs every write to its disk before it answers, or `acceptWriteLoss` says that it need not',
    does: 'A start that moves real money refuses it (78) unless the file says `acceptWriteLoss: yes`.',
  },
  role: {
    area: 'redis',
    name: 'role',
    examines: 'Redis is one primary: no replica, no cluster, nothing that may take over without the last writes',
    does: 'A start refuses a replica and a cluster (78). A failover is noticed only when the witness of this machine misses what was sent.',
  },
  memory: {
    area: 'redis',
    name: 'memory',
    examines: 'Redis has room for more',
    does: 'It sends nothing that it cannot write down.',
  },
  writes: {
    area: 'redis',
    name: 'writes',
    examines: 'how long a write takes, against `timing.claimReply`',
    does: WAITS,
  },
  folder: {
    area: 'disk',
    name: 'folder',
    examines:
      'the folders of the journal and of its witness may be written, and how long a write takes until it is on the disk',
    does: 'It does not start, or does not send, where it cannot write.',
  },
  room: {
    area: 'disk',
    name: 'room',
    examines: 'how much room is left for them',
    does: 'Redis refuses writes on a full disk, and nothing is sent without them.',
  },
  kind: {
    area: 'disk',
    name: 'kind',
    examines: 'they are on a disk of this machine: not in memory, not on the network, not in the layer of a container',
    does: 'It goes on as long as it can write. A journal that was lost puts its accounts into quarantine.',
  },
  channels: {
    area: 'alerts',
    name: 'channels',
    examines: 'somebody is told when a live account is in trouble',
    does: 'It prints alerts and keeps them for `ballast alert list`.',
  },
  reach: {
    area: 'alerts',
    name: 'reach',
    examines: 'the host of each channel takes connections, with a good certificate; nothing is sent',
    does: 'It tries again, more and more slowly, and tells on the other channels that this one fails.',
  },
  deadMan: {
    area: 'alerts',
    name: 'deadMan',
    examines: 'somebody else notices when this server is gone, and the host of that address takes connections',
    does: 'A dead process tells nobody.',
  },
} as const satisfies Readonly<Record<string, Check>>;
export type CheckName = keyof typeof CHECKS;

export interface DoctorFinding {
  readonly check: CheckName;
  /** `null`: of the server itself. */
  readonly account: string | null;
  /** The loan, channel or folder, where a check looks at several. */
  readonly about: string | null;
  readonly verdict: Verdict;
  readonly says: string;
  /** What the operator can do; empty when all is well. */
  readonly remedy: string;
}

/** What a judge says; whose it is, is added by whoever asked. */
export type Judged = Omit<DoctorFinding, 'account' | 'about'> & { readonly about?: string };

export function ok(check: CheckName, says: string): Judged {
  return { check, verdict: 'ok', says, remedy: '' };
}

export function judged(check: CheckName, verdict: Verdict, says: string, remedy: string): Judged {
  return { check, verdict, says, remedy: verdict === 'ok' ? '' : remedy };
}

export function found(account: string | null, findings: readonly Judged[]): readonly DoctorFinding[] {
  return findings.map(({ about = null, ...one }) => ({ ...one, account, about }));
}

/** The most that the accounts of a file have to lose. */
export type Stake = 'live' | 'watch' | 'simulated';

export function stakeOf({ accounts }: Pick<Config, 'accounts'>): Stake {
  if (accounts.some(({ sends }) => sends === 'live')) return 'live';
  return accounts.some(({ simulated }) => !simulated) ? 'watch' : 'simulated';
}

/** What endangers real money is a problem where real money moves, a warning where it will, and nothing on a simulated exchange. */
export function byStake(stake: Stake): Verdict {
  return stake === 'live' ? 'problem' : stake === 'watch' ? 'warning' : 'ok';
}

/** @param strict warnings are no success */
export function exitOf(verdicts: readonly Verdict[], strict: boolean): ExitCode {
  if (verdicts.includes('problem')) return EXIT.problem;
  if (verdicts.includes('unknown')) return EXIT.unavailable;
  return strict && verdicts.includes('warning') ? EXIT.warning : EXIT.ok;
}
