/**
 * Loans of products that no rule names. Looks do not read those: on Binance the list of flexible loans alone costs 300 of
 * the 8400 points that all accounts of an address have for it in a minute. But a loan nobody named is never silent
 * (DESIGN §6), so every other product is read now and then beside the lane, and what is found is told.
 */
import type { LoanView } from '../core/loan.ts';
import { PRODUCTS, triggerLtv } from '../core/loan.ts';
import type { Venue } from '../exchanges/exchange.ts';
import type { AccountSetup, LookDeps } from './account.ts';
import type { Errand } from './errands.ts';
import { messageOf, withDeadline } from './observing.ts';
import { decimalPercent } from './words.ts';

/** Between two reads of a real account. */
export const UNWATCHED_EVERY_MS = 600_000;

/** @param others the same account with the products that no rule names */
export function unwatchedErrand(deps: LookDeps, others: Pick<Venue, 'observe'>, everyMs: number): Errand {
  const told = new Set<string>();
  return { name: 'unwatched products', everyMs, run: (signal) => search(deps, others, told, signal) };
}

/** What lasts is told once; what was over and is back is told again. */
async function search(
  deps: LookDeps,
  others: Pick<Venue, 'observe'>,
  told: Set<string>,
  signal: AbortSignal,
): Promise<void> {
  const setup = deps.setup();
  const found = new Map<string, string>();
  try {
    const { loans, sections } = await others.observe(withDeadline(deps.clock, signal, setup));
    for (const loan of loans) if (loan.status !== 'closed') found.set(loan.id, loanWords(loan, setup));
    for (const [product, section] of Object.entries(sections)) {
      if (section.state === 'failed' && isProduct(product)) found.set(product, blindWords(product, section.reason));
    }
  } catch (error) {
    if (signal.aborted) return;
    found.set('', blindWords('products that no rule names', messageOf(error)));
  }
  // A failed read says nothing about the loans that were told: they are not over.
  const isWhole = [...found.keys()].every((key) => key.includes('/'));
  for (const key of told) if (isWhole && !found.has(key)) told.delete(key);
  for (const [key, says] of found) {
    if (told.has(key)) continue;
    told.add(key);
    const isLoan = key.includes('/');
    const severity = !isLoan ? 'info' : setup.unlisted.kind === 'use' ? 'critical' : 'warning';
    deps.emit(setup.name, { type: 'alert', severity, category: 'unwatched', loan: isLoan ? key : null, says });
  }
}

function isProduct(section: string): boolean {
  return PRODUCTS.some((product) => product === section);
}

function loanWords(loan: LoanView, { unlisted }: AccountSetup): string {
  const [, word = ''] = loan.product.split('.');
  const policy = unlisted.kind === 'use' ? unlisted.policy : 'POLICY';
  const why =
    unlisted.kind === 'use'
      ? 'a policy for unlisted loans follows the products of the rules only'
      : 'no rule names its product';
  return `${loan.id} is not watched and nothing protects it, at LTV ${decimalPercent(triggerLtv(loan))}: ${why}. Add \`{ product: ${word}, policy: ${policy} }\` under \`loans\` and start again`;
}

function blindWords(what: string, why: string): string {
  return `whether there are loans of ${what} cannot be seen: ${why}. No rule names them, so nothing depends on it but this`;
}
