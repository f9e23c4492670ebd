/** What a venue says about a key and an account, in the words of `doctor`. Pure. */
import type { AccountConfig } from '../../config/types.ts';
import type { LoanView } from '../../core/loan.ts';
import { ltvOf } from '../../core/levels.ts';
import type { Levels } from '../../core/need.ts';
import type { Policy } from '../../core/policy.ts';
import { percent } from '../../core/words.ts';
import type { Finding } from '../../exchanges/exchange.ts';
import { riskWords, severityOf } from '../../jobs/venueRisks.ts';
import { isForgiven } from '../examination.ts';
import { EXIT } from '../exit.ts';
import type { CheckName, Judged, Verdict } from './finding.ts';
import { judged, ok } from './finding.ts';
import { median } from './statistics.ts';

/** The names that the adapters give to the parts of an examination. */
const NAMES: Readonly<Record<string, CheckName>> = {
  host: 'host',
  clock: 'venueClock',
  'venue status': 'status',
  status: 'status',
  'account UID': 'uid',
  uid: 'uid',
  'key permissions': 'permissions',
  permissions: 'permissions',
  withdraw: 'permissions',
  trade: 'permissions',
  'key IP binding': 'address',
  ip: 'address',
  'key expiry': 'expiry',
  'account mode': 'mode',
  mode: 'mode',
  'auto-repay': 'autoRepay',
  key: 'key',
};
/** About keys: those of simulated accounts are made up, and advice about them would help nobody. */
const ABOUT_KEYS: readonly CheckName[] = ['key', 'uid', 'permissions', 'address', 'expiry'];

export function judgeExamination(account: AccountConfig, findings: readonly Finding[]): readonly Judged[] {
  const all = findings.map((finding) => ofFinding(account, finding));
  const isRefused = all.some(
    ({ check, verdict }) => ABOUT_KEYS.includes(check) && verdict !== 'ok' && verdict !== 'warning',
  );
  const isAsked = all.some(({ check }) => check === 'permissions');
  const accepted =
    isAsked && !isRefused
      ? [ok('key', account.simulated ? 'made up, as the account is simulated' : 'the venue accepts it')]
      : [];
  return [...all, ...accepted];
}

function ofFinding(account: AccountConfig, finding: Finding): Judged {
  const { check, says, remedy } = finding;
  const name = NAMES[check] ?? 'key';
  const verdict = verdictOf(account, finding);
  const plain = says.replace(/\.$/, '');
  if (account.simulated && verdict === 'warning' && ABOUT_KEYS.includes(name))
    return ok(name, `${plain}; it is made up`);
  const forgiven = finding.level === 'fail' && verdict === 'warning' ? '; enough to watch, not to act' : '';
  return judged(name, verdict, `${plain}${forgiven}`, remedy);
}

function verdictOf(account: AccountConfig, finding: Finding): Verdict {
  if (finding.level === 'ok') return 'ok';
  if (finding.level === 'warn' || isForgiven(account, finding)) return 'warning';
  // Nobody could say: the venue, or the way to it.
  return finding.exit === EXIT.unavailable ? 'unknown' : 'problem';
}

const SLOW_MS = 500;
/** A look is several questions in a row. */
const QUESTIONS_OF_A_LOOK = 4;

/** @param trips ms of each question @param deadlineMs of one request */
export function judgeTrips(trips: readonly number[], deadlineMs: number): Judged {
  const mid = median(trips);
  const says = `it is the venue, and answers after ${mid.toFixed(0)} ms (at most ${Math.max(...trips).toFixed(0)} ms)`;
  const remedy = 'Run Ballast nearer to the venue, or on a better line.';
  if (mid * QUESTIONS_OF_A_LOOK > deadlineMs) return judged('host', 'problem', says, remedy);
  return mid > SLOW_MS ? judged('host', 'warning', says, remedy) : ok('host', says);
}

/** Products that Auto Top-up of Binance works for. */
const TOPPED_UP: readonly LoanView['product'][] = ['binance.crossMargin', 'binance.isolatedMargin'];
/** `act` may be this near to the call level and still leave time to act first. */
const NEAR = '0.02';

/** The venue does not say whether it is switched on, so this says whether it may be. */
export function judgeTopUp(loan: LoanView, policy: Policy, levels: Levels): readonly Judged[] {
  if (!TOPPED_UP.includes(loan.product) || loan.call === null) return [];
  const wanted = ltvOf(policy.bands.scale, policy.bands.act, loan.line);
  const [act, call] = [percent(levels.act), percent(loan.call)];
  if (loan.call.minus(levels.act).gte(NEAR) && wanted.lte(levels.act)) {
    return [ok('topUp', `Ballast acts at ${act}, before Auto Top-up at ${call}: it may stay on as a last line`)];
  }
  const cut = wanted.gt(levels.act) ? ` (the policy says ${percent(wanted)}, which is cut to that)` : '';
  const says = `Ballast acts at ${act}${cut}, hardly before Auto Top-up of Binance at ${call}: if that is on, both may move money at once`;
  return [judged('topUp', 'warning', says, `Lower \`act\` of policy ${policy.name}, or switch Auto Top-up off.`)];
}

/** Auto-repay is asked for with the account. */
export function judgeRisks({ risks, product }: LoanView): readonly Judged[] {
  const rated = risks.filter(({ kind }) => kind !== 'autoRepay');
  if (rated.length === 0) return product === 'okx.spotBorrow' ? [ok('risk', 'none is announced')] : [];
  return rated.map((risk) => {
    const [says = '', ...advice] = riskWords(risk).split('. ');
    const verdict = severityOf(risk) === 'critical' ? 'problem' : 'warning';
    return judged('risk', verdict, says, `${advice.join('. ')}.`);
  });
}
