/** What is left of a policy's limits, as data. */
import { capsOf, fuse, spentOf, windowRooms } from '../core/limits.ts';
import type { LimitName, Tier } from '../core/limits.ts';
import type { LoanId } from '../core/loan.ts';
import { format } from '../core/money.ts';
import type { Charge } from '../core/need.ts';
import type { Policy } from '../core/policy.ts';

/** USD as text. Limits that the policy leaves `unlimited` are not listed. */
export interface BudgetRow {
  readonly tier: Tier;
  readonly limit: LimitName;
  readonly cap: string;
  readonly left: string;
}

const CAPS = { perHour: 'perHour', perDay: 'perDay', perIncident: 'perIncident' } as const;

interface BudgetAsk {
  readonly policy: Policy;
  readonly charges: readonly Charge[];
  /** Redis ms. */
  readonly now: number;
  readonly episode: string;
  /** Whether a charge on this loan counts against the policy's windows. */
  readonly counts: (loan: LoanId) => boolean;
}

/** Both tiers: the usual one, and the wider one beyond `urgent`. */
export function budgetsOf({ policy, charges, now, episode, counts }: BudgetAsk): readonly BudgetRow[] {
  const spent = spentOf(charges);
  return (['normal', 'urgent'] as const).flatMap((tier) => {
    const caps = capsOf(policy.limits, tier);
    const single = caps.perAction === null ? [] : [{ tier, limit: 'perAction' as const, usd: caps.perAction }];
    const rooms = windowRooms({ now, policy, tier, episode, rung: null, spent, counts, priceOf: () => null });
    return [
      ...single.map(({ limit, usd }) => ({ tier, limit, cap: format(usd), left: format(usd) })),
      ...rooms.flatMap(({ usd, binding }) => {
        const cap = binding === null ? null : caps[CAPS[binding as keyof typeof CAPS]];
        return usd === null || binding === null || cap === null
          ? []
          : [{ tier, limit: binding, cap: format(cap), left: format(usd) }];
      }),
    ];
  });
}

/** Sends without effect in a row, of so many that blow the fuse. */
export interface FuseRow {
  readonly count: number;
  readonly of: number;
  readonly blown: boolean;
}

export function fuseOf(policy: Policy, fruitless: readonly number[], now: number): FuseRow {
  return { ...fuse(policy.limits, fruitless, now), of: policy.limits.actions.count };
}
