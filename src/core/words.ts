/** Ratios, amounts and legs as a person reads them. What decides is never read back from these. */
import type { Intent, IntentState } from './intent.ts';
import { parse } from './money.ts';
import type { Dec } from './money.ts';

/** `67.27 %`. */
export function percent(ratio: string | Dec): string {
  return `${decimal(ratio).times(100).toFixed(2)} %`;
}

/** An amount as a person reads it: cents of large sums, six digits of small ones. The journal holds all of them. */
export function coins(amount: string | Dec): string {
  const value = decimal(amount);
  const short = value.abs().gte(1_000) ? value.toDecimalPlaces(2) : value.toSignificantDigits(6);
  return short.toFixed();
}

function decimal(value: string | Dec): Dec {
  return typeof value === 'string' ? parse(value) : value;
}

const VERBS: Record<Intent['verb'], { readonly does: string; readonly done: string }> = {
  repay: { does: 'repay', done: 'repaid' },
  transferIn: { does: 'move in', done: 'moved in' },
  add: { does: 'add', done: 'added' },
  transferOut: { does: 'move out', done: 'moved out' },
  reduce: { does: 'release', done: 'released' },
  borrow: { does: 'borrow', done: 'borrowed' },
};

type Leg = Pick<Intent, 'verb' | 'asset' | 'amount' | 'from' | 'to' | 'full'>;

/** `repay 3541.38 USDT from spot`, `release 0.4 BTC to funding`, or the same as something that is done. */
export function legWords(leg: Leg, tense: 'does' | 'done' = 'does'): string {
  const where = leg.from === 'inside' || leg.from === 'loan' ? '' : ` from ${leg.from}`;
  const goal = leg.verb === 'transferOut' || leg.verb === 'reduce' ? ` to ${leg.to}` : '';
  const all = leg.full ? ', all that is owed' : '';
  return `${VERBS[leg.verb][tense]} ${coins(leg.amount)} ${leg.asset}${where}${goal}${all}`;
}

export function doneWords(leg: Leg, ltvBefore: string, ltvAfter: string): string {
  return `${legWords(leg, 'done')}: LTV ${percent(ltvBefore)} → ${percent(ltvAfter)}`;
}

const FATES: Partial<Record<IntentState, string>> = {
  rejected: 'the venue refused it, so nothing moved',
  refused: 'it was not sent',
  unknown: 'what became of it is not known yet, so the account waits for proof and nothing is sent twice',
  expired: 'it was given up without proof and counts as spent',
};

/** An outcome that is no success yet; `null` for those that say nothing new. */
export function fateWords(leg: Leg, state: IntentState, note: string): string | null {
  const fate = FATES[state];
  return fate === undefined ? null : `could not ${legWords(leg)}: ${fate} (${note})`;
}

/** `8 s`, `3 min 5 s`. */
export function duration(ms: number): string {
  const seconds = Math.ceil(ms / 1_000);
  return seconds < 60 ? `${String(seconds)} s` : `${String(Math.floor(seconds / 60))} min ${String(seconds % 60)} s`;
}
