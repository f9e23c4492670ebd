/**
 * `ballast check --online`: what only the venue can say. Is each key the right one, does the venue offer what the file names,
 * and how far may prices move for the loans that are there? Reads only, and starts no server: simulated accounts are read on
 * simulated exchanges of their own, at the first prices of the tape.
 */
import { problemText } from '../config/problems.ts';
import type { AccountConfig } from '../config/types.ts';
import { NOTHING_LEARNED } from '../core/learned.ts';
import { triggerLtv } from '../core/loan.ts';
import type { AccountView } from '../core/loan.ts';
import { format } from '../core/money.ts';
import type { Finding, Gap, ReportingVenue } from '../exchanges/exchange.ts';
import { VenueError } from '../exchanges/exchange.ts';
import { planInWords } from '../config/plan.ts';
import { failedRead, isForgiven } from './examination.ts';
import { EXIT } from './exit.ts';
import type { ExitCode } from './exit.ts';
import { percent } from '../core/words.ts';
import type { OfferFinding } from './offers.ts';
import { offerFindings } from './offers.ts';
import type { OnlineOptions } from './onVenues.ts';
import { onVenues } from './onVenues.ts';
import type { Output } from './output.ts';
import { survivalOf } from '../reading/survival.ts';
import type { LoanSurvival } from '../reading/survival.ts';
import { keepsWords, targetWords } from './survival.ts';

interface LoanCheck extends Partial<LoanSurvival> {
  readonly loan: string;
  readonly status: string;
  readonly ltv: string;
  readonly line: string;
}

interface Trouble {
  readonly says: string;
  readonly remedy: string;
  readonly exit: ExitCode;
}

export interface AccountCheck {
  readonly account: string;
  readonly findings: readonly (Omit<Finding, 'exit' | 'onlyForSending'> & { readonly forgiven: boolean })[];
  readonly offers: readonly OfferFinding[];
  readonly gaps: readonly Gap[];
  readonly loans: readonly LoanCheck[];
  /** What could not be read at all; what comes after it was not tried. */
  readonly trouble: readonly Trouble[];
}

/** Reports of an account are many requests, and polling waits for its share of the limits. */
const DEADLINES = 20;

/** @returns 0, or how a start would end: of several accounts the first one's code */
export async function checkOnline(options: OnlineOptions, output: Output, json: boolean): Promise<ExitCode> {
  const { config } = options;
  const plan = planInWords(config);
  if (!json)
    for (const line of [...config.warnings.map((one) => `warning: ${problemText(one)}`), ...plan]) output.say(line);
  output.say('asking the venues …');
  const accounts = await onVenues(options, (account, venue) => checkAccount(options, account, venue));
  const exits = accounts.flatMap((one) => one.exits);
  const checks = accounts.map(({ check }) => check);
  if (json) output.json({ ok: exits.length === 0, warnings: config.warnings, plan, online: checks });
  else for (const line of checks.flatMap(checkWords)) output.say(line);
  return exits[0] ?? EXIT.ok;
}

interface Checked {
  readonly check: AccountCheck;
  readonly exits: readonly ExitCode[];
}

async function checkAccount(options: OnlineOptions, account: AccountConfig, venue: ReportingVenue): Promise<Checked> {
  const deadline = AbortSignal.any([options.signal, AbortSignal.timeout(DEADLINES * account.timing.requestDeadlineMs)]);
  const trouble: Trouble[] = [];
  const read = async <T>(what: string, work: Promise<T>): Promise<T | null> =>
    work.catch((error: unknown) => {
      if (!(error instanceof VenueError || deadline.aborted)) throw error;
      const { remedies, exit } = failedRead(account, error);
      const says = error instanceof Error ? error.message : String(error);
      trouble.push({ says: `${what}: ${says}`, remedy: remedies.join(' '), exit });
      return null;
    });
  const found = await read('examination', venue.examine(deadline));
  const failed = (found ?? []).filter((finding) => finding.level === 'fail' && !isForgiven(account, finding));
  const usable = found !== null && failed.length === 0;
  const view = usable ? await read('loans', venue.observe(deadline)) : null;
  const offers = usable ? await read('offers', venue.offers(deadline)) : null;
  const named = offers === null ? [] : offerFindings(options.config, account, offers, view?.loans ?? []);
  const check = {
    account: account.name,
    findings: (found ?? []).map((finding) => {
      const { exit: _exit, onlyForSending: _only, ...told } = finding;
      return { ...told, forgiven: finding.level === 'fail' && isForgiven(account, finding) };
    }),
    offers: named,
    gaps: [...failedSections(view), ...(offers?.gaps ?? [])],
    loans: view === null ? [] : loanChecks(options, account, view),
    trouble,
  };
  const wrongNames = named.some(({ level }) => level === 'fail') ? [EXIT.config] : [];
  return {
    check,
    exits: [...failed.map(({ exit }) => exit ?? EXIT.permission), ...trouble.map(({ exit }) => exit), ...wrongNames],
  };
}

function failedSections(view: AccountView | null): readonly Gap[] {
  return Object.entries(view?.sections ?? {}).flatMap(([section, { state, ...rest }]) =>
    state === 'failed' && 'reason' in rest ? [{ section, reason: rest.reason }] : [],
  );
}

function loanChecks({ config, clock }: OnlineOptions, account: AccountConfig, view: AccountView): readonly LoanCheck[] {
  // Nothing is spent yet as far as this command knows: only a running server has the budgets.
  const nothing = { charges: [], undecided: [], learned: NOTHING_LEARNED };
  const { loans } = survivalOf(config, account, { ...nothing, view, now: clock.wall() });
  return view.loans.map((loan) => ({
    loan: loan.id,
    status: loan.status,
    ltv: format(triggerLtv(loan)),
    line: format(loan.line),
    ...loans.get(loan.id),
  }));
}

const MARKS = { ok: 'ok  ', warn: 'WARN', fail: 'FAIL', unknown: '?   ' } as const;

function checkWords({ account, findings, offers, gaps, loans, trouble }: AccountCheck): readonly string[] {
  const remedied = (level: keyof typeof MARKS, remedy: string): string =>
    level === 'ok' || remedy === '' ? '' : ` Do: ${remedy}`;
  return [
    '',
    `account ${account} at the venue:`,
    ...findings.map(({ check, level, says, remedy, forgiven }) => {
      const mark = forgiven ? MARKS.warn : MARKS[level];
      return `  ${mark} ${check}: ${sentence(says)}${forgiven ? ' Enough to watch.' : ''}${remedied(level, remedy)}`;
    }),
    ...trouble.map(({ says, remedy }) => `  ${MARKS.fail} ${sentence(says)} Do: ${remedy}`),
    ...offers.map(
      ({ key, level, says, remedy }) => `  ${MARKS[level]} ${key}: ${sentence(says)}${remedied(level, remedy)}`,
    ),
    ...gaps.map(({ section, reason }) => `  ${MARKS.unknown} could not be read: ${section}: ${reason}`),
    ...(trouble.length === 0 && loans.length === 0 ? ['  no loan is there now'] : []),
    ...loans.flatMap(loanWords),
  ];
}

function loanWords({ loan, status, ltv, line, moves, targets }: LoanCheck): readonly string[] {
  if (status === 'closed') return [`  ${loan}: no debt`];
  const head = `  ${loan}: LTV ${percent(ltv)}, line ${percent(line)}${status === 'open' ? '' : `, ${status}`}`;
  if (moves === undefined) return [head];
  const words = keepsWords({ moves, targets: [] }).map((text) => `    ${text}`);
  return [head, ...words, ...(targets ?? []).map((target) => `    ${targetWords(target)}`)];
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
