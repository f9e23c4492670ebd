/**
 * What one look is going to write: machines stepped in memory, decisions, alerts. Nothing leaves it until the commit
 * stands, except alerts, which are never harmful to send twice.
 */
import type { LoanId } from '../core/loan.ts';
import type { AccountMode, Decision } from '../core/need.ts';
import { start, step } from '../machines/step.ts';
import type { AccountEvent, LoanCommand, LoanEvent, Stored } from '../machines/types.ts';
import type { AccountSetup, LookDeps, Severity } from './account.ts';
import type { Opened } from './journal.ts';

type NeedCommand = Extract<LoanCommand, { type: 'need' }>;

export class Draft {
  readonly loans: Map<LoanId, Stored>;
  readonly changed = new Map<LoanId, Stored>();
  readonly needs = new Map<LoanId, NeedCommand>();
  readonly decisions: Decision[] = [];
  account: Stored;
  lookBy = Number.POSITIVE_INFINITY;
  /** Why this look saw nothing. */
  why = '';
  readonly #deps: LookDeps;
  readonly #setup: AccountSetup;
  readonly #now: number;

  constructor(deps: LookDeps, setup: AccountSetup, opened: Opened, now: number) {
    this.#deps = deps;
    this.#setup = setup;
    this.#now = now;
    this.loans = new Map(opened.loans);
    this.account = opened.account ?? start('account', { id: setup.name, now });
  }

  get mode(): AccountMode {
    return this.account.state as AccountMode;
  }

  /** Steps a loan's machine and keeps the result; its commands become needs, deadlines and alerts. */
  tell(loan: LoanId, event: LoanEvent): void {
    const before = this.loans.get(loan) ?? start('loan', { id: loan, now: this.#now });
    const { stored, commands } = step(before, event);
    this.loans.set(loan, stored);
    this.changed.set(loan, stored);
    for (const command of commands) this.#obey(loan, command);
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

  #obey(loan: LoanId, command: LoanCommand): void {
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
        this.alert('warning', 'stray', loan, command.says);
        return;
      case 'episodeOpened':
      case 'episodeClosed':
        return;
    }
  }
}
