/** What a decision's record says, besides the amounts: what was seen, and one sentence in plain words (DESIGN §5.8). */
import type { Verb } from './intent.ts';
import type { LoanId, LoanView } from './loan.ts';
import { triggerLtv } from './loan.ts';
import type { Short } from './ladder.ts';
import type { Leaving } from './leg.ts';
import { nextPrices } from './next.ts';
import type { DecideInput, DecisionBase, Levels, TraceLine } from './need.ts';
import { percent } from './position.ts';
import { type Dec, ceil, format } from './money.ts';

/** Decimals of an LTV in a record. It informs; what decided is in `sizing`. */
const SHOWN_DECIMALS = 8;
const NOT_SEEN: DecisionBase['levels'] = { target: '0', act: '0', urgent: '0', line: '0', call: null };

/** The part that every decision has; zeros for a loan that this look did not see. */
export function baseOf(
  { now, groups }: DecideInput,
  loan: LoanId,
  view: LoanView | null,
  levels: Levels | null,
  trace: readonly TraceLine[],
): DecisionBase {
  if (view === null || levels === null) return { loan, at: now, ltv: '0', levels: NOT_SEEN, trace, says: '', next: [] };
  const ltv = shown(triggerLtv(view));
  return { loan, at: now, ltv, levels: shownLevels(levels), trace, says: '', next: nextPrices(view, levels, groups) };
}

function shownLevels({ target, act, urgent, line, call }: Levels): DecisionBase['levels'] {
  const levels = { target: shown(target), act: shown(act), urgent: shown(urgent), line: shown(line) };
  return { ...levels, call: call === null ? null : shown(call) };
}

/** A ratio as records show it. */
export function shown(ratio: Dec): string {
  return format(ratio.toDecimalPlaces(SHOWN_DECIMALS));
}

/** USD as records show it: cents, rounded up. */
export function usdAmount(usd: Dec): string {
  return format(ceil(usd, 2));
}

/** What triage did to this loan. */
export function triageLine(refused: string | null, scarce: boolean): TraceLine {
  const rule = 'triage';
  if (refused !== null) return { rule, fired: true, says: refused };
  if (!scarce) return { rule, fired: false, says: 'money and limits suffice for every loan in need' };
  const says = 'money or limits do not suffice for every loan in need: the largest values are rescued first';
  return { rule, fired: true, says };
}

const VERB_WORDS: Readonly<Record<Verb, string>> = {
  repay: 'repay',
  transferIn: 'move in',
  add: 'add as collateral',
  transferOut: 'move out',
  reduce: 'release',
  borrow: 'borrow',
};

/** What leaves now and where it leads. @param ltvAfter once the whole plan is done; `null`: debt without collateral */
export function actSays({ part, step }: Leaving, ltv: Dec, ltvAfter: Dec | null, short: Short | null): string {
  const { leg } = part;
  const what = leg.full ? 'the whole debt of ' : '';
  const then = step.route.length > 1 ? ', then repay with it' : '';
  const result = `LTV ${percent(ltv)} → ${ltvAfter === null ? 'debt without collateral' : percent(ltvAfter)}`;
  const missing = short === null ? '' : `; ${usdText(short.missingUsd)} still missing (${short.what})`;
  return `${VERB_WORDS[leg.verb]} ${what}${leg.amount} ${leg.asset} from ${leg.from}${then}: ${result}${missing}`;
}

export function cannotSays(missingUsd: Dec, ltv: Dec, reason: string): string {
  return `${usdText(missingUsd)} are missing at LTV ${percent(ltv)}: ${reason}`;
}

function usdText(usd: Dec): string {
  return `${ceil(usd, 2).toFixed(2)} USD`;
}
