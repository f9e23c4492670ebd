/** What the server does, one line an event, for somebody who watches the terminal. Pure: events in, lines out. */
import type { Intent } from '../core/intent.ts';
import { triggerLtv } from '../core/loan.ts';
import { parse } from '../core/money.ts';
import type { Decision } from '../core/need.ts';
import type { LookEvent } from '../jobs/account.ts';

export function percent(ratio: string): string {
  return `${parse(ratio).times(100).toFixed(2)} %`;
}

/** The line of one event, or `null` when a watcher has nothing to learn from it. */
export function narrate(account: string, event: LookEvent): string | null {
  switch (event.type) {
    case 'sent':
      return `${event.intent.loan}: sends ${leg(event.intent)}, LTV ${percent(event.intent.before.ltv)}`;
    case 'confirmed':
      return `${event.intent.loan}: done ${leg(event.intent)}, LTV ${percent(event.ltvBefore)} → ${percent(event.ltvAfter)}`;
    case 'outcome':
      return event.state === 'confirmed' || event.state === 'settling' ? null : `${event.intent.loan}: ${leg(event.intent)} is ${event.state}: ${event.note}`;
    case 'alert':
      return `${event.severity.toUpperCase()} ${event.loan ?? account}: ${event.says}`;
    case 'blind':
      return `${account}: blind, so it stays still: ${event.why}`;
    case 'decided':
    case 'looked':
    case 'acted':
      return null;
  }
}

function leg(intent: Intent): string {
  const where = intent.from === 'inside' || intent.from === 'loan' ? '' : ` from ${intent.from}`;
  const verb: Record<Intent['verb'], string> = {
    repay: 'repay',
    transferIn: 'transfer in',
    add: 'add',
    transferOut: 'transfer out',
    reduce: 'release',
    borrow: 'borrow',
  };
  return `${verb[intent.verb]} ${intent.amount} ${intent.asset}${where}`;
}

/** What a first look found: LTV, what happens at which LTV and at which price. */
export function introduce(event: Extract<LookEvent, { type: 'looked' }>, decisions: readonly Decision[]): string[] {
  return event.view.loans.flatMap((loan) => {
    if (loan.status === 'closed') return [`  ${loan.id}: no debt`];
    const decision = decisions.find((made) => made.loan === loan.id);
    const levels = decision === undefined ? '' : `, acts at ${percent(decision.levels.act)}, back to ${percent(decision.levels.target)}, line ${percent(decision.levels.line)}`;
    const next = decision?.next.map(({ asset, price, what }) => `${what} at ${asset} ${shortPrice(price)}`) ?? [];
    return [`  ${loan.id}: LTV ${percent(triggerLtv(loan).toFixed(6))}${levels}${next.length === 0 ? '' : `; ${next.join(', ')}`}`];
  });
}

/** Five significant digits are enough for a person. */
function shortPrice(price: string): string {
  return parse(price).toSignificantDigits(5).toFixed();
}
