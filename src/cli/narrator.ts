/** Tells a watcher of the terminal what happens, each thing once. Events in, lines out; remembers what it said. */
import type { Clock } from '../clock.ts';
import type { Mode } from '../core/intent.ts';
import type { AccountView, LoanView } from '../core/loan.ts';
import { PRODUCTS, triggerLtv } from '../core/loan.ts';
import type { Dec } from '../core/money.ts';
import type { Decision, Levels } from '../core/need.ts';
import type { Policy } from '../core/policy.ts';
import type { LookEvent } from '../jobs/account.ts';
import { legWords, percent, doneWords, fateWords } from '../core/words.ts';
import { introduce } from './narrate.ts';

export interface NarratorOptions {
  readonly clock: Clock;
  /** The policy a loan follows and its levels now; `null` when it follows none. */
  readonly ruleOf: (account: string, loan: LoanView) => { readonly levels: Levels; readonly policy: Policy } | null;
  /** What the clock of this account's venue shows now: the tape's, or the wall's. */
  readonly timeOf: (account: string) => string;
  /** What is done there: live sends are told as well, not only what came of them; where nothing is sent, what would be. */
  readonly modeOf: (account: string) => Mode;
}

/** Alerts whose news the narrator tells in its own way. */
const TOLD_OTHERWISE: ReadonlySet<string> = new Set(['warn', 'readsFailing', 'mode']);
/** Alerts that every look repeats while their cause lasts; the others come once per cause. */
const REPEATED: ReadonlySet<string> = new Set(['unlisted', 'implausible', 'silent', 'stray', 'unreachable']);
const REPEAT_AFTER_MS = 15 * 60_000;

/** How a decision that was held back begins. */
const NOT_SENT = 'not sent';

const MARKS = { info: 'note', warning: 'WARNING', critical: 'ALERT' } as const;

type Alert = Extract<LookEvent, { type: 'alert' }>;
type Looked = Extract<LookEvent, { type: 'looked' }>;

export class Narrator {
  readonly #options: NarratorOptions;
  readonly #introduced = new Set<string>();
  /** Accounts whose loans could not be read at the first look. */
  readonly #unseen = new Set<string>();
  readonly #decisions = new Map<string, Decision>();
  /** Warning levels of a loan that were told since it was last at its target. */
  readonly #warned = new Map<string, number>();
  /** Blind accounts: since when, and which alerts about it were told. */
  readonly #blind = new Map<string, { readonly since: number; readonly told: Set<string> }>();
  readonly #repeated = new Map<string, number>();
  #width = 0;

  constructor(options: NarratorOptions) {
    this.#options = options;
  }

  hear(account: string, event: LookEvent): readonly string[] {
    switch (event.type) {
      case 'decided':
        return this.#decided(account, event.decision);
      case 'looked':
        return [...this.#seesAgain(account), ...this.#introduce(account, event), ...this.#levels(account, event)];
      case 'sent':
        return this.#options.modeOf(account) === 'live'
          ? [this.#line(account, event.intent.loan, `sends: ${legWords(event.intent)}`)]
          : [];
      case 'confirmed':
        this.#warned.delete(event.intent.loan);
        return [this.#line(account, event.intent.loan, doneWords(event.intent, event.ltvBefore, event.ltvAfter))];
      case 'outcome': {
        const fate = fateWords(event.intent, event.state, event.note);
        return fate === null ? [] : [this.#line(account, event.intent.loan, fate)];
      }
      case 'alert':
        return this.#alert(account, event);
      case 'external':
        // An owner's trades are many and change nothing that anybody waits for.
        return event.act.kind === 'trade'
          ? []
          : [this.#line(account, event.act.loan ?? account, `${MARKS[event.severity]}: ${event.says}`)];
      case 'blind':
        return this.#goesBlind(account, event.why);
      case 'acted':
      case 'conditions':
      case 'timed':
        return [];
    }
  }

  /** Where nothing is sent, nothing else would tell what the server wanted: once, until it wants something else. */
  #decided(account: string, decision: Decision): string[] {
    const { loan, verdict, says } = decision;
    const before = this.#decisions.get(loan);
    this.#decisions.set(loan, decision);
    const isNews = verdict === 'act' && before?.verdict !== 'act' && this.#options.modeOf(account) === 'dryRun';
    return isNews ? [this.#line(account, loan, says.startsWith(NOT_SENT) ? says : `${NOT_SENT}: ${says}`)] : [];
  }

  #line(account: string, about: string, words: string): string {
    return `${this.#options.timeOf(account)}  ${about.padEnd(this.#width)}  ${words}`;
  }

  #introduce(account: string, { view }: Looked): string[] {
    if (this.#introduced.has(account)) return [];
    const unread = unreadOf(view);
    if (view.loans.length === 0 && unread.length > 0) {
      if (this.#unseen.has(account)) return [];
      this.#unseen.add(account);
      const why = unread.map(({ name, reason }) => `${name}: ${reason}`).join('; ');
      return [`${account}: what loans it has could not be read yet (${why}); Ballast looks again soon`];
    }
    this.#introduced.add(account);
    this.#width = Math.max(this.#width, ...view.loans.map(({ id }) => id.length));
    if (view.loans.length === 0) return [`watching ${account}: it has no loan`];
    return view.loans.flatMap((loan) =>
      introduce(loan, this.#decisions.get(loan.id), this.#options.ruleOf(account, loan)),
    );
  }

  /** A level is told on the way up, once; what it told is over when the loan is back at its target, or was acted for. */
  #levels(account: string, { view }: Looked): string[] {
    return view.loans.flatMap((loan) => {
      const rule = this.#options.ruleOf(account, loan);
      if (rule === null || loan.status !== 'open') return [];
      const ltv = triggerLtv(loan);
      const told = this.#warned.get(loan.id) ?? 0;
      if (told > 0 && ltv.lte(rule.levels.target)) {
        this.#warned.delete(loan.id);
        return [this.#line(account, loan.id, `calm again: LTV ${percent(ltv)}`)];
      }
      return this.#reached(account, loan.id, ltv, rule.levels, told);
    });
  }

  #reached(account: string, loan: string, ltv: Dec, levels: Levels, told: number): string[] {
    const reached = levels.warn.filter((level) => ltv.gte(level));
    if (reached.length <= told) return [];
    this.#warned.set(loan, reached.length);
    const level = reached.reduce((highest, one) => (one.gt(highest) ? one : highest));
    const decision = this.#decisions.get(loan);
    const words =
      ltv.gte(levels.act) && decision !== undefined
        ? decision.says
        : `LTV ${percent(ltv)} has reached ${percent(level)}; acts at ${percent(levels.act)}`;
    return [this.#line(account, loan, `warning: ${words}`)];
  }

  #alert(account: string, alert: Alert): string[] {
    const { category, loan, severity, says } = alert;
    if (TOLD_OTHERWISE.has(category)) return [];
    if (category === 'blind' && !this.#isNewsAboutBlindness(account, alert)) return [];
    if (REPEATED.has(category) && !this.#isDue(`${account} ${category} ${loan ?? ''}`)) return [];
    return [this.#line(account, loan ?? account, `${MARKS[severity]}: ${says}`)];
  }

  /** Every loan of a blind account raises the same alert, and says again when it is seen: once is enough here. */
  #isNewsAboutBlindness(account: string, { severity, says }: Alert): boolean {
    const blind = this.#blind.get(account);
    if (severity === 'info') return false;
    if (blind?.told.has(says) === true) return false;
    blind?.told.add(says);
    return true;
  }

  #isDue(key: string): boolean {
    const now = this.#options.clock.mono();
    const last = this.#repeated.get(key);
    if (last !== undefined && now - last < REPEAT_AFTER_MS) return false;
    this.#repeated.set(key, now);
    return true;
  }

  #goesBlind(account: string, why: string): string[] {
    if (this.#blind.has(account)) return [];
    this.#blind.set(account, { since: this.#options.clock.mono(), told: new Set() });
    return [
      this.#line(
        account,
        account,
        `WARNING: blind, so it stays still: ${why}. It goes on looking, and sends nothing until it sees again.`,
      ),
    ];
  }

  #seesAgain(account: string): string[] {
    const blind = this.#blind.get(account);
    if (blind === undefined) return [];
    this.#blind.delete(account);
    const seconds = Math.round((this.#options.clock.mono() - blind.since) / 1_000);
    return [this.#line(account, account, `sees again after ${String(seconds)} s and goes on`)];
  }
}

/** Products that a look could not read: whether there is a loan in them is not known. */
function unreadOf({ sections }: AccountView): readonly { readonly name: string; readonly reason: string }[] {
  return PRODUCTS.flatMap((name) => {
    const section = sections[name];
    return section?.state === 'failed' ? [{ name, reason: section.reason }] : [];
  });
}
