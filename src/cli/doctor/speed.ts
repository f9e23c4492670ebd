/**
 * Whether the levels of a policy leave room for the time that Ballast needs. Pure.
 *
 * How fast prices go is taken from one-minute candles of Binance spot of the worst days there are tapes of: the largest
 * distance from the open of one minute to its low or high. Within that minute anything may have happened at once, so a
 * shorter wait gets the whole figure.
 */
import type { Timing } from '../../config/types.ts';
import type { Asset, LoanView } from '../../core/loan.ts';
import type { Dec } from '../../core/money.ts';
import { ONE, ZERO, parse } from '../../core/money.ts';
import type { Levels } from '../../core/need.ts';
import type { AssetGroup, Policy } from '../../core/policy.ts';
import { percent } from '../../core/words.ts';
import type { Judged } from './finding.ts';
import { judged, ok } from './finding.ts';

/** The worst minute, shares. Docs and a test quote it. */
export const WORST_MINUTE = {
  BTC: { fall: '0.065', rise: '0.080', when: '19 May 2021' },
  ETH: { fall: '0.099', rise: '0.099', when: '3 February 2025 and 19 May 2021' },
  /** The most of any other coin there are candles of: DOGE. */
  other: { fall: '0.120', rise: '0.203', when: '19 May 2021' },
  /** USDC against USDT, whose series is made of two: from one minute to the next. */
  stable: { fall: '0.017', rise: '0.017', when: '11 March 2023' },
} as const;

const MINUTE_MS = 60_000;

/** From the price that passes `act` until the venue shows the payment: the look that just missed it, those that must agree, one call. */
export function reactionMs(
  { lookEveryMs, lookSoonMs, requestDeadlineMs, settleInLaneMs }: Timing,
  looks: number,
): number {
  return lookEveryMs + Math.max(0, looks - 1) * lookSoonMs + requestDeadlineMs + settleInLaneMs;
}

type Groups = Readonly<Record<Asset, AssetGroup>>;

function worstOf(asset: Asset, groups: Groups): { readonly fall: Dec; readonly rise: Dec } {
  const inside = groups[asset]?.wraps ?? asset;
  const row = isStable(asset, groups)
    ? WORST_MINUTE.stable
    : inside === 'BTC' || inside === 'ETH'
      ? WORST_MINUTE[inside]
      : WORST_MINUTE.other;
  return { fall: parse(row.fall), rise: parse(row.rise) };
}

function isStable(asset: Asset, groups: Groups): boolean {
  return (groups[asset]?.stable ?? null) !== null;
}

interface Side {
  readonly asset: Asset;
  readonly value: Dec;
}

/** The LTV that is reached when every coin goes its worst way at once, from this LTV on; only those that are no stable coins, unless all are. */
function ltvAfter(ltv: Dec, { debts, collateral }: LoanView, groups: Groups, minutes: number): Dec {
  const [owed, held] = [valued(debts), valued(collateral)];
  const allStable = [...owed, ...held].every(({ asset }) => isStable(asset, groups));
  const moved = (sides: readonly Side[], way: 'fall' | 'rise'): Dec => {
    const total = sides.reduce((sum, { value }) => sum.plus(value), ZERO);
    if (total.lte(ZERO)) return ONE;
    const factor = (side: Side): Dec => {
      const share = !allStable && isStable(side.asset, groups) ? ZERO : worstOf(side.asset, groups)[way].times(minutes);
      return way === 'rise' ? ONE.plus(share) : share.gte(ONE) ? ZERO : ONE.minus(share);
    };
    return sides.reduce((sum, side) => sum.plus(side.value.times(factor(side))), ZERO).div(total);
  };
  // A coin that is owed and a coin that is held do not go opposite ways for long: the worse of the two is taken.
  const fallen = moved(held, 'fall');
  const byFall = fallen.lte(ZERO) ? null : ltv.div(fallen);
  const byRise = ltv.times(moved(owed, 'rise'));
  return byFall === null || byRise.gt(byFall) ? byRise : byFall;
}

function valued(list: LoanView['debts'] | LoanView['collateral']): readonly Side[] {
  return list.map(({ asset, amount, price }) => ({ asset, value: amount.times(price) }));
}

export function judgeSpeed(loan: LoanView, policy: Policy, levels: Levels, groups: Groups, timing: Timing): Judged {
  const ms = reactionMs(timing, policy.confirm.act);
  const minutes = Math.max(1, Math.ceil(ms / MINUTE_MS));
  const reached = ltvAfter(levels.act, loan, groups, minutes);
  const wait = `${String(Math.ceil(ms / 1_000))} s (a look, its confirmation, a payment)`;
  const from = `from ${percent(levels.act)} (\`act\`) the worst ${minutes === 1 ? 'minute on record leads' : `${String(minutes)} minutes on record lead`} to ${percent(reached)}`;
  if (reached.lt(levels.line))
    return ok('speed', `${from}, and the line is at ${percent(levels.line)}; Ballast needs up to ${wait}`);
  const says = `${from}, beyond the line at ${percent(levels.line)}, and Ballast needs up to ${wait}`;
  const remedy = `Lower \`act\` of policy ${policy.name}, or its \`confirm\`, or \`timing.lookEvery\`.`;
  return judged('speed', 'warning', says, remedy);
}
