/** Why an account or a loan is held back, in words for a person, with what lifts it. */
import { duration } from '../core/words.ts';
import { isoOf } from '../clock.ts';
import { breakerWords } from '../core/breaker.ts';
import type { Breaker } from '../core/breaker.ts';
import { isForAPerson } from '../machines/accountMachine.ts';
import { pausedWords } from '../jobs/obeying.ts';
import type { Standing } from '../jobs/operator.ts';

/** One line per cause of the account's mode and per pause; empty when everything is allowed. */
export function heldWords(account: string, { causes, pauses, acknowledging }: Standing): readonly string[] {
  const words: Readonly<Record<string, string>> = { halt: 'HALTED', journalLost: 'in QUARANTINE' };
  const mode = (kind: Standing['causes'][number]['kind']): string => words[kind] ?? kind;
  return [
    ...causes.map(({ kind, since, why }) => {
      const from = since === null ? '' : ` since ${isoOf(since).slice(0, 19).replace('T', ' ')} UTC`;
      return `${account} is ${mode(kind)}${from}: ${why}. ${remedyOf(account, kind, acknowledging)}`;
    }),
    ...pauses.map(
      ({ loan, paused }) =>
        `${loan ?? account} ${pausedWords(paused)}. \`ballast resume ${loan ?? account}\` lifts it.`,
    ),
  ];
}

function remedyOf(account: string, kind: Standing['causes'][number]['kind'], acknowledging: boolean): string {
  if (!isForAPerson(kind)) return 'It ends by itself, when the cause does.';
  if (acknowledging) return 'It was acknowledged; the next look takes that.';
  const look =
    kind === 'halt' ? 'No money moves in it. Mend the cause, look at the account at the venue' : 'Look at it';
  return `${look}, then \`ballast acknowledge ${account} --why "…"\`.`;
}

/** Another policy than that of the file at hand acts: the file was changed since, or another server has another one. */
export function policyWords(account: string, acting: string | null, own: string): readonly string[] {
  if (acting === null || acting === own) return [];
  const [that, this_] = [acting, own].map((digest) => digest.slice(0, SHOWN_DIGEST));
  return [
    `${account}: policy ${that ?? ''} acts, and the file at hand says another one (${this_ ?? ''}). \`ballast reload\` shows what differs.`,
  ];
}

const SHOWN_DIGEST = 8;

/** A breaker that is not closed: it ends by itself, so there is nothing to lift. */
export function heldByBreaker(account: string, breaker: Breaker, now: number): string {
  const { until, state } = breaker;
  const left = until === null ? 'until the call on its way is settled' : `for ${duration(Math.max(0, until - now))}`;
  return `${account}: ${breakerWords(breaker)}${state === 'open' ? `, ${left}` : ''}.`;
}
