/**
 * Which calls each account mode allows (DESIGN §4). The one table: the core, the account's claims and the machines ask it,
 * and the tables in the README and in docs/machines.md are printed from it.
 */
import type { Verb } from './intent.ts';
import type { AccountMode } from './need.ts';

export type Allowance = 'yes' | 'no' | 'one-at-a-time';
export type TableVerb = Verb | 'read';

export const MODES = [
  'active',
  'reducing',
  'degraded',
  'quarantine',
  'halted',
] as const satisfies readonly AccountMode[];

/**
 * `one-at-a-time`: no money call while another of the account is undecided, emergency or not (facts/peers.md §C.4).
 * Letting collateral go needs mode `active` (DESIGN §2.7). No mode allows `borrow`: no policy can ask for it.
 */
export const MODE_TABLE = {
  read: { active: 'yes', reducing: 'yes', degraded: 'yes', quarantine: 'yes', halted: 'yes' },
  repay: { active: 'yes', reducing: 'yes', degraded: 'one-at-a-time', quarantine: 'no', halted: 'no' },
  transferIn: { active: 'yes', reducing: 'yes', degraded: 'one-at-a-time', quarantine: 'no', halted: 'no' },
  add: { active: 'yes', reducing: 'yes', degraded: 'one-at-a-time', quarantine: 'no', halted: 'no' },
  transferOut: { active: 'yes', reducing: 'no', degraded: 'no', quarantine: 'no', halted: 'no' },
  reduce: { active: 'yes', reducing: 'no', degraded: 'no', quarantine: 'no', halted: 'no' },
  borrow: { active: 'no', reducing: 'no', degraded: 'no', quarantine: 'no', halted: 'no' },
} as const satisfies Readonly<Record<TableVerb, Readonly<Record<AccountMode, Allowance>>>>;

export function allowed(mode: AccountMode, verb: TableVerb): Allowance {
  return MODE_TABLE[verb][mode];
}

/** Whether a call may be planned at all; that only one may be undecided is kept where it leaves (jobs/undecided.ts). */
export function modeAllows(mode: AccountMode, verb: Verb): boolean {
  return allowed(mode, verb) !== 'no';
}

const PROTECT: readonly Verb[] = ['repay', 'transferIn', 'add'];

/** Whether a mode lets any remedy of a loan in need leave. */
export function modeProtects(mode: AccountMode): boolean {
  return PROTECT.every((verb) => modeAllows(mode, verb));
}
