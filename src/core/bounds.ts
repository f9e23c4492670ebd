/** Everything that keeps the amount of a remedy down: money first, then limits (DESIGN §5.6). */
import type { Bound, Misfit } from './fit.ts';
import type { Ask, Option } from './ladder.ts';
import { windowRoom } from './limits.ts';
import type { Spent } from './limits.ts';
import type { CoinNow } from './position.ts';
import { PRODUCT_FACTS } from './products.ts';
import { available, whyEmpty } from './purse.ts';
import type { At } from './remedy.ts';
import { type Dec, ZERO } from './money.ts';

/** The bounds, or why there is nothing at all. @param inside the coins a repayment from inside uses */
export function boundsOf(
  ask: Ask,
  at: At,
  option: Option,
  price: Dec,
  inside: CoinNow | null,
  perActionUsd: Dec | null,
): Bound[] | Misfit {
  const money = moneyBound(ask, at, option, inside);
  if (money.coins.lte(ZERO)) return { ok: false, why: emptySays(ask, at, option), cause: 'money' };
  const begun: Bound[] = option.atMost === null ? [] : [{ name: 'begun', coins: option.atMost, cause: 'money' }];
  if (option.fed) return [money, ...begun];
  const limits = limitBounds(ask, at, option, price, perActionUsd);
  const spent = limits.find((bound) => bound.coins.lte(ZERO));
  return spent === undefined
    ? [money, ...begun, ...limits]
    : { ok: false, why: `${spent.name} is used up`, cause: 'limit' };
}

/**
 * What counts against the caps: what was charged, what loans nearer to their line get now, and what other loans' episodes
 * hold for their later legs. A plan that is made now takes the place of what its loan held; beyond `urgent` nothing is held
 * against a loan, because a rescue comes before the rest of a plan.
 */
function countedFor({ scene, loan, tier }: Ask, planned: readonly Spent[]): readonly Spent[] {
  const held =
    tier === 'urgent'
      ? []
      : scene.reserved.filter((one) => one.loan !== loan.id && !planned.some((other) => other.loan === one.loan));
  return planned.length + held.length === 0 ? scene.spent : [...scene.spent, ...planned, ...held];
}

function moneyBound(ask: Ask, at: At, option: Option, inside: CoinNow | null): Bound {
  if (option.from === 'inside') {
    const coins = inside === null ? ZERO : option.fed ? inside.brought : inside.spendable;
    return { name: 'inside', coins, cause: 'money' };
  }
  const wallet = PRODUCT_FACTS[ask.loan.product].wallet;
  return { name: `wallet ${wallet}`, coins: available(at.purse, wallet, option.asset), cause: 'money' };
}

function emptySays(ask: Ask, at: At, option: Option): string {
  if (option.from === 'inside') return `no ${option.asset} inside that may be used`;
  return whyEmpty(ask.scene.input, at.purse, PRODUCT_FACTS[ask.loan.product].wallet, option.asset);
}

function limitBounds(ask: Ask, at: At, option: Option, price: Dec, perActionUsd: Dec | null): readonly Bound[] {
  const { scene, policy, tier, need, loan } = ask;
  const window = windowRoom({
    now: scene.input.now,
    policy,
    tier,
    episode: need.episode,
    rung: option.rung,
    spent: countedFor(ask, at.purse.planned),
    counts: (other) => scene.sharePolicy(loan.id, other),
    priceOf: scene.priceOf,
  });
  const bounds: Bound[] = [];
  if (window.usd !== null && window.binding !== null) {
    bounds.push({ name: window.binding, coins: window.usd.div(price), cause: 'limit' });
  }
  if (perActionUsd !== null) bounds.push({ name: 'perAction', coins: perActionUsd.div(price), cause: 'limit' });
  return bounds;
}
