/** Which loans are out of their band although the policy has the means to mend them, reckoned from the venues' books. */
import { levelsAt } from '../../../src/core/levels.ts';
import { parse } from '../../../src/core/money.ts';
import type { Policy, Rung } from '../../../src/core/policy.ts';
import type { Product } from '../../../src/core/loan.ts';
import type { LoanReport } from '../../../src/simulator/contract.ts';
import type { AccountPlan } from '../world/plan.ts';
import type { Log } from './log.ts';
import { placesOf } from './places.ts';

export interface Unmended {
  readonly loan: string;
  readonly says: string;
}

/** So much more than needed must be there: rounding, minima, and prices of two venues' ways to reckon. */
const PLENTY = 1.3;
/** Nobody minds less than this, USD: minima of venues. */
const SMALL_USD = 50;

export function unmended(log: Log, account: AccountPlan): readonly Unmended[] {
  const { name, venue, mode } = account.setup;
  if (mode === 'dryRun') return [];
  const rows = log.simulation
    .booksOf(venue)
    .report()
    .filter((row) => row.account === name);
  const out = rows.flatMap((row) => (row.closed || row.liquidated ? [] : outOfBand(log, account, row)));
  // Loans share their money: what all of them need has to be there.
  const wanted = out.reduce((total, { usd }) => total + usd, 0);
  return out.flatMap(({ row, policy, usd, act }) => {
    if (usd < SMALL_USD || !isFree(log, account, policy, row)) return [];
    const means = policy.ladder.reduce((most, rung) => Math.max(most, meansOf(log, account, row, rung)), 0);
    if (means < wanted * PLENTY) return [];
    const says = `${name} ${row.product} ${row.key} stands at ${row.ltv} (act ${act.toFixed(4)}), needs ${usd.toFixed(2)} USD, and ${means.toFixed(2)} USD are at hand`;
    return [{ loan: row.key, says }];
  });
}

interface Out {
  readonly row: LoanReport;
  readonly policy: Policy;
  readonly usd: number;
  readonly act: number;
}

function outOfBand(log: Log, account: AccountPlan, row: LoanReport): readonly Out[] {
  const policy = log.acting(account).policies[row.product];
  if (policy === undefined) return [];
  const levels = levelsAt(policy.bands, parse(row.line), null);
  const ltv = Number(row.ltv);
  // What the venue calls earlier only moves `act` down; a point of room is for that and for rounding.
  if (!(ltv >= Number(levels.act) + 0.005)) return [];
  const debt = worth(log, row.debt);
  return [
    {
      row,
      policy,
      usd: (debt * (1 - Number(levels.target) / ltv)) / (1 - Number(levels.target)),
      act: Number(levels.act),
    },
  ];
}

/** Nothing but money and time stands between this loan and its band. */
function isFree(log: Log, account: AccountPlan, policy: Policy, row: LoanReport): boolean {
  const { perAction, perHour, perDay, perIncident, actions } = policy.limits;
  const unlimited = [perAction, perHour, perDay, perIncident].every((cap) => cap === null);
  const fruitless = [...log.hash(account, 'fruitless').values()].map((times) => times.split(' ').length);
  const blown = fruitless.some((count) => count >= actions.count);
  // A liquidation that ended above the band, or an account somebody drained, is for a person.
  return unlimited && !blown && Object.keys(row.debt).length === 1 && !log.touched(account.setup.name, Infinity);
}

function meansOf(log: Log, account: AccountPlan, row: LoanReport, rung: Rung): number {
  const [debtCoin = ''] = Object.keys(row.debt);
  if (rung.atMost !== null || rung.do !== 'repay') return 0;
  const held = log.truth.now(account.setup.name);
  const { wallet } = placesOf({ product: row.product as Product, key: row.key });
  if (!rung.from.includes('wallet')) return 0;
  const place = wallet(debtCoin);
  const walletName = place?.split(' ')[0] ?? '';
  const kept = log.acting(account).wallets.find(({ name }) => name === walletName)?.keep[debtCoin];
  const coins = Number(held.get(place ?? '') ?? 0) - Number(kept ?? 0);
  return coins * log.price(debtCoin, log.now);
}

function worth(log: Log, coins: Readonly<Record<string, string>>): number {
  return Object.entries(coins).reduce(
    (total, [asset, amount]) => total + Number(amount) * log.price(asset, log.now),
    0,
  );
}
