/**
 * Which verbs each account mode allows (DESIGN §4). The table in the README and in docs/machines.md is printed from this
 * one, and the code asks it.
 */
import type { Verb } from '../core/intent.ts';
import type { AccountMode } from '../core/need.ts';

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
