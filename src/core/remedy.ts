/**
 * One remedy tried on one loan: may this rung, source and coin be used now, and how much of it (DESIGN §5.2, §5.4, §5.6).
 * The answer is either a step of a plan or the reason it cannot be one.
 */
import type { Asset } from './loan.ts';
import { minimumOf } from './learned.ts';
import type { Minimum } from './learned.ts';
import { boundsOf } from './bounds.ts';
import { feed } from './feed.ts';
import { fitAdd, fitRepay, isCrumb } from './fit.ts';
import type { Fit, Misfit, RepayRules, Sized, Wanted } from './fit.ts';
import type { Ask, Option, Short } from './ladder.ts';
import type { Spent } from './limits.ts';
import type { Block } from './need.ts';
import { afterAdd, afterRepayInside, afterRepayOutside } from './position.ts';
import type { CoinNow, DebtNow, Position } from './position.ts';
import { PRODUCT_FACTS, legalRung, routeOf } from './products.ts';
import type { Step } from './products.ts';
import { take } from './purse.ts';
import type { Purse } from './purse.ts';
import { addCollateral, repayInside, repayOutside } from './sizing.ts';
import { type Dec, ZERO, format } from './money.ts';

/** One remedy with its amounts. Its first call is `route[0]`, carrying `sized`; `pays` is what reaches debt or collateral. */
export interface PlanStep {
  readonly option: Option;
  readonly route: readonly [Step, ...Step[]];
  readonly sized: Sized;
  readonly fit: Fit;
  readonly pays: Dec;
  readonly price: Dec;
  readonly decimals: number;
  readonly dust: 'leave' | 'clear';
  readonly position: Position;
  readonly purse: Purse;
}

/** What kept a remedy below what was wanted. */
export type Stopper = { readonly by: Short['by']; readonly what: string };

/** `stopper` says what kept the remedy below what was wanted, also when it contributed something. */
export type Tried =
  | { readonly ok: true; readonly step: PlanStep; readonly says: string; readonly stopper: Stopper | null }
  | { readonly ok: false; readonly says: string; readonly stopper: Stopper | null; readonly dust: boolean };

/** Where a plan stands before the next remedy. */
export interface At {
  readonly position: Position;
  readonly purse: Purse;
}

/** @param perActionUsd what one action may cost, when the leg really leaves; `null` while planning ahead */
export function attempt(ask: Ask, at: At, option: Option, dust: 'leave' | 'clear', perActionUsd: Dec | null): Tried {
  const refusal = refusalOf(ask, option);
  if (refusal !== null) return skipped(refusal, null);
  const route = routeOf(ask.loan.product, option.rung.do, option.from);
  const [first, ...later] = route ?? [];
  if (first === undefined) return skipped('the product has no such remedy', null);
  const sizing = option.rung.do === 'add' ? sizeAdd : sizeRepay;
  const sized = sizing(ask, at, option, dust, perActionUsd);
  if (!sized.ok) {
    const stopper: Stopper | null = sized.cause === 'venue' ? null : { by: sized.cause, what: sized.why };
    return skipped(sized.why, stopper, sized.dust);
  }
  const step: PlanStep = { option, route: [first, ...later], dust, ...sized.part };
  // what an earlier leg began is finished, however small; and what one action may cost is the operator's word
  if (option.atMost === null && perActionUsd === null && isCrumb(step.fit, step.price)) {
    return skipped(`${format(step.pays)} ${option.asset} is a crumb, not worth a call of its own`, stopperOf(step.fit));
  }
  return { ok: true, step, says: saysOf(step), stopper: stopperOf(step.fit) };
}

function skipped(why: string, stopper: Stopper | null, dust = false): Tried {
  return { ok: false, says: `skipped: ${why}`, stopper, dust };
}

/** Reasons that have nothing to do with how much. */
function refusalOf(ask: Ask, option: Option): string | null {
  const legal = legalRung(ask.loan.product, option.rung.do, option.from);
  if (!legal.ok) return `${legal.why}; ${legal.remedy}`;
  return dislocationOf(ask, option) ?? blockOf(ask, option);
}

/** A rung that an open breaker stands against: beyond `urgent` it comes after all others (ladder.ts). */
export function isLastResort(ask: Ask, option: Option): boolean {
  return blocksOn(ask, option).some(({ lastResort }) => lastResort);
}

/** A coin whose price is in dispute is never added; `notWhen: dislocated` closes the rung while any coin of the loan is. */
function dislocationOf(ask: Ask, option: Option): string | null {
  const { isDislocated } = ask.scene;
  if (option.rung.do === 'add' && isDislocated(option.asset)) return `the sources of ${option.asset}'s price disagree`;
  if (option.rung.notWhen !== 'dislocated') return null;
  const touched = [option.asset, ...ask.start.debts.map(assetOf), ...ask.start.coins.map(assetOf)].find(isDislocated);
  return touched === undefined ? null : `the rung is closed while the sources of ${touched}'s price disagree`;
}

function assetOf(one: { readonly asset: Asset }): Asset {
  return one.asset;
}

function blockOf(ask: Ask, option: Option): string | null {
  const yields = ask.tier === 'urgent';
  return blocksOn(ask, option).find(({ lastResort }) => !(lastResort && yields))?.why ?? null;
}

function blocksOn({ scene, loan }: Ask, option: Option): readonly Block[] {
  const { blocked } = scene.input;
  if (blocked.length === 0) return blocked;
  const route = option.fed ? [] : (routeOf(loan.product, option.rung.do, option.from) ?? []);
  const verbs = route.map((step) => step.verb);
  const uses = {
    transfer: verbs.includes('transferIn'),
    repay: option.rung.do === 'repay',
    add: verbs.includes('add'),
  };
  return blocked.filter(
    (one) =>
      uses[one.needs] &&
      (one.loan === null || one.loan === loan.id) &&
      (one.product === null || one.product === loan.product) &&
      (one.asset === null || one.asset === option.asset),
  );
}

type Part = Pick<PlanStep, 'sized' | 'fit' | 'pays' | 'price' | 'decimals' | 'position' | 'purse'>;
type Sizing = { readonly ok: true; readonly part: Part } | Misfit;

function sizeRepay(ask: Ask, at: At, option: Option, dust: 'leave' | 'clear', perActionUsd: Dec | null): Sizing {
  const debt = at.position.debts.find((one) => one.asset === option.asset && one.amount.gt(ZERO));
  if (debt === undefined) return misfit(`the loan owes no ${option.asset}`, 'venue');
  if (debt.price.lte(ZERO)) return misfit(`${option.asset} has no price`, 'venue');
  const coin = at.position.coins.find((one) => one.asset === option.asset);
  const wanted =
    option.from === 'inside' ? wantInside(at.position, ask.t, debt, coin) : wantOutside(at.position, ask.t, debt);
  if (wanted === null) return misfit(`repaying ${option.asset} from inside takes as much collateral as debt`, 'venue');
  const bounds = boundsOf(ask, at, option, debt.price, option.from === 'inside' ? (coin ?? null) : null, perActionUsd);
  if (!Array.isArray(bounds)) return bounds;
  const fit = fitRepay(wanted, repayRules(ask, debt, option, dust), bounds);
  if (!fit.ok) return fit;
  const viaTransfer = option.from === 'wallet' && PRODUCT_FACTS[ask.loan.product].inside !== null;
  const moved = viaTransfer
    ? feed(fit, decimalsOf(ask, debt), leastOf(ask, 'minTransfer', debt.asset, null), bounds)
    : fit;
  return moved.ok ? { ok: true, part: repayPart(ask, at, option, debt, fit, moved.sized) } : moved;
}

/** @param sized what leaves first: the repayment itself, or the transfer that feeds it */
function repayPart(ask: Ask, at: At, option: Option, debt: DebtNow, fit: Fit, sized: Sized): Part {
  const pays = fit.sized.amount;
  const after = option.from === 'inside' ? afterRepayInside : afterRepayOutside;
  return {
    sized,
    fit,
    pays,
    price: debt.price,
    decimals: decimalsOf(ask, debt),
    position: after(at.position, option.asset, pays),
    purse: taken(ask, at, option, sized.amount, debt.price),
  };
}

function wantOutside(position: Position, t: Dec, debt: DebtNow): Wanted {
  const inputs = { D: position.D, C: position.C, t, p: debt.price };
  return { formula: 'repayOutside', inputs, tiers: null, unbounded: repayOutside(position, t, debt.price) };
}

function wantInside(position: Position, t: Dec, debt: DebtNow, coin: CoinNow | undefined): Wanted | null {
  const weight = coin?.weight ?? ZERO;
  const pc = coin?.price ?? debt.price;
  const unbounded = repayInside(position, t, weight, debt.price, pc);
  const inputs = { D: position.D, C: position.C, t, w: weight, p: debt.price, pc };
  return unbounded === null ? null : { formula: 'repayInside', inputs, tiers: null, unbounded };
}

function repayRules(ask: Ask, debt: DebtNow, option: Option, dust: 'leave' | 'clear'): RepayRules {
  return {
    debt: debt.amount,
    decimals: decimalsOf(ask, debt),
    minRepay: leastOf(ask, 'minRepay', debt.asset, debt.minRepay),
    minLeft: leastOf(ask, 'minLeft', debt.asset, debt.minLeft),
    // what was moved in to clear a debt clears it
    dust: option.fed ? 'clear' : dust,
    begun: option.fed ? option.atMost : null,
  };
}

/** Decimals of an amount: what the venue says, or fewer once it refused that many. */
function decimalsOf(ask: Ask, coin: { readonly asset: Asset; readonly decimals: number }): number {
  return Math.min(coin.decimals, ask.scene.input.learned.decimals[coin.asset] ?? coin.decimals);
}

/** The venue's minimum, or what its refusals taught about it, whichever is larger (DESIGN §5.2 "Unknown minima"). */
function leastOf(ask: Ask, kind: Minimum, asset: Asset, stated: Dec | null): Dec | null {
  return minimumOf(ask.scene.input.learned, kind, { product: ask.loan.product, asset }, stated);
}

function sizeAdd(ask: Ask, at: At, option: Option, _dust: 'leave' | 'clear', perActionUsd: Dec | null): Sizing {
  const coin = at.position.coins.find((one) => one.asset === option.asset);
  const firstTier = coin?.addTiers[0];
  if (coin === undefined || firstTier === undefined)
    return misfit(`the venue takes no ${option.asset} as collateral of this loan`, 'venue');
  if (firstTier.weight.lte(ZERO)) return misfit(`further ${option.asset} would count for nothing`, 'venue');
  if (coin.price.lte(ZERO)) return misfit(`${option.asset} has no price`, 'venue');
  const bounds = boundsOf(ask, at, option, coin.price, null, perActionUsd);
  if (!Array.isArray(bounds)) return bounds;
  const { D, C } = at.position;
  const inputs = { D, C, t: ask.t, p: coin.price };
  const unbounded = addCollateral(at.position, ask.t, coin.price, coin.addTiers).coins;
  const decimals = decimalsOf(ask, coin);
  const viaTransfer = PRODUCT_FACTS[ask.loan.product].inside !== null;
  const fit = fitAdd(
    { formula: 'addCollateral', inputs, tiers: coin.addTiers, unbounded },
    { decimals, minAdd: leastOf(ask, viaTransfer ? 'minTransfer' : 'minAdd', coin.asset, coin.minAdd) },
    bounds,
  );
  if (!fit.ok) return fit;
  const pays = fit.sized.amount;
  return {
    ok: true,
    part: {
      sized: fit.sized,
      fit,
      pays,
      price: coin.price,
      decimals,
      position: afterAdd(at.position, option.asset, pays),
      purse: taken(ask, at, option, pays, coin.price),
    },
  };
}

function taken(ask: Ask, at: At, option: Option, coins: Dec, price: Dec): Purse {
  if (option.fed) return at.purse;
  const spent: Spent = {
    at: ask.scene.input.now,
    loan: ask.loan.id,
    episode: ask.need.episode,
    rung: option.rung.number,
    asset: option.asset,
    coins,
    usd: coins.times(price),
  };
  return take(at.purse, option.from === 'wallet' ? PRODUCT_FACTS[ask.loan.product].wallet : null, coins, spent);
}

function stopperOf(fit: Fit): Stopper | null {
  if (fit.cut !== null) return { by: fit.cut.cause, what: fit.cut.name };
  return fit.leftDust ? { by: 'money', what: 'the smallest debt the venue lets stand' } : null;
}

function saysOf(step: PlanStep): string {
  const { fit, option } = step;
  const amount = `${format(step.pays)} ${option.asset}`;
  if (fit.full) return `${amount}: the whole debt`;
  if (fit.leftDust) return `${amount}: the venue lets no smaller debt stand`;
  if (fit.cut !== null) return `${amount}: all that ${fit.cut.name} allows`;
  return `${amount}: reaches the aim`;
}

function misfit(why: string, cause: Misfit['cause']): Misfit {
  return { ok: false, why, cause };
}
