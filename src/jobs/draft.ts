/**
 * What one look is going to write: machines stepped in memory, decisions, alerts. Nothing leaves it until the commit
 * stands, except alerts, which are never harmful to send twice.
 */
import type { LoanId } from '../core/loan.ts';
import type { AccountMode, Decision } from '../core/need.ts';
import type { CauseKind } from '../machines/accountMachine.ts';
import { MachineError, start, step } from '../machines/step.ts';
import type { AccountEvent, LoanCommand, LoanEvent, Stored } from '../machines/types.ts';
import type { AccountSetup, LookDeps, Severity } from './account.ts';
import type { Condition } from './conditions.ts';
import type { Opened } from './journal.ts';

type NeedCommand = Extract<LoanCommand, { type: 'need' }>;

/** A decision, and why its call does not leave although it says `act`. */
export interface Recorded {
  readonly decision: Decision;
  readonly withheld: Withheld | null;
}

export interface Withheld {
  /** What kind of reason: the same decision withheld for the same kind of reason is the same record. */
  readonly kind: 'dryRun' | 'paused' | 'hold' | 'backoff' | 'cursors' | 'stray' | 'notItsTurn';
  readonly why: string;
}

type DraftFrom = Pick<Opened, 'loans' | 'account' | 'told' | 'redisNow'>;

export class Draft {
  readonly loans: Map<LoanId, Stored>;
  readonly changed = new Map<LoanId, Stored>();
  readonly needs = new Map<LoanId, NeedCommand>();
  account: Stored;
  decisions: readonly Recorded[] = [];
  /** The earliest time at which a machine wants to be looked at again. */
  lookBy = Number.POSITIVE_INFINITY;
  /** Failed looks in a row; `null` leaves the count as it is. */
  health: number | null = null;
  /** Prices in dispute, as text; `null` leaves them as they are. */
  disputes: string | null = null;
  readonly #deps: LookDeps;
  readonly #setup: AccountSetup;
  readonly #now: number;
  readonly #told: ReadonlyMap<string, number>;
  readonly #redisNow: number;
  readonly #lasting = new Map<string, Omit<Condition, 'cushion'>>();
  /** Conditions that last and are not told by themselves. */
  readonly #marked = new Set<string>();
  readonly #over = new Set<string>();

  constructor(deps: LookDeps, setup: AccountSetup, from: DraftFrom, now: number) {
    this.#deps = deps;
    this.#setup = setup;
    this.#now = now;
    this.#told = from.told;
    this.#redisNow = from.redisNow;
    this.loans = new Map(from.loans);
    this.account = from.account ?? start('account', { id: setup.name, now });
  }

  /** Whether a cause of the account's mode holds. */
  has(cause: CauseKind): boolean {
    const { causes } = this.account.context;
    return typeof causes === 'object' && causes !== null && cause in causes;
  }

  get mode(): AccountMode {
    return this.account.state as AccountMode;
  }

  /** Where each loan stands. */
  get states(): Readonly<Record<LoanId, string>> {
    return Object.fromEntries([...this.loans].map(([loan, stored]) => [loan, stored.state]));
  }

  /** Steps a loan's machine and keeps the result; its commands become needs, deadlines and alerts. */
  tell(loan: LoanId, event: LoanEvent): void {
    this.#step(loan, event, (says) => {
      this.alert('warning', 'stray', loan, says);
    });
  }

  /** The same for news that the machine may know already, because nobody knows where an earlier run ended. */
  remind(loan: LoanId, event: LoanEvent): void {
    this.#step(loan, event, () => undefined);
  }

  /** A loan that had left the policy and is back begins anew. */
  renew(loan: LoanId): void {
    this.loans.set(loan, start('loan', { id: loan, now: this.#now }));
  }

  tellAccount(event: AccountEvent): void {
    const { stored, commands } = step(this.account, event);
    this.account = stored;
    for (const command of commands) {
      if (command.type === 'alert') this.alert(command.severity, command.category, null, command.says);
      if (command.type === 'stray') this.alert('warning', 'stray', null, command.says);
    }
  }

  alert(severity: Severity, category: string, loan: LoanId | null, says: string): void {
    this.#deps.emit(this.#setup.name, { type: 'alert', severity, category, loan, says });
  }

  /**
   * A condition that lasts is told when it begins, and again only after it was over.
   * @param about tells conditions of one category and one loan apart
   */
  lasting(severity: Severity, category: string, loan: LoanId | null, says: string, about = ''): void {
    const name = nameOf(category, loan, about);
    if (!this.#told.has(name) && !this.#lasting.has(name)) this.alert(severity, category, loan, says);
    this.#lasting.set(name, { severity, category, loan, about, says });
  }

  /** Marks a condition that lasts and is not told by itself. Returns for how long it has lasted, ms by Redis' clock. */
  lastsFor(category: string, loan: LoanId | null): number {
    const name = nameOf(category, loan, '');
    this.#marked.add(name);
    return Math.max(0, this.#redisNow - (this.#told.get(name) ?? this.#redisNow));
  }

  /** Marks it as well, and says whether an earlier look has. */
  marks(category: string, loan: LoanId | null, about: string): boolean {
    const name = nameOf(category, loan, about);
    this.#marked.add(name);
    return this.#told.has(name);
  }

  /** Conditions of these categories were looked for: those that this look did not find are over. */
  searched(...categories: readonly string[]): void {
    for (const name of this.#told.keys()) {
      if (categories.includes(name.split('/')[0] ?? '') && !this.#holds(name)) this.#over.add(name);
    }
  }

  /** The same for conditions of some loans only: what was told of the others is left as it was. */
  searchedOf(loans: ReadonlySet<LoanId>, ...categories: readonly string[]): void {
    for (const name of this.#told.keys()) {
      const [category = '', ...loan] = name.split('/');
      if (categories.includes(category) && loans.has(loan.join('/')) && !this.#holds(name)) this.#over.add(name);
    }
  }

  #holds(name: string): boolean {
    return this.#lasting.has(name) || this.#marked.has(name);
  }

  get told(): readonly string[] {
    return [...this.#lasting.keys(), ...this.#marked].filter((name) => !this.#told.has(name));
  }

  /** What will have been told once this draft is committed, with the Redis ms at which each began. */
  knownAt(now: number): ReadonlyMap<string, number> {
    const begun = this.told.map((name) => [name, now] as const);
    return new Map([...this.#told, ...begun].filter(([name]) => !this.#over.has(name)));
  }

  /** Conditions that this look found to hold. */
  get lasts(): readonly Omit<Condition, 'cushion'>[] {
    return [...this.#lasting.values()];
  }

  /** Conditions that held and that this look did not look for. */
  get unjudged(): readonly string[] {
    return [...this.#told.keys()].filter((name) => !this.#lasting.has(name) && !this.#over.has(name));
  }

  get over(): readonly string[] {
    return [...this.#over];
  }

  /** One broken machine stays as it is stored and asks for nothing; the other loans go on. */
  #step(loan: LoanId, event: LoanEvent, onStray: (says: string) => void): void {
    const before = this.loans.get(loan) ?? start('loan', { id: loan, now: this.#now });
    try {
      const { stored, commands } = step(before, event);
      this.loans.set(loan, stored);
      this.changed.set(loan, stored);
      for (const command of commands) this.#obey(loan, command, onStray);
    } catch (error) {
      if (!(error instanceof MachineError)) throw error;
      const says = `${error.message}. Ballast does nothing for this loan. Its decision records show what was seen last.`;
      this.lasting('critical', 'machine', loan, says);
    }
  }

  #obey(loan: LoanId, command: LoanCommand, onStray: (says: string) => void): void {
    switch (command.type) {
      case 'need':
        this.needs.set(loan, command);
        return;
      case 'lookBy':
        this.lookBy = Math.min(this.lookBy, command.at);
        return;
      case 'alert':
        this.alert(command.severity, command.category, loan, command.says);
        return;
      case 'stray':
        onStray(command.says);
        return;
      case 'episodeOpened':
      case 'episodeClosed':
        return;
    }
  }
}

function nameOf(category: string, loan: LoanId | null, about: string): string {
  return `${category}/${loan ?? ''}${about === '' ? '' : ` ${about}`}`;
}
