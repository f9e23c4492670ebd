import type { Intent, Verb } from '../../../../src/core/intent.ts';
import { levelsAt } from '../../../../src/core/levels.ts';
import { parse } from '../../../../src/core/money.ts';
import { PRODUCT_FACTS } from '../../../../src/core/products.ts';
import type { Flat } from '../truth.ts';
import type { Invariant, Log } from '../log.ts';
import { cursor } from '../log.ts';
import { placesOf } from '../places.ts';

/** Reads of a plan are at most this old. */
const PLAN_MS = 8_000;
/** Weights of collateral, tails of fingerprints, minima. */
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
          const floor = targetOf(log, account, intent);
          const ltv = highest(log, account, intent, at);
          if (ltv !== null && floor !== null && ltv < floor * SLACK)
            yield `${intent.id} (${intent.verb} ${intent.amount} ${intent.asset}) carried ${intent.loan} to ${ltv.toFixed(4)}, target is ${floor.toFixed(4)}`;
        }
      },
    };
  },
};

function targetOf(log: Log, account: string, intent: Intent): number | null {
  const { product, key } = intent;
  const plan = log.account(account);
  const name = product === 'binance.flexibleLoan' ? key.replace('-', '/') : key;
  const row = log.simulation
    .booksOf(plan.setup.venue)
    .report()
    .find((one) => one.account === account && one.product === product && one.key === name);
  const policy = log.setupOf(plan, intent).policies[product];
  if (row === undefined || policy === undefined || row.liquidated || row.closed) return null;
  const line = parse(row.line);
  return Number(levelsAt(policy.bands, line, line.times(LOWEST_CALL)).target);
}

/** The highest LTV of what the loan holds now, at the prices that the plan or the venue can have seen. */
function highest(log: Log, account: string, intent: Intent, at: number): number | null {
  const held = log.truth.now(account);
  const planned = log.plannedAt(intent.id);
  const moments = [planned - PLAN_MS, planned - PLAN_MS / 2, planned, at];
  const ltvs = moments.map((moment) => ltvOf(log, held, intent, moment));
  return ltvs.some((ltv) => ltv === null) ? null : Math.max(...ltvs.map(Number));
}

function ltvOf(log: Log, held: Flat, intent: Intent, at: number): number | null {
  const prefix = placesOf(intent).debt('').trim().split(' ').slice(0, -1).join(' ');
  let [debt, value] = [0, 0];
  for (const [place, coins] of held) {
    if (!place.startsWith(`${prefix} `)) continue;
    const [asset = '', what = ''] = place.slice(prefix.length + 1).split(' ');
    const usd = Number(coins) * log.price(asset, at, PRODUCT_FACTS[intent.product].venue);
    if (what === 'owed') debt += usd;
    else value += usd;
  }
  return value === 0 || debt === 0 ? null : debt / value;
}
