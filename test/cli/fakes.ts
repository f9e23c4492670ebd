/** A clock that moves when told, and an intent, for the tests of words. */
import type { Cancel, Clock } from '../../src/clock.ts';
import type { Intent } from '../../src/core/intent.ts';

export class ManualClock implements Clock {
  #ms = 0;

  wall(): number {
    return 1_700_000_000_000 + this.#ms;
  }

  mono(): number {
    return this.#ms;
  }

  /** Moves time. Nothing here waits for it. */
  pass(ms: number): void {
    this.#ms += ms;
  }

  later(_ms: number, _run: () => void): Cancel {
    return () => undefined;
  }

  async sleep(ms: number): Promise<void> {
    this.#ms += ms;
  }
}

export function repayIntent(loan: string, amount: string): Intent {
  return {
    id: 'stamp-1-1',
    account: 'bnb',
    loan,
    product: 'binance.crossMargin',
    key: '',
    mode: 'simulated',
    episode: 'e',
    rung: 1,
    tier: 'normal',
    verb: 'repay',
    asset: 'USDT',
    amount,
    from: 'spot',
    to: 'loan',
    full: false,
    chargeUsd: amount,
    fingerprint: 'marked',
    clientId: 'c',
    epoch: 1,
    policyDigest: 'd',
    plannedAt: 0,
    maxAgeMs: 1_000,
    before: { debt: {}, collateral: {}, inside: {}, wallet: {}, ltv: '0.76' },
    cursors: {},
    state: 'sending',
    validUntil: null,
    sentAt: null,
    settledAt: null,
    troubleAt: null,
    ref: null,
    note: '',
    reads: [],
  };
}
