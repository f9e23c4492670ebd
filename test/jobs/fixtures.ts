/** Small builders for intents and charges of the jobs' tests. */
import type { Intent } from '../../src/core/intent.ts';
import type { Charge } from '../../src/core/need.ts';
import type { Commit } from '../../src/jobs/journal.ts';
import { EMPTY_COMMIT } from '../../src/jobs/journal.ts';
import type { AccountAddress } from '../../src/jobs/keys.ts';

let serial = 0;

/** An address of its own for every test, so that tests on one Redis cannot meet. */
export function freshAddress(): AccountAddress {
  serial += 1;
  return { mode: 'simulated', world: `world${String(process.pid)}x${String(serial)}`, venue: 'binance', uid: '42' };
}

export function anIntent(id: string, over: Partial<Intent> = {}): Intent {
  return {
    id,
    account: 'alice',
    loan: 'alice/binance.crossMargin',
    product: 'binance.crossMargin',
    key: '',
    verb: 'repay',
    asset: 'USDT',
    amount: '100',
    from: 'inside',
    to: 'loan',
    full: false,
    mode: 'simulated',
    episode: 'e1',
    rung: 1,
    tier: 'normal',
    chargeUsd: '100',
    fingerprint: 'unmarked',
    clientId: 'c1',
    epoch: 1,
    policyDigest: 'digest',
    plannedAt: 1_000,
    maxAgeMs: 60_000,
    before: { debt: { USDT: '1000' }, collateral: {}, inside: {}, wallet: {}, ltv: '0.8' },
    cursors: {},
    state: 'planned',
    validUntil: null,
    sentAt: null,
    settledAt: null,
    troubleAt: null,
    ref: null,
    note: '',
    reads: [],
    ...over,
  };
}

export function commitWith(intent: Intent): Commit {
  const charge: Charge = {
    intent: intent.id,
    at: intent.plannedAt,
    loan: intent.loan,
    episode: intent.episode,
    rung: intent.rung,
    asset: intent.asset,
    amount: intent.amount,
    usd: intent.chargeUsd,
    tier: intent.tier,
  };
  return { ...EMPTY_COMMIT, intent: { intent, charge } };
}
