/** Whether the usual remedy of a loan is large enough for its venue. Pure. */
import type { DebtView, LoanView } from '../../core/loan.ts';
import type { Dec } from '../../core/money.ts';
import { ONE } from '../../core/money.ts';
import type { Levels } from '../../core/need.ts';
import type { Policy } from '../../core/policy.ts';
import { routeOf } from '../../core/products.ts';
import { coins } from '../../core/words.ts';
import type { ProductOffers } from '../../exchanges/exchange.ts';
import type { Judged } from './finding.ts';
import { judged, ok } from './finding.ts';

interface Remedy {
  readonly words: string;
  /** Coins that bring a loan from `act` to `target` (DESIGN §5.2). */
  readonly amount: Dec;
  readonly least: Dec | null;
  /** The most that it could ever be. */
  readonly whole: Dec | null;
}

export function judgeMinimum(
  loan: LoanView,
  policy: Policy,
  levels: Levels,
  offered: ProductOffers | null,
): readonly Judged[] {
  const remedy = usual(loan, policy, levels, offered);
  if (remedy === null) return [];
  const { words, amount, least, whole } = remedy;
  const is = `${words} ${coins(amount)} brings it from \`act\` to \`target\``;
  if (least === null || least.lte(0)) return [ok('minimum', `${is}; the venue names no smallest amount`)];
  if (amount.gte(least)) return [ok('minimum', `${is}; the venue takes ${coins(least)} and more`)];
  if (whole !== null && whole.lt(least)) {
    const says = `the whole debt of ${coins(whole)} is less than the ${coins(least)} that the venue takes at least`;
    return [judged('minimum', 'warning', says, 'Close it by hand, or write `dust: clear` into its policy.')];
  }
  const says = `${is}, less than the ${coins(least)} that the venue takes at least`;
  return [
    judged('minimum', 'warning', says, `Widen the distance from \`act\` to \`target\` in policy ${policy.name}.`),
  ];
}

/** What the first rung that fits the product would do. */
function usual(loan: LoanView, policy: Policy, levels: Levels, offered: ProductOffers | null): Remedy | null {
  const rung = policy.ladder.find((one) => one.from.some((from) => routeOf(loan.product, one.do, from) !== null));
  const owed = loan.debts.reduce<DebtView | null>(
    (most, debt) => (most === null || valueOf(debt).gt(valueOf(most)) ? debt : most),
    null,
  );
  if (rung === undefined || owed === null || loan.status !== 'open' || loan.debtValue.lte(0)) return null;
  if (rung.do === 'repay') {
    const amount = loan.debtValue.times(ONE.minus(levels.target.div(levels.act))).div(owed.price);
    const least = owed.minRepay ?? offered?.minRepay[owed.asset] ?? null;
    return { words: `repaying ${owed.asset}`, amount, least, whole: owed.amount };
  }
  const coin = loan.collateral.find(
    ({ asset, weight }) => rung.with !== 'debt' && rung.with.includes(asset) && weight.gt(0),
  );
  if (coin === undefined) return null;
  const value = loan.debtValue.div(levels.target).minus(loan.debtValue.div(levels.act));
  return {
    words: `adding ${coin.asset}`,
    amount: value.div(coin.weight.times(coin.price)),
    least: coin.minAdd,
    whole: null,
  };
}

function valueOf({ amount, price }: DebtView): Dec {
  return amount.times(price);
}
