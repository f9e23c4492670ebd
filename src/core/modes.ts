/** Which calls each account mode allows (DESIGN §4). The README's table says the same; this is the one that counts. */
import type { Verb } from './intent.ts';
import type { AccountMode } from './need.ts';

const PROTECT: readonly Verb[] = ['repay', 'transferIn', 'add'];
const RELEASE: readonly Verb[] = ['transferOut', 'reduce'];

/** `degraded` protects as `reducing` does; that only one call may be undecided then is kept where intents are claimed. */
export const MODE_ALLOWS: Readonly<Record<AccountMode, readonly Verb[]>> = {
  active: [...PROTECT, ...RELEASE],
  reducing: PROTECT,
  degraded: PROTECT,
  quarantine: [],
  halted: [],
};

export function modeAllows(mode: AccountMode, verb: Verb): boolean {
  return MODE_ALLOWS[mode].includes(verb);
}

/** Whether a mode lets any remedy of a loan in need leave. */
export function modeProtects(mode: AccountMode): boolean {
  return PROTECT.every((verb) => modeAllows(mode, verb));
}
