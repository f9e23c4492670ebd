/** The result of a played tape: what the exchanges saw and what the journal says we did, side by side. Pure. */
import type { Intent } from '../core/intent.ts';
import { parse, sum } from '../core/money.ts';
import type { SimulatedLoanReport, SimulatorState } from '../replay/simulated.ts';
import { utc } from './progress.ts';
import type { Reasons } from './reasons.ts';

/** One loan at the end of a tape. Numbers are for reading; whatever decided something is in the journal, exactly. */
export interface LoanResult {
  readonly id: string;
  readonly venue: string;
  readonly product: string;
  readonly maxLtv: number;
  readonly endLtv: number;
  readonly liquidated: boolean;
  readonly actions: number;
  readonly movedUsd: number;
  readonly endState: string;
  /** Why it did not end inside its bands. */
  readonly reason?: string;
}

/** The object of `--json`. */
export interface RunResult {
  readonly tape: string;
  readonly loans: readonly LoanResult[];
  readonly outcomes: Readonly<Record<'confirmed' | 'rejected' | 'refused' | 'unknown' | 'expired', number>>;
  /** Counted by the simulated exchanges: refusals because an earlier call of ours was pending, and calls sent twice. */
  readonly pendingConflicts: number;
  readonly doubleSends: number;
}

export interface AccountResult {
  readonly name: string;
  readonly uid: string;
  readonly venue: 'binance' | 'okx';
  readonly intents: readonly Intent[];
  readonly states: Readonly<Record<string, string>>;
}

const CENTS = 2;

export function resultOf(state: SimulatorState, accounts: readonly AccountResult[], reasons: Reasons): RunResult {
  const intents = accounts.flatMap((account) => account.intents);
  const count = (...wanted: readonly Intent['state'][]): number =>
    intents.filter((intent) => wanted.includes(intent.state)).length;
  return {
    tape: state.tape.name,
    loans: state.loans.map((loan) => loanResult(loan, accounts, reasons)),
    outcomes: {
      confirmed: count('confirmed'),
      rejected: count('rejected'),
      refused: count('refused'),
      unknown: count('unknown', 'sending', 'settling'),
      expired: count('expired'),
    },
    pendingConflicts: state.counts.pendingConflicts,
    doubleSends: state.counts.doubleSends,
  };
}

function loanResult(loan: SimulatedLoanReport, accounts: readonly AccountResult[], reasons: Reasons): LoanResult {
  const { venue, product, key, liquidated } = loan;
  const account = accounts.find((known) => known.venue === venue && known.uid === loan.uid);
  const name = account?.name ?? loan.account;
  // The venue names a pair with a slash; a loan id has slashes of its own.
  const id = key === '' ? `${name}/${product}` : `${name}/${product}/${key.replace('/', '-')}`;
  const done = account?.intents.filter((intent) => intent.loan === id && intent.state === 'confirmed') ?? [];
  const endState = account?.states[id] ?? 'unseen';
  const reason = reasons.of({ loan: id, liquidated, endLtv: loan.ltv, endState });
  // A repay fed by its own transfer is charged nothing: the money is counted once.
  const moved = sum(done.map((intent) => parse(intent.chargeUsd)));
  return {
    id,
    venue,
    product,
    maxLtv: parse(loan.maxLtv).toNumber(),
    endLtv: parse(loan.ltv).toNumber(),
    liquidated,
    actions: done.length,
    movedUsd: moved.toDecimalPlaces(CENTS).toNumber(),
    endState,
    ...(reason === undefined ? {} : { reason }),
  };
}

/** The same for a reader: a line a loan, with its reason below, then a line of counts. */
export function inWords(result: RunResult, tape: { readonly startMs: number; readonly endMs: number }): string[] {
  const width = Math.max(0, ...result.loans.map(({ id }) => id.length));
  const moved = result.loans.reduce((total, { movedUsd }) => total + movedUsd, 0);
  const counts = Object.entries(result.outcomes).map(([name, many]) => `${String(many)} ${name}`);
  return [
    `tape ${result.tape}, ${utc(tape.startMs)} to ${utc(tape.endMs)}:`,
    ...result.loans.flatMap((loan) => loanWords(loan, width)),
    `  money calls: ${counts.join(', ')}; ${moved.toFixed(CENTS)} USD moved in all`,
    `  calls while an earlier one was pending: ${String(result.pendingConflicts)}; calls sent twice: ${String(result.doubleSends)}`,
  ];
}

function loanWords(loan: LoanResult, width: number): string[] {
  const ltvs = `highest LTV ${percent(loan.maxLtv)}, ends at ${percent(loan.endLtv)}`;
  const done = `${String(loan.actions)} ${loan.actions === 1 ? 'action' : 'actions'}, ${loan.movedUsd.toFixed(CENTS)} USD`;
  const fate = loan.liquidated ? 'LIQUIDATED' : stateWord(loan.endState);
  const line = `  ${loan.id.padEnd(width)}  ${fate.padEnd(10)}  ${ltvs}; ${done}`;
  return loan.reason === undefined ? [line] : [line, `  ${' '.repeat(width)}  because ${loan.reason}`];
}

function percent(ratio: number): string {
  return `${(ratio * 100).toFixed(2)} %`;
}

/** `watching.healthy` → `healthy`. */
export function stateWord(state: string): string {
  return state.replace(/^watching\./, '');
}
