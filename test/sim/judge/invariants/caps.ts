import { type Intent, type Verb, isUndecided } from '../../../../src/core/intent.ts';
import type { Dec } from '../../../../src/core/money.ts';
import { min, parse } from '../../../../src/core/money.ts';
import { PRODUCT_FACTS } from '../../../../src/core/products.ts';
import type { Caps } from '../../../../src/core/policy.ts';
import type { AccountPlan } from '../../world/plan.ts';
import type { Invariant, Log, Sent } from '../log.ts';
import { cursor } from '../log.ts';

const RELEASES: readonly Verb[] = ['transferOut', 'reduce'];
const HOUR_MS = 3_600_000;
/** Prices move between the plan and the reckoning. */
const SLACK = 1.001;
/** Reads of a plan are at most 8 s old, and an index price may stand in for a failed read of the next one. */
const SECONDS = Array.from({ length: 13 }, (_none, second) => second * 1_000);

/** DESIGN §2.5: caps and reserves hold, reckoned from what really moved or may still move. */
export const caps: Invariant = {
  name: 'caps',
  keeps: '§2.5, §5.6 no plan exceeds caps, budgets or reserves; the tier beyond urgent is wider and finite',
  judge: (log) => {
    const fresh = cursor(log.sent);
    const moves = cursor(log.truth.moves);
    return {
      *step() {
        for (const sent of fresh()) if (sent.intent !== null) yield* tooMuch(log, sent, sent.intent);
        for (const { cause, account, changes, at } of moves()) {
          if (cause?.kind !== 'request' || cause.tag === null) continue;
          const plan = log.account(account);
          const intent = log.intent(plan, cause.tag);
          if (intent !== null && !log.touched(account, 60_000)) yield* tooFar(log, plan, intent, changes, at);
        }
      },
    };
  },
};

function* tooMuch(log: Log, { account, tag }: Sent, intent: Intent): Iterable<string> {
  const policy = log.setupOf(account, intent).policies[intent.product];
  if (policy === undefined) return;
  const limits: Caps = intent.tier === 'urgent' ? policy.limits.urgent : policy.limits;
  // A repayment that transfers brought all the money for was counted when they were, whatever they were planned for.
  const calls = reckoned(log, account, intent);
  if (calls.some(({ tag: its, own }) => its === intent.id && own === 0)) return;
  const usd = usdOf(log, intent);
  const isRelease = RELEASES.includes(intent.verb);
  if (limits.perAction !== null && usd > Number(limits.perAction) * SLACK)
    yield `${tag} moves ${usd.toFixed(2)} USD, an action may ${limits.perAction.toFixed()}`;
  // Releases have a budget of their own.
  if (limits.perHour === null || isRelease) return;
  const spent = spentUsd(log, calls);
  if (spent > Number(limits.perHour) * SLACK)
    yield `${tag} makes ${spent.toFixed(2)} USD in an hour, ${limits.perHour.toFixed()} are allowed`;
}

/** What moved or may still move in an hour, USD; a transfer and the repayment that it feeds count once. */
function spentUsd(log: Log, calls: readonly Reckoned[]): number {
  return calls.filter(({ at }) => at >= log.now - HOUR_MS).reduce((total, { usd, own }) => total + usd * own, 0);
}

interface Reckoned {
  readonly tag: string;
  readonly at: number;
  readonly usd: number;
  /** The share of it that no transfer had brought. */
  readonly own: number;
}

/**
 * Calls of one product that moved or may still move, oldest first; and the one in question, which a frozen process may send
 * when it is over.
 */
function reckoned(log: Log, account: AccountPlan, { product, id }: Intent): readonly Reckoned[] {
  const moved = movedTags(log);
  const brought = new Map<string, Dec>();
  return log.sent.flatMap(({ tag, intent: other, at, account: of }): readonly Reckoned[] => {
    if (other === null || of !== account || other.product !== product || RELEASES.includes(other.verb)) return [];
    const counts = moved.has(tag) || mayMove(log, account, tag);
    if (!counts && tag !== id) return [];
    const [amount, place] = [parse(other.amount), `${other.loan} ${other.asset}`];
    const there = brought.get(place) ?? parse('0');
    const fed = other.verb === 'repay' && other.from === 'inside' ? min(there, amount) : parse('0');
    // One that has not moved leaves what was brought for the next, which waits until it cannot move any more.
    if (moved.has(tag)) brought.set(place, other.verb === 'transferIn' ? there.plus(amount) : there.minus(fed));
    return [{ tag, at, usd: counts ? usdOf(log, other) : 0, own: amount.minus(fed).div(amount).toNumber() }];
  });
}

/** What Redis forgot is waited for before anything else leaves, and is reckoned when it has moved. */
function mayMove(log: Log, account: AccountPlan, tag: string): boolean {
  const intent = log.forgotten.has(tag) ? null : log.intent(account, tag);
  return intent !== null && isUndecided(intent);
}

/** Calls of which something is left: what a venue took, failed at and gave back was not spent. */
function movedTags(log: Log): ReadonlySet<string> {
  const left = new Map<string, Map<string, Dec>>();
  for (const { cause, changes } of log.truth.moves) {
    if (cause?.kind !== 'request' || cause.tag === null) continue;
    const places = left.get(cause.tag) ?? new Map<string, Dec>();
    for (const [place, by] of changes) places.set(place, by.plus(places.get(place) ?? 0));
    left.set(cause.tag, places);
  }
  return new Set([...left].flatMap(([tag, places]) => ([...places.values()].every((by) => by.isZero()) ? [] : [tag])));
}

/** At the lowest price that the plan can have seen. */
function usdOf(log: Log, { id, amount, asset, product }: Intent): number {
  const { venue } = PRODUCT_FACTS[product];
  const at = log.plannedAt(id);
  const prices = SECONDS.map((ms) => log.price(asset, at - ms, venue));
  return Number(amount) * Math.min(...prices);
}

function* tooFar(
  log: Log,
  plan: AccountPlan,
  intent: Intent,
  changes: ReadonlyMap<string, Dec>,
  at: number,
): Iterable<string> {
  for (const { name, keep } of log.setupOf(plan, intent).wallets) {
    const least = keep[intent.asset];
    const place = name === 'crossInside' ? `cross ${intent.asset} free` : `${name} ${intent.asset}`;
    if (least === undefined || !(changes.get(place)?.isNegative() ?? false)) continue;
    const left = log.truth.since(plan.setup.name, at).at(-1)?.get(place) ?? parse('0');
    // Money that our own transfer brought in only passes through.
    const passing = log.truth.moves.find(
      ({ account, cause, changes: earlier }) =>
        account === plan.setup.name && cause?.kind === 'request' && (earlier.get(place)?.gt(0) ?? false),
    );
    const before =
      passing === undefined ? least : (log.truth.since(plan.setup.name, passing.at - 1)[0]?.get(place) ?? parse('0'));
    if (left.lt(least) && left.lt(before))
      yield `${intent.id} left ${left.toFixed()} of ${place}, ${least.toFixed()} are to be kept`;
  }
}
