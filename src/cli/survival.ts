/** How far prices may move for an account's loans (DESIGN §5.3), as data and in words: for `status` and `check --online`. */
import type { AccountConfig, Config, PolicyConfig } from '../config/types.ts';
import type { Endured, Met } from '../core/endurance.ts';
import { accountEndurance, enduranceOf, metBy } from '../core/endurance.ts';
import type { Asset, LoanId } from '../core/loan.ts';
import type { Dec } from '../core/money.ts';
import { ceil, floor, format, parse } from '../core/money.ts';
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

/** `ETH −37.0 % without money, −52.0 % with the permitted money`, one text per direction and per coin that may lose its peg. */
export function keepsWords({ moves }: LoanSurvival): readonly string[] {
  const shown = told(moves);
  if (shown.length === 0) return ['no move of prices alone reaches its line'];
  return shown.map((row) => {
    const money = row.with === null ? 'any such move' : signed(row.with);
    return `keeps ${nameOf(row)} ${signed(row.without ?? '0')} without money, ${money} with the permitted money`;
  });
}

/** `falls of ETH beyond 37.0 % reach its line (52.0 % with the permitted money)`. */
export function reachWords(moves: readonly SurvivalRow[], whose: string): readonly string[] {
  return told(moves).map((row) => {
    const how = row.direction === 'fall' ? 'falls' : 'rises';
    const money =
      row.with === null ? 'with the permitted money none does' : `${size(row.with)} with the permitted money`;
    return `${how} of ${nameOf(row)} beyond ${size(row.without ?? '0')} reach ${whose} (${money})`;
  });
}

/** `wanted −50 %: short by 13.0 points`. */
export function targetWords({ wanted, shortBy }: TargetRow): string {
  const verdict = shortBy === null ? 'ok' : `SHORT by ${ceil(parse(shortBy).times(100), 1).toFixed(1)} points`;
  return `wanted ${signed(wanted)}: ${verdict}`;
}

/** The nearest price move of each direction, and collateral that may lose its peg. */
function told(moves: readonly SurvivalRow[]): readonly SurvivalRow[] {
  const prices = moves.filter(({ kind }) => kind === 'price');
  const nearest = (direction: 'fall' | 'rise'): readonly SurvivalRow[] =>
    prices.filter((row) => row.direction === direction).slice(0, 1);
  const basis = moves.filter(({ kind, direction }) => kind === 'basis' && direction === 'fall');
  return [...nearest('fall'), ...nearest('rise'), ...basis];
}

function nameOf({ factor, against }: SurvivalRow): string {
  if (against !== null) return `${factor} against ${against}`;
  return factor === 'all' ? 'all coins together' : factor;
}

/** `−37.0 %`, `+21.0 %`. */
function signed(share: string): string {
  return `${share.startsWith('-') || share === '0' ? '−' : '+'}${size(share)}`;
}

function size(share: string): string {
  return `${floor(parse(share).abs().times(100), 1).toFixed(1)} %`;
}
