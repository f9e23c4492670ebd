/** A policy and an account's settings, drawn at random within what a policy file may say. */
import { DISLOCATION_RULES } from '../../../src/core/dislocation.ts';
import type { LoanRule, Policy, ReleaseRule, Rung, RungSource, WalletRule } from '../../../src/core/policy.ts';
import type { Product } from '../../../src/core/loan.ts';
import { parse } from '../../../src/core/money.ts';
import { PRODUCT_FACTS, legalRung } from '../../../src/core/products.ts';
import type { AccountSetup } from '../../../src/jobs/account.ts';
import type { Timing } from '../../../src/jobs/timing.ts';
import { policy, rung } from '../../core/build.ts';
import type { Chance } from '../engine/chance.ts';
import { coins } from './accounts.ts';

/** Waits of the runs. Leases and deadlines are real ones; what only makes a run longer is shorter. */
export const TIMING: Timing = {
  requestDeadlineMs: 6_000,
  lockMs: 15_000,
  stalledMs: 5_000,
  lookEveryMs: 20_000,
  lookSoonMs: 2_000,
  maxAgeMs: 8_000,
  claimReplyMs: 500,
  settleInLaneMs: 2_000,
  lagMarginMs: 4_000,
  reflectTimeoutMs: 30_000,
  giveUpMs: 150_000,
  evidenceSpreadMs: 12_000,
  plausibleAfterMs: 10_000,
  spacingMs: 300,
  clockJumpMs: 5_000,
  recordsEveryMs: 60_000,
};

const SOURCES: readonly (readonly [Rung['do'], RungSource])[] = [
  ['repay', 'inside'],
  ['repay', 'wallet'],
  ['add', 'wallet'],
];

function ladderOf(chance: Chance, product: Product): readonly Rung[] {
  const legal = SOURCES.filter(([action, from]) => legalRung(product, action, from).ok);
  const count = chance.is(0.75) ? legal.length : chance.int(1, legal.length);
  return chance.some(legal, count).map(([action, from], index) =>
    rung(index + 1, {
      do: action,
      with: action === 'repay' ? 'debt' : chance.some(['USDT', 'BTC', 'ETH', 'SOL'], chance.int(1, 4)),
      from: [from],
      atMost: chance.is(0.1)
        ? { amount: { value: parse(chance.amount(500, 5_000, 0)), asset: 'USD' }, perMs: 3_600_000 }
        : null,
    }),
  );
}

function capsOf(chance: Chance, tight: boolean) {
  if (!tight) return {};
  const perAction = chance.int(300, 4_000);
  const perHour = perAction * chance.int(1, 4);
  const caps = {
    perAction: parse(String(perAction)),
    perHour: parse(String(perHour)),
    perDay: parse(String(perHour * 2)),
    perIncident: null,
  };
  const wide = {
    perAction: parse(String(perAction * 2)),
    perHour: parse(String(perHour * 2)),
    perDay: parse(String(perHour * 3)),
    perIncident: null,
  };
  return { caps, urgentCaps: wide };
}

/** Collateral may go when a loan stood far below its target for a while. */
function releaseOf(chance: Chance, target: number): ReleaseRule {
  const upTo = target + chance.between(0.01, 0.04);
  return {
    below: parse((upTo + chance.between(0.01, 0.05)).toFixed(4)),
    upTo: parse(upTo.toFixed(4)),
    afterMs: chance.int(5, 60) * 1_000,
    perDay: parse(chance.amount(500, 20_000, 0)),
  };
}

export function policyOf(chance: Chance, product: Product): Policy {
  const act = chance.between(0.1, 0.17);
  const cushion = (value: number): string => value.toFixed(4);
  const target = act + chance.between(0.05, 0.15);
  return {
    ...policy({
      scale: 'cushion',
      target: cushion(target),
      act: cushion(act),
      urgent: cushion(act * chance.between(0.4, 0.7)),
      warn: [cushion(act + 0.03)],
      fuse: chance.int(6, 30),
      ...capsOf(chance, chance.is(0.25)),
      confirm: { act: chance.int(1, 2), urgent: 1 },
      coolDownMs: chance.pick([0, 5_000, 30_000]),
      whenShort: chance.is(0.8) ? 'partial' : 'skip',
      whenUnsettled: chance.is(0.75) ? 'otherMoney' : 'hold',
      dust: chance.is(0.8) ? 'leave' : 'clear',
      ladder: ladderOf(chance, product),
    }),
    release: chance.is(0.4) ? releaseOf(chance, target) : null,
    name: product,
  };
}

function keepOf(chance: Chance, name: string): WalletRule {
  const kept = chance.is(0.3) ? ['USDT'] : [];
  return { name, keep: Object.fromEntries(kept.map((asset) => [asset, parse(coins(chance, asset, 50, 3_000))])) };
}

export function setupOf(chance: Chance, name: string, products: readonly Product[]): AccountSetup {
  const facts = products.map((product) => PRODUCT_FACTS[product]);
  const wallets = new Set(facts.flatMap(({ wallet, inside }) => (inside === null ? [wallet] : [wallet, inside])));
  const loans: LoanRule[] = products.map((product) => ({
    product,
    match: {},
    policy: product,
    priority: chance.int(1, 3),
  }));
  return {
    name,
    venue: facts[0]?.venue ?? 'binance',
    mode: chance.is(0.04) ? 'dryRun' : 'simulated',
    digest: 'd1',
    policies: Object.fromEntries(products.map((product) => [product, policyOf(chance, product)])),
    loans,
    unlisted: { kind: 'alert' },
    wallets: [...wallets].map((wallet) => keepOf(chance, wallet)),
    dislocation: DISLOCATION_RULES,
    groups: { USDT: { wraps: null, stable: 'USD' }, USDC: { wraps: null, stable: 'USD' } },
    timing: TIMING,
  };
}
