/**
 * How far prices may move before the venue liquidates, without money and with all that the policy permits (DESIGN §5.3
 * "shocks the sources too"): for `status`, `check --online` and metrics. It informs; nothing is decided by it.
 *
 * Without money the answer is the closed form of survival.ts. With money it is the largest move after which a plan of
 * ladder.ts, the same that decide.ts makes, still brings the loan below its line: from the wallets less what is kept, at
 * the moved prices, within the limits that hold beyond `urgent` and what of them is spent. So the move is taken to be slow
 * enough for the calls to be made on the way. What a plan can give falls short once and for all as the move grows (the need
 * is linear in it, what coins under a cap are worth is concave), so the answer is found by halving.
 */
import type { Intent } from './intent.ts';
import { planFor } from './ladder.ts';
import { LevelsError, aimLevel, cushionOf, levelsOf } from './levels.ts';
import type { AccountView, Asset, LoanId, LoanView } from './loan.ts';
import type { Charge, DecideInput } from './need.ts';
import type { Policy, WalletRule } from './policy.ts';
import { positionOf } from './position.ts';
import { PRODUCT_FACTS } from './products.ts';
import { purseOf, sceneOf } from './purse.ts';
import type { Purse } from './purse.ts';
import { coinExposures, exposureTo, movedBy, survivals } from './survival.ts';
import type { Groups, Scenario } from './survival.ts';
import { Dec, ONE, ZERO, max, min } from './money.ts';

/** Rises are looked at up to this share: an elevenfold price. */
export const MOST_RISE: Dec = new Dec(10);
/** Moves are found to this share. */
const FINE: Dec = new Dec('0.00001');

export interface EnduranceInput {
  /** Redis' time, ms: the clock of the budgets. */
  readonly now: number;
  readonly view: AccountView;
  /** A loan without one survives by itself or not at all. */
  readonly policies: Readonly<Record<LoanId, Policy>>;
  readonly wallets: readonly WalletRule[];
  readonly groups: Groups;
  readonly charges: readonly Charge[];
  /** Money that these may have touched is not counted. */
  readonly undecided: readonly Intent[];
  readonly learned: DecideInput['learned'];
}

/**
 * One move of prices that can kill, and how far it may go: signed shares, −0.37 a fall by 37 %, 0.21 a rise by 21 %, zero
 * at or past the line. `null`: no such move reaches the line, up to a fall by 100 % or a rise by {@link MOST_RISE}.
 */
export interface Endured {
  /** The coin that moves, or `all` risky coins together. */
  readonly factor: Asset | 'all';
  readonly scenario: Scenario;
  readonly direction: 'fall' | 'rise';
  readonly without: Dec | null;
  /** With the permitted money: never nearer than `without`. */
  readonly with: Dec | null;
}

export interface LoanEndurance extends Endured {
  readonly loan: LoanId;
}

/** Every loan with every scenario that can kill it, the nearest first. Each loan has the account's money for itself. */
export function enduranceOf(input: EnduranceInput): readonly LoanEndurance[] {
  return openLoans(input).flatMap((loan) => rowsOf(input, loan));
}

/**
 * The same for the account: the move that takes the first of its loans, all of them sharing the money, nearest to its line
 * first. Only where prices move the loans: a wrapper's or stable coin's own troubles are told by loan.
 */
export function accountEndurance(input: EnduranceInput): readonly Endured[] {
  const loans = openLoans(input);
  const each = loans.flatMap((loan) => killing(loan, input.groups));
  const names = new Map(each.map(({ scenario, direction }) => [nameOf(scenario, direction), { scenario, direction }]));
  return [...names.values()]
    .filter(({ scenario }) => scenario.kind !== 'basis')
    .map(({ scenario, direction }) => {
      const moves = each.filter((one) => nameOf(one.scenario, one.direction) === nameOf(scenario, direction));
      const [first, ...rest] = moves.map(({ move }) => move);
      const without = first === undefined ? ZERO : min(first, ...rest);
      return endured(scenario, direction, without, (move) => allLive(input, loans, scenario, signedX(direction, move)));
    })
    .sort(byReach);
}

/** What a policy wants of each loan; shares above zero, `null` for nothing wanted. */
export interface Wanted {
  readonly fall: Dec | null;
  readonly rise: Dec | null;
}

/** Whether a loan survives what its policy wants, with the permitted money, whichever coin it is that moves. */
export interface Met {
  readonly direction: 'fall' | 'rise';
  /** Signed like {@link Endured}. */
  readonly wanted: Dec;
  /** The nearest of the moves in this direction; `null` when none kills. */
  readonly worst: Endured | null;
  /** Share that is missing; `null` when it is met. */
  readonly shortBy: Dec | null;
}

export function metBy(wanted: Wanted, rows: readonly Endured[]): readonly Met[] {
  const judged = (direction: Met['direction'], share: Dec | null): readonly Met[] => {
    if (share === null) return [];
    const [worst] = rows
      .filter((row) => row.direction === direction && row.scenario.kind !== 'basis' && row.with !== null)
      .sort((a, b) => reach(a.with).cmp(reach(b.with)));
    const missing = worst === undefined ? ZERO : share.minus(reach(worst.with));
    return [
      {
        direction,
        wanted: direction === 'fall' ? share.negated() : share,
        worst: worst ?? null,
        shortBy: missing.gt(ZERO) ? missing : null,
      },
    ];
  };
  return [...judged('fall', wanted.fall), ...judged('rise', wanted.rise)];
}

/** Loans that can be liquidated, with C as the plans believe it: the worse of the venue's word and the quantities. */
function openLoans(input: EnduranceInput): readonly LoanView[] {
  const open = input.view.loans.filter(({ status, debtValue }) => status === 'open' && debtValue.gt(ZERO));
  return open.map((loan) => {
    const { position } = positionOf(loan, {
      keep: keptInside(input, loan),
      undecided: input.undecided,
      recent: [],
    });
    return { ...loan, collateralValue: position.C, venueLtv: null };
  });
}

interface Killing {
  readonly scenario: Scenario;
  readonly direction: 'fall' | 'rise';
  readonly move: Dec;
}

function killing(loan: LoanView, groups: Groups): readonly Killing[] {
  return survivals(loan, groups).flatMap(({ scenario, kills, move }) =>
    kills === 'never' || move === null || move.gt(MOST_RISE) ? [] : [{ scenario, direction: kills, move }],
  );
}

function rowsOf(input: EnduranceInput, loan: LoanView): readonly LoanEndurance[] {
  return killing(loan, input.groups).map(({ scenario, direction, move }) => ({
    loan: loan.id,
    ...endured(scenario, direction, move, (far) => allLive(input, [loan], scenario, signedX(direction, far))),
  }));
}

/** @param lives whether everything survives a move of this size */
function endured(scenario: Scenario, direction: 'fall' | 'rise', without: Dec, lives: (move: Dec) => boolean): Endured {
  const most = direction === 'fall' ? ONE : MOST_RISE;
  const sign = (move: Dec): Dec => (direction === 'fall' ? move.negated() : move);
  const factor = scenario.kind === 'all' ? 'all' : scenario.asset;
  const row = { factor, scenario, direction, without: sign(without) };
  if (lives(most)) return { ...row, with: null };
  let [good, bad] = [without, most];
  // Past the line, and money does not reach: the venue is faster than anything that could be found nearer.
  if (good.isZero() && !lives(good)) return { ...row, with: sign(ZERO) };
  while (bad.minus(good).gt(FINE)) {
    const middle = good.plus(bad).div(2);
    if (lives(middle)) good = middle;
    else bad = middle;
  }
  return { ...row, with: sign(good) };
}

/** x of survival.ts: a fall is positive there. */
function signedX(direction: 'fall' | 'rise', move: Dec): Dec {
  return direction === 'fall' ? move : move.negated();
}

/** Whether after the move every one of these loans is below its line or can be brought there, one after the other. */
function allLive(input: EnduranceInput, loans: readonly LoanView[], scenario: Scenario, x: Dec): boolean {
  const moves = movedBy(scenario, input.groups);
  const moved = loans.map((loan) => movedLoan(loan, moves, x)).sort(byCushion);
  const prices = Object.entries(input.view.prices).map(([asset, price]) => [
    asset,
    moves(asset) ? price.times(ONE.minus(x)) : price,
  ]);
  const scene = sceneOf({
    ...input,
    view: { ...input.view, loans: moved, prices: Object.fromEntries(prices) as AccountView['prices'] },
    mode: 'active',
    sendMode: 'live',
    attested: [],
    needs: [],
    priorities: {},
    reserved: [],
    recent: [],
    recentAmounts: [],
    fruitless: {},
    dislocated: [],
    blocked: [],
    epoch: 0,
  });
  let purse: Purse | null = purseOf(scene.input);
  for (const loan of moved) purse = purse === null ? null : brought(scene, loan, purse);
  return purse !== null;
}

/** The purse after a loan was brought below its line; `null` when it cannot be. */
function brought(scene: ReturnType<typeof sceneOf>, loan: LoanView, purse: Purse): Purse | null {
  if (loan.debtValue.lt(loan.line.times(loan.collateralValue))) return purse;
  const policy = scene.input.policies[loan.id];
  if (policy === undefined) return null;
  const t = aimOf(loan, policy);
  if (t === null) return null;
  const keep = keptInside(scene.input, loan);
  const plan = planFor({
    scene,
    need: {
      loan: loan.id,
      episode: 'endurance',
      aim: 'urgent',
      urgency: 'urgent',
      emergency: false,
      remainder: null,
      clear: null,
    },
    loan,
    policy,
    tier: 'urgent',
    start: positionOf(loan, { keep, undecided: scene.input.undecided, recent: scene.input.recent }).position,
    t,
    purse,
  });
  return plan.short === null ? plan.purse : null;
}

/** The LTV that saves the loan: its line; `whenShort: skip` gives nothing unless it gets below `urgent`. */
function aimOf(loan: LoanView, policy: Policy): Dec | null {
  if (policy.whenShort === 'partial') return loan.line;
  try {
    return aimLevel(levelsOf(loan, policy), 'urgent');
  } catch (error) {
    if (error instanceof LevelsError) return null;
    throw error;
  }
}

function keptInside({ wallets }: Pick<EnduranceInput, 'wallets'>, loan: LoanView): WalletRule['keep'] {
  return wallets.find(({ name }) => name === PRODUCT_FACTS[loan.product].inside)?.keep ?? {};
}

function movedLoan(loan: LoanView, moves: (asset: Asset) => boolean, x: Dec): LoanView {
  const part = exposureTo(coinExposures(loan), moves);
  const left = ONE.minus(x);
  const moved = <T extends { readonly asset: Asset; readonly price: Dec }>(coin: T): T =>
    moves(coin.asset) ? { ...coin, price: coin.price.times(left) } : coin;
  const D = max(ZERO, loan.debtValue.minus(part.D.times(x)));
  const C = max(ZERO, loan.collateralValue.minus(part.C.times(x)));
  return {
    ...loan,
    debts: loan.debts.map(moved),
    collateral: loan.collateral.map(moved),
    debtValue: D,
    collateralValue: C,
    ltv: C.isZero() ? loan.line.plus(ONE) : D.div(C),
  };
}

function byCushion(a: LoanView, b: LoanView): number {
  return cushionOf(a.ltv, a.line).cmp(cushionOf(b.ltv, b.line)) || (a.id < b.id ? -1 : 1);
}

function nameOf(scenario: Scenario, direction: string): string {
  return `${direction} ${scenario.kind} ${scenario.kind === 'all' ? '' : scenario.asset}`;
}

function reach(move: Dec | null): Dec {
  return move === null ? MOST_RISE.plus(1) : move.abs();
}

function byReach(a: Endured, b: Endured): number {
  return reach(a.without).cmp(reach(b.without));
}
