/** The result of a played tape: what the exchanges saw and what the journal says we did, side by side. Pure. */
import type { Intent } from '../core/intent.ts';
import { format, parse, sum, ZERO } from '../core/money.ts';
import type { SimulatorState } from '../replay/simulated.ts';

export interface RunResult {
  readonly tape: string;
  readonly loans: readonly {
    readonly id: string;
    readonly venue: string;
    readonly product: string;
    readonly maxLtv: string;
    readonly endLtv: string;
    readonly liquidated: boolean;
    readonly actions: number;
    readonly movedUsd: string;
    readonly endState: string;
  }[];
  readonly outcomes: Readonly<Record<'confirmed' | 'rejected' | 'refused' | 'unknown' | 'expired', number>>;
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

export function resultOf(state: SimulatorState, accounts: readonly AccountResult[]): RunResult {
  const intents = accounts.flatMap((account) => account.intents);
  const count = (wanted: Intent['state']): number => intents.filter((intent) => intent.state === wanted).length;
  return {
    tape: state.tape.name,
    loans: state.loans.map((loan) => {
      const account = accounts.find((known) => known.venue === loan.venue && known.uid === loan.uid);
      const name = account?.name ?? loan.account;
      const id = loan.key === '' ? `${name}/${loan.product}` : `${name}/${loan.product}/${loan.key}`;
      const done = account?.intents.filter((intent) => intent.loan === id && intent.state === 'confirmed') ?? [];
      return {
        id,
        venue: loan.venue,
        product: loan.product,
        maxLtv: loan.maxLtv,
        endLtv: loan.ltv,
        liquidated: loan.liquidated,
        actions: done.length,
        // A repay fed by its own transfer is charged nothing: the money is counted once.
        movedUsd: format(done.reduce((total, intent) => total.plus(parse(intent.chargeUsd)), ZERO)),
        endState: account?.states[id] ?? 'unseen',
      };
    }),
    outcomes: { confirmed: count('confirmed'), rejected: count('rejected'), refused: count('refused'), unknown: count('unknown') + count('sending') + count('settling'), expired: count('expired') },
    pendingConflicts: state.counts.pendingConflicts,
    doubleSends: state.counts.doubleSends,
  };
}

/** The same for a reader: a line a loan, then a line of counts. */
export function inWords(result: RunResult): string[] {
  const loans = result.loans.map((loan) => {
    const fate = loan.liquidated ? 'LIQUIDATED' : loan.endState;
    return `  ${loan.id}: highest LTV ${percent(loan.maxLtv)}, ends at ${percent(loan.endLtv)}, ${fate}; ${String(loan.actions)} actions, ${parse(loan.movedUsd).toFixed(2)} USD moved`;
  });
  const moved = sum(result.loans.map((loan) => parse(loan.movedUsd)));
  const counts = Object.entries(result.outcomes).map(([name, many]) => `${String(many)} ${name}`);
  return [
    `tape ${result.tape}:`,
    ...loans,
    `  ${counts.join(', ')}; ${moved.toFixed(2)} USD moved; pending conflicts ${String(result.pendingConflicts)}, double sends ${String(result.doubleSends)}`,
  ];
}

function percent(ratio: string): string {
  return `${parse(ratio).times(100).toFixed(2)} %`;
}
