/** How far prices may move for an account's loans (DESIGN §5.3), as data: for `status`, `check --online` and the page. */
import type { AccountConfig, Config, PolicyConfig } from '../config/types.ts';
import type { Endured, Met } from '../core/endurance.ts';
import { accountEndurance, enduranceOf, metBy } from '../core/endurance.ts';
import type { Asset, LoanId } from '../core/loan.ts';
import type { Dec } from '../core/money.ts';
import { floor, format } from '../core/money.ts';
import type { Means } from '../jobs/shelf.ts';
import { followed } from '../jobs/needing.ts';

/** A move that can kill, as text: signed shares, `-0.37` a fall by 37 %; `null`: no such move does. */
export interface SurvivalRow {
  readonly factor: Asset | 'all';
  /** `price`: the coin itself and what follows it. `basis`: only this coin, against what it should be worth. */
  readonly kind: 'price' | 'basis';
  readonly against: Asset | null;
  readonly direction: 'fall' | 'rise';
  readonly without: string | null;
  readonly with: string | null;
}

/** What the policy's `survive` wants, and whether it is so. */
export interface TargetRow {
  readonly direction: 'fall' | 'rise';
  readonly wanted: string;
  readonly factor: Asset | 'all' | null;
  /** With the permitted money; `null`: no move in this direction reaches the line. */
  readonly has: string | null;
  readonly shortBy: string | null;
}

export interface LoanSurvival {
  /** Nearest first. */
  readonly moves: readonly SurvivalRow[];
  readonly targets: readonly TargetRow[];
}

export interface AccountSurvival {
  readonly loans: ReadonlyMap<LoanId, LoanSurvival>;
  /** The account's loans sharing its money, nearest first. */
  readonly shared: readonly SurvivalRow[];
}

export type Seen = Pick<Means, 'charges' | 'learned' | 'undecided'> & {
  readonly view: NonNullable<Means['view']>;
  readonly now: number;
};

/** Decimals of a share in data. A survival is never rounded to more than it is. */
const DECIMALS = 5;

export function survivalOf(config: Config, account: AccountConfig, seen: Seen): AccountSurvival {
  const { loans: rules, unlisted, wallets } = account;
  const policies: Record<LoanId, PolicyConfig> = {};
  for (const loan of seen.view.loans) {
    const found = followed({ loans: rules, unlisted, policies: config.policies }, loan);
    const policy = 'none' in found ? undefined : config.policies[found.policy.name];
    if (policy !== undefined) policies[loan.id] = policy;
  }
  const input = { ...seen, policies, wallets, groups: config.groups };
  const loans = new Map<LoanId, LoanSurvival>();
  const rows = enduranceOf(input);
  for (const { id, status, debtValue } of seen.view.loans) {
    if (status !== 'open' || debtValue.lte(0)) continue;
    const mine = rows.filter(({ loan }) => loan === id);
    const survive = policies[id]?.survive ?? null;
    const targets = survive === null ? [] : metBy(survive, mine);
    loans.set(id, { moves: mine.map(rowOf), targets: targets.map(targetOf) });
  }
  return { loans, shared: accountEndurance(input).map(rowOf) };
}

function rowOf({ factor, scenario, direction, without, with: money }: Endured): SurvivalRow {
  return {
    factor,
    kind: scenario.kind === 'basis' ? 'basis' : 'price',
    against: scenario.kind === 'basis' ? scenario.against : null,
    direction,
    without: shareText(without),
    with: shareText(money),
  };
}

function targetOf({ direction, wanted, worst, shortBy }: Met): TargetRow {
  return {
    direction,
    wanted: format(wanted),
    factor: worst?.factor ?? null,
    has: worst === null ? null : shareText(worst.with),
    shortBy: shareText(shortBy),
  };
}

function shareText(share: Dec | null): string | null {
  if (share === null) return null;
  const size = floor(share.abs(), DECIMALS);
  return format(share.isNegative() ? size.negated() : size);
}
