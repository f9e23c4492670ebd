/** Rows that are read at each scrape, from the journal: what is true now, whichever process made it so. */
import { UNDECIDED } from '../core/intent.ts';
import { MODES } from '../core/modes.ts';
import { statesOf } from '../machines/chart.ts';
import { loanMachine } from '../machines/loanMachine.ts';
import type { Row } from './row.ts';

const LOAN = { account: null, loan: null };
const ACCOUNT = { account: null };
const READ = { type: 'gauge', read: true } as const;

export const LEVELS = ['target', 'act', 'urgent', 'call', 'line'] as const;
export const BUDGETS = ['perHour', 'perDay', 'perIncident'] as const;

export const LOAN_METRICS = {
  ballast_loan_state: {
    ...READ,
    help: '1 for the state that the loan is in (docs/machines.md); closed and retired loans are left out.',
    labels: { ...LOAN, state: statesOf(loanMachine) },
  },
  ballast_loan_ltv_ratio: {
    ...READ,
    help: 'Loan-to-value ratio as the last look decided by it: the upper edge of what the venue says.',
    labels: LOAN,
  },
  ballast_loan_level_ratio: {
    ...READ,
    help: 'Levels of the policy, and the venue’s own (call, line), as LTV.',
    labels: { ...LOAN, level: LEVELS },
  },
  ballast_loan_cushion_ratio: {
    ...READ,
    help: 'What is left to the line, as a share of it: 1 − LTV ÷ line. Below zero beyond it.',
    labels: LOAN,
  },
  ballast_loan_survival_ratio: {
    ...READ,
    help: 'Price move of the nearest coin that reaches the line, signed (−0.37: a fall by 37 %), without and with the money that the policy may use; absent where no such move does.',
    labels: { ...LOAN, direction: ['fall', 'rise'], money: ['without', 'with'] },
  },
  ballast_loan_debt_usd: { ...READ, help: 'What is owed, at the prices of the last look.', labels: LOAN },
  ballast_loan_collateral_usd: {
    ...READ,
    help: 'What secures it, at the prices of the last look and unweighted.',
    labels: LOAN,
  },
  ballast_loan_paused: { ...READ, help: '1 while an operator’s pause holds this loan.', labels: LOAN },
  ballast_loan_fuse_blown: {
    ...READ,
    help: '1 while too many sends without effect keep the loan from normal payments.',
    labels: LOAN,
  },
} as const satisfies Record<string, Row>;

export const ACCOUNT_METRICS = {
  ballast_account_watched: {
    ...READ,
    help: '1 when a server watches the account of the policy file; 0 when its venue did not answer yet or its key was refused.',
    labels: ACCOUNT,
  },
  ballast_account_sends: {
    ...READ,
    help: '1 for what the account may send.',
    labels: { ...ACCOUNT, venue: ['binance', 'okx'], sends: ['live', 'simulated', 'dryRun'] },
  },
  ballast_account_mode: {
    ...READ,
    help: '1 for the mode that the account is in (README: what each mode allows).',
    labels: { ...ACCOUNT, mode: MODES },
  },
  ballast_account_paused: { ...READ, help: '1 while an operator’s pause holds the whole account.', labels: ACCOUNT },
  ballast_account_observation_age_seconds: {
    ...READ,
    help: 'Age of the readings that the last good look rests on; absent before the first.',
    labels: ACCOUNT,
  },
  ballast_account_observation_limit_seconds: {
    ...READ,
    help: 'Age beyond which the account counts as not watched: two looks and a take-over.',
    labels: ACCOUNT,
  },
  ballast_account_failed_looks: { ...READ, help: 'Failed looks in a row.', labels: ACCOUNT },
  ballast_account_unread_sections: {
    ...READ,
    help: 'Products and wallets that the last good look could not read.',
    labels: ACCOUNT,
  },
  ballast_account_processes: {
    ...READ,
    help: 'Processes that act for the account; dry runs count none.',
    labels: ACCOUNT,
  },
  ballast_look_overdue_seconds: { ...READ, help: 'How long the next look has been due.', labels: ACCOUNT },
  ballast_wallet_free_coins: {
    ...READ,
    help: 'Free coins of a wallet, of coins that a rule keeps or that a loan owes or is secured by.',
    labels: { ...ACCOUNT, wallet: null, asset: null },
  },
  ballast_wallet_keep_coins: {
    ...READ,
    help: 'Coins of a wallet that no plan touches.',
    labels: { ...ACCOUNT, wallet: null, asset: null },
  },
  ballast_budget_left_usd: {
    ...READ,
    help: 'What a limit of a policy still leaves in this account; of limits per incident the smallest. Unlimited ones are absent.',
    labels: { ...ACCOUNT, policy: null, tier: ['normal', 'urgent'], limit: BUDGETS },
  },
  ballast_budget_cap_usd: {
    ...READ,
    help: 'The limit itself.',
    labels: { ...ACCOUNT, policy: null, tier: ['normal', 'urgent'], limit: BUDGETS },
  },
  ballast_money_calls_undecided: {
    ...READ,
    help: 'Money calls that may still move money.',
    labels: { ...ACCOUNT, state: UNDECIDED },
  },
  ballast_money_call_undecided_age_seconds: {
    ...READ,
    help: 'Since the oldest of them was sent; absent when there is none.',
    labels: ACCOUNT,
  },
  ballast_alerts_open: {
    ...READ,
    help: 'Open alerts of this Redis, of all its servers; those that are over and not yet told so are left out.',
    labels: { severity: ['warning', 'critical'], category: null, acknowledged: ['yes', 'no'] },
  },
} as const satisfies Record<string, Row>;
