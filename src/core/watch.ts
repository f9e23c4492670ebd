/**
 * The price watcher: is a look worth it now that prices moved? An accelerator, never the truth (DESIGN §4): it only rings.
 *
 * It runs on every tick for every loan, so it multiplies and compares, and divides only once per view.
 */
import type { Asset, LoanView } from './loan.ts';
import { triggerLtv } from './loan.ts';
import type { Levels } from './need.ts';
import { coinExposures } from './survival.ts';
import type { CoinExposure } from './survival.ts';
import { cushionOf, zoneOf } from './levels.ts';
import { percent } from './position.ts';
import { Dec, ONE, ZERO, min } from './money.ts';

/** A move this far towards the line is worth a look even inside one zone: half a point of LTV. */
export const WORTH_A_LOOK: Dec = new Dec('0.005');

/** A loan of the last view with its levels; a policy may be there too (`LeveledLoan`). */
export interface Watched {
  readonly loan: LoanView;
  readonly levels: Levels;
}

export interface Estimate {
  readonly D: Dec;
  readonly C: Dec;
}

export interface Ring {
  readonly loan: LoanView['id'];
  /** Estimated LTV, as near to what would trigger as the last view allows. */
  readonly ltv: Dec;
  readonly why: string;
}

/** What of a loan moves with which price; computed once per view. */
interface Prepared {
  readonly coins: readonly (CoinExposure & { readonly price: Dec })[];
  /** Trigger over own LTV: the venue's opinion is assumed to move along with ours. */
  readonly bias: Dec;
  readonly trigger: Dec;
}

const prepared = new WeakMap<LoanView, Prepared>();

/** D and C of a loan by these prices, USD; coins without a new price stand where they stood. */
export function estimate(loan: LoanView, prices: Readonly<Record<Asset, Dec>>): Estimate {
  let { debtValue: D, collateralValue: C } = loan;
  for (const coin of prepare(loan).coins) {
    const price = prices[coin.asset];
    if (price === undefined || price.eq(coin.price) || coin.price.lte(ZERO)) continue;
    const move = price.div(coin.price).minus(ONE);
    D = D.plus(coin.D.times(move));
    C = C.plus(coin.C.times(move));
  }
  return { D, C };
}

/**
 * Whether these prices put a loan into another zone (in either direction), or half a point or more nearer to its line.
 * `null` when a look would show nothing new.
 */
export function ringFor({ loan, levels }: Watched, prices: Readonly<Record<Asset, Dec>>): Ring | null {
  if (loan.status !== 'open' || !isMovedBy(loan, prices)) return null;
  const { bias, trigger } = prepare(loan);
  const { D, C } = estimate(loan, prices);
  const risk = D.times(bias);
  const zone = zoneOf(trigger, levels);
  const above = min(trigger.plus(WORTH_A_LOOK), ...levelsOver(trigger, levels));
  const below = floorOf(trigger, levels);
  if (risk.lt(above.times(C)) && (below === null || risk.gte(below.times(C)))) return null;
  const ltv = C.lte(ZERO) ? levels.line : risk.div(C);
  const now = zoneOf(ltv, levels);
  const moved = now.name === zone.name && now.warned === zone.warned ? 'within' : `from ${zone.name} to ${now.name}, `;
  const why = `${loan.id} by new prices: ${moved === 'within' ? '' : moved}LTV ${percent(trigger)} → ${percent(ltv)}`;
  return { loan: loan.id, ltv, why };
}

/** Every loan worth a look, nearest to its line first. */
export function rings(watched: readonly Watched[], prices: Readonly<Record<Asset, Dec>>): readonly Ring[] {
  const found = watched.flatMap((one) => {
    const ring = ringFor(one, prices);
    return ring === null ? [] : [{ ring, cushion: cushionOf(ring.ltv, one.levels.line) }];
  });
  return found.sort((a, b) => a.cushion.cmp(b.cushion)).map((one) => one.ring);
}

/** The reason to look at an account now, or `null`: what its most endangered ringing loan says. */
export function worthALook(watched: readonly Watched[], prices: Readonly<Record<Asset, Dec>>): string | null {
  return rings(watched, prices)[0]?.why ?? null;
}

function prepare(loan: LoanView): Prepared {
  const known = prepared.get(loan);
  if (known !== undefined) return known;
  const priceOf = new Map([...loan.debts, ...loan.collateral].map((coin) => [coin.asset, coin.price]));
  const trigger = triggerLtv(loan);
  const made: Prepared = {
    coins: coinExposures(loan).map((coin) => ({ ...coin, price: priceOf.get(coin.asset) ?? ZERO })),
    bias: loan.ltv.lte(ZERO) ? ONE : trigger.div(loan.ltv),
    trigger,
  };
  prepared.set(loan, made);
  return made;
}

/** Whether any of these prices is another one than the loan's view has: cheap, and asked of every loan at every tick. */
export function isMovedBy(loan: LoanView, prices: Readonly<Record<Asset, Dec>>): boolean {
  return prepare(loan).coins.some(({ asset, price }) => prices[asset]?.eq(price) === false);
}

function levelsOver(trigger: Dec, levels: Levels): readonly Dec[] {
  return [...levels.warn, levels.act, levels.urgent, levels.line].filter((level) => level.gt(trigger));
}

/** The level that was passed last: falling under it leaves the zone. */
function floorOf(trigger: Dec, levels: Levels): Dec | null {
  const passed = [...levels.warn, levels.act, levels.urgent, levels.line].filter((level) => level.lte(trigger));
  return passed.reduce<Dec | null>((highest, level) => (highest === null || level.gt(highest) ? level : highest), null);
}
