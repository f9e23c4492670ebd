/** Statuses as a quiet server gives them; tests change what they are about. */
import type { LoanStatus } from '../../src/reading/loans.ts';
import type { AccountStatus } from '../../src/reading/status.ts';

export function anAccount(one: Partial<AccountStatus> = {}): AccountStatus {
  return {
    account: 'main',
    name: 'main',
    mode: 'live',
    venue: 'okx',
    uid: '42',
    own: true,
    lookedMs: 2_000,
    seenMs: 2_000,
    seenWithinMs: 30_000,
    accountMode: 'active',
    held: [],
    standing: { mode: 'active', causes: [], pauses: [], acknowledging: false },
    lane: { looks: 7, nextLookMs: 3_000, running: false, processes: 1, failed: 0 },
    unread: [],
    wallets: [],
    terms: { ageMs: null, failed: null, gaps: [] },
    survival: [],
    ...one,
  };
}

export function aLoan(one: Partial<LoanStatus> = {}): LoanStatus {
  return {
    account: 'main',
    mode: 'live',
    loan: 'main/okx.spotBorrow',
    state: 'watching.healthy',
    ltv: '0.5',
    says: null,
    terms: [],
    survival: { moves: [], targets: [] },
    verdict: null,
    levels: null,
    next: [],
    paused: null,
    policy: null,
    debts: [],
    collateral: [],
    budgets: [],
    fuse: null,
    ...one,
  };
}
