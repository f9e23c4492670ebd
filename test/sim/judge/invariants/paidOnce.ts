import type { Intent, Verb } from '../../../../src/core/intent.ts';
import { levelsAt } from '../../../../src/core/levels.ts';
import { parse } from '../../../../src/core/money.ts';
import { PRODUCT_FACTS } from '../../../../src/core/products.ts';
import type { LoanReport } from '../../../../src/simulator/contract.ts';
import type { Flat } from '../truth.ts';
import type { Invariant, Log } from '../log.ts';
import { cursor } from '../log.ts';
import { placesOf } from '../places.ts';

/** Reads of a plan are at most 8 s old, and an index price may stand in for a failed read of the next one. */
const SECONDS = Array.from({ length: 13 }, (_none, second) => second * 1_000);
/** Tails of fingerprints, minima. */
const SLACK = 0.93;
const RELEASES: readonly Verb[] = ['transferOut', 'reduce'];
const SMALL_USD = 200;
/** The lowest call of any product here, as a share of its line: it may push a policy's levels down. */
const LOWEST_CALL = 0.84;

/** No need is paid twice: what Ballast moves never carries a loan far beyond its target. */
export const paidOnce: Invariant = {
  name: 'paidOnce',
  keeps:
    '§2.1, §5.2 no need is paid twice: a call never carries its loan far beyond target, at any price since its plan',
  judge: (log) => {
    const fresh = cursor(log.truth.moves);
    return {
      *step() {
        for (const { cause, account, at } of fresh()) {
          if (cause?.kind !== 'request' || cause.tag === null || log.touched(account, 240_000)) continue;
          const intent = log.intent(log.account(account), cause.tag);
          if (
            intent === null ||
            intent.full ||
            RELEASES.includes(intent.verb) ||
            Number(intent.amount) * log.price(intent.asset, at) < SMALL_USD
          )
            continue;
          const row = rowOf(log, account, intent);
          const floor = row === null ? null : targetOf(log, account, intent, row);
          const ltv = row === null ? null : highest(log, account, intent, row, at);
          if (ltv !== null && floor !== null && ltv < floor * SLACK)
            yield `${intent.id} (${intent.verb} ${intent.amount} ${intent.asset}) carried ${intent.loan} to ${ltv.toFixed(4)}, target is ${floor.toFixed(4)}`;
        }
      },
    };
  },
};

/** The loan as its venue reports it now. */
function rowOf(log: Log, account: string, { product, key }: Intent): LoanReport | null {
  const name = product === 'binance.flexibleLoan' ? key.replace('-', '/') : key;
  const rows = log.simulation.booksOf(log.account(account).setup.venue).report();
  const row = rows.find((one) => one.account === account && one.product === product && one.key === name);
  return row === undefined || row.liquidated || row.closed ? null : row;
}

function targetOf(log: Log, account: string, intent: Intent, row: LoanReport): number | null {
  const policy = log.setupOf(log.account(account), intent).policies[intent.product];
  if (policy === undefined) return null;
  const line = parse(row.line);
  return Number(levelsAt(policy.bands, line, line.times(LOWEST_CALL)).target);
}

/**
 * The highest LTV of what the loan holds now, at the prices that the plan or the venue can have seen. What the venue takes
 * off the value of collateral is read off its own LTV of now.
 */
function highest(log: Log, account: string, intent: Intent, row: LoanReport, at: number): number | null {
  const held = log.truth.now(account);
  const plain = ltvOf(log, held, intent, at);
  if (plain === null) return null;
  const weight = Math.max(1, Number(row.ltv) / plain);
  const planned = log.plannedAt(intent.id);
  const moments = [...SECONDS.map((ms) => planned - ms), at];
  const ltvs = moments.map((moment) => ltvOf(log, held, intent, moment));
  return ltvs.some((ltv) => ltv === null) ? null : Math.max(...ltvs.map(Number)) * weight;
}

function ltvOf(log: Log, held: Flat, intent: Intent, at: number): number | null {
  const prefix = placesOf(intent).loan;
  let [debt, value] = [0, 0];
  for (const [place, coins] of held) {
    if (!place.startsWith(prefix)) continue;
    const [asset = '', what = ''] = place.slice(prefix.length).split(' ');
    const usd = Number(coins) * log.price(asset, at, PRODUCT_FACTS[intent.product].venue);
    if (what === 'owed') debt += usd;
    else value += usd;
  }
  return value === 0 || debt === 0 ? null : debt / value;
}
