/**
 * Whether the venue's prices can be believed (DESIGN §2.7; peers.md §C.2: on 10 October 2025 one venue's index of three
 * collateral coins was off by up to 89 % for 40 minutes). Each price of an account is compared with a reference from outside.
 *
 * - Two prices are compared in one unit. A reference in USDT is turned into the venue's dollars with the venue's own price
 *   of USDT, so that a real de-peg of USDT, which moves both sides alike, is not taken for a dislocation of everything.
 * - USDT has no reference of its own where the other venue quotes everything in it. Then its price is implied: the median of
 *   venue price / reference over the other coins of the account. If that is off while USDT's own price is at its peg, somebody
 *   else's price is wrong, and nothing is said about USDT.
 * - A dispute ends late (hysteresis), and silence does not end it: who cannot see any more has not seen that it is over.
 */
import type { AccountView, Asset } from './loan.ts';
import { type Dec, ONE, max, min, parse } from './money.ts';
import type { Groups } from './survival.ts';

/** A price from outside. */
export interface Reference {
  /** Above zero, in units of `unit` per coin. */
  readonly price: Dec;
  /** `USD`, or the stable coin that the source quotes in. */
  readonly unit: Asset;
  /**
   * What it was before the venue's prices were read, where it may have moved a lot meanwhile (a tape): whatever lies between
   * the two agrees.
   */
  readonly was?: Dec;
  /** Wall ms at which its read began. */
  readonly at: number;
  /** For people, e.g. `okx BTC-USDT`. */
  readonly source: string;
}
export type References = Readonly<Record<Asset, Reference>>;

/** What the venue says a coin is worth, USD; products of one account may differ. */
export type OwnPrices = Readonly<Record<Asset, readonly Dec[]>>;

/** Bounds are shares: 0.03 means that the larger price may exceed the smaller one by 3 %. */
export interface DislocationRules {
  readonly coin: Dec;
  readonly stable: Dec;
  /** For a wrapped coin that has no reference of its own, against the coin inside: it may have earned interest. */
  readonly wrapper: Dec;
  /** A dispute ends after so many comparisons within the bound with references of different moments, or at once below half of it. */
  readonly calmAfter: number;
  /** Longest time between the moment of the venue's price and that of the reference. */
  readonly maxAgeMs: number;
  /** A dispute that nothing was heard about for this long is forgotten; releases still wait for agreement. */
  readonly holdMs: number;
}

export const DISLOCATION_RULES: DislocationRules = {
  coin: parse('0.03'),
  stable: parse('0.015'),
  wrapper: parse('0.25'),
  calmAfter: 5,
  maxAgeMs: 5_000,
  holdMs: 3_600_000,
};

export type Verdict =
  | {
      /** `disagrees` also while a dispute has not calmed down yet. */
      readonly kind: 'agrees' | 'disagrees';
      /** The venue's price / what the reference says it should be. */
      readonly ratio: Dec;
      /** How far apart they are: larger / smaller − 1. */
      readonly gap: Dec;
      readonly source: string;
      /** Only the wide bound of a wrapped coin was checked: good enough to act on, not to be generous. */
      readonly loose: boolean;
    }
  | {
      /** No fresh reference. Never agreement. */
      readonly kind: 'unknown';
      readonly why: string;
      /** It disagreed when it was last seen. */
      readonly disputed: boolean;
    };
export type Verdicts = Readonly<Record<Asset, Verdict>>;

/** What is remembered of disputes between looks: plain JSON. */
export type Disputes = Readonly<Record<Asset, { readonly agreed: number; readonly at: number }>>;

export interface CompareInput {
  readonly own: OwnPrices;
  /** `own` is of a moment between these two, wall ms: the view's `asOf`, and the end of its reads, which a slow venue delays. */
  readonly at: number;
  readonly until: number;
  readonly references: References;
  readonly groups: Groups;
  readonly rules: DislocationRules;
  readonly disputes: Disputes;
}

/** What a coin should be worth in the venue's dollars. */
interface Expected {
  readonly usd: Dec;
  /** What it was before; `usd` where nobody asked. */
  readonly was: Dec;
  readonly at: number;
  readonly source: string;
  readonly kind: 'own' | 'coin' | 'implied';
}

const DOLLAR: Asset = 'USD';

/** One verdict for each of the venue's prices, and what to remember for the next comparison. */
export function compare(input: CompareInput): { readonly verdicts: Verdicts; readonly disputes: Disputes } {
  const { at, rules } = input;
  const disputes = new Map(Object.entries(input.disputes).filter(([, dispute]) => at - dispute.at <= rules.holdMs));
  const verdicts: [Asset, Verdict][] = [];
  for (const [asset, prices] of Object.entries(input.own)) {
    if (prices.length === 0) continue;
    const expected = expectedOf(asset, input);
    const disputed = disputes.has(asset);
    verdicts.push([
      asset,
      typeof expected === 'string'
        ? { kind: 'unknown', why: expected, disputed }
        : judge(asset, prices, expected, input, disputes),
    ]);
  }
  return { verdicts: Object.fromEntries(verdicts), disputes: Object.fromEntries(disputes) };
}

/** Prices of the view as the venue values by them: those of its loans, and of coins outside. */
export function ownPrices(view: AccountView): OwnPrices {
  const own = new Map<Asset, Dec[]>();
  const add = (asset: Asset, price: Dec): void => {
    const known = own.get(asset) ?? [];
    if (!known.some((one) => one.eq(price))) known.push(price);
    own.set(asset, known);
  };
  for (const { debts, collateral } of view.loans)
    for (const { asset, price } of [...debts, ...collateral]) add(asset, price);
  for (const [asset, price] of Object.entries(view.prices)) add(asset, price);
  return Object.fromEntries(own);
}

function expectedOf(asset: Asset, input: CompareInput): Expected | string {
  if (asset === DOLLAR) return { usd: ONE, was: ONE, at: input.at, source: 'itself', kind: 'own' };
  const own = inDollars(asset, input);
  if (own !== null) return { ...own, kind: 'own' };
  const coin = input.groups[asset]?.wraps ?? null;
  const inside = coin === null ? null : inDollars(coin, input);
  if (inside !== null) return { ...inside, kind: 'coin' };
  const implied = impliedBy(asset, input);
  if (implied !== null) return implied;
  return input.references[asset] === undefined ? 'no reference' : 'no fresh reference';
}

/** The reference of an asset in the venue's dollars; `null` without a fresh one. */
function inDollars(asset: Asset, input: CompareInput): Omit<Expected, 'kind'> | null {
  const reference = freshOf(asset, input);
  const unit = reference === null ? null : unitPrice(reference.unit, input);
  if (reference === null || unit === null) return null;
  const { price, was = price, at, source } = reference;
  return { usd: price.times(unit), was: was.times(unit), at, source };
}

function freshOf(asset: Asset, { references, at, until, rules }: CompareInput): Reference | null {
  const reference = references[asset];
  if (reference === undefined || !reference.price.gt(0)) return null;
  return Math.max(at - reference.at, reference.at - until) <= rules.maxAgeMs ? reference : null;
}

/** What the venue says the unit is worth. A dollar coin that it says nothing about is taken at its peg. */
function unitPrice(unit: Asset, { own, groups }: CompareInput): Dec | null {
  if (unit === DOLLAR) return ONE;
  const price = own[unit]?.[0];
  if (price !== undefined) return price.gt(0) ? price : null;
  return groups[unit]?.stable === DOLLAR ? ONE : null;
}

/** What the unit of other references must be worth for the venue's prices of those coins to be right. */
function impliedBy(unit: Asset, input: CompareInput): Expected | null {
  const views = Object.entries(input.own).flatMap(([asset, [price]]) => {
    const reference = asset === unit ? null : freshOf(asset, input);
    if (reference?.unit !== unit || price?.gt(0) !== true) return [];
    const { price: now, was = now, at } = reference;
    return [{ usd: price.div(nearest(price, now, was)), at }];
  });
  const sorted = views.map(({ usd }) => usd).sort((a, b) => a.cmp(b));
  const [low, high] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.floor(sorted.length / 2)]];
  if (low === undefined || high === undefined) return null;
  // Of two in the middle the one nearer to its peg: one wrong coin must not decide against the unit.
  const usd = gapOf(low, ONE).lt(gapOf(high, ONE)) ? low : high;
  const source = `what ${String(views.length)} other price(s) imply`;
  return { usd, was: usd, at: Math.min(...views.map(({ at }) => at)), source, kind: 'implied' };
}

function judge(
  asset: Asset,
  prices: readonly Dec[],
  expected: Expected,
  { groups, rules }: CompareInput,
  disputes: Map<Asset, Disputes[Asset]>,
): Verdict {
  const nearTo = (one: Dec): Dec => nearest(one, expected.usd, expected.was);
  const price = prices.reduce((far, one) => (gapOf(one, nearTo(one)).gt(gapOf(far, nearTo(far))) ? one : far));
  const usd = nearTo(price);
  const isStable = (groups[asset]?.stable ?? null) !== null;
  const loose = expected.kind === 'coin';
  const bound = loose ? rules.wrapper : isStable ? rules.stable : rules.coin;
  const before = disputes.get(asset);
  const isAtPeg = isStable && isWithin(price, ONE, rules.stable);
  if (expected.kind === 'implied' && isAtPeg && !isWithin(price, usd, bound)) {
    const why = 'other prices speak against it, but it is at its peg: one of them is wrong';
    return { kind: 'unknown', why, disputed: before !== undefined };
  }
  const after = settle(before, price, { usd, at: expected.at }, bound, rules.calmAfter);
  if (after === null) disputes.delete(asset);
  else disputes.set(asset, after);
  return {
    kind: after === null ? 'agrees' : 'disagrees',
    ratio: price.div(usd),
    gap: gapOf(price, usd),
    source: expected.source,
    loose,
  };
}

/** The hysteresis: the dispute after one more comparison, `null` for none. */
function settle(
  before: Disputes[Asset] | undefined,
  price: Dec,
  { usd, at }: Pick<Expected, 'usd' | 'at'>,
  bound: Dec,
  calmAfter: number,
): Disputes[Asset] | null {
  if (!isWithin(price, usd, bound)) return { agreed: 0, at };
  if (before === undefined || isWithin(price, usd, bound.div(2))) return null;
  const agreed = before.agreed + (at > before.at ? 1 : 0);
  return agreed >= calmAfter ? null : { agreed, at: Math.max(at, before.at) };
}

/** Multiplied, not divided, so that a price exactly on the bound is within it whatever the digits. */
function isWithin(a: Dec, b: Dec, bound: Dec): boolean {
  return max(a, b).lte(min(a, b).times(ONE.plus(bound)));
}

/** The price between the two, ends included, that is nearest to this one. */
function nearest(to: Dec, one: Dec, other: Dec): Dec {
  return max(min(one, other), min(max(one, other), to));
}

/** The same in both directions, and infinite for a price of zero. */
function gapOf(a: Dec, b: Dec): Dec {
  return max(a, b).div(min(a, b)).minus(1);
}
