/**
 * Everything that Ballast may alert about: one row per category. An alert says what happened (the words of whoever raised
 * it), what Ballast does about it, and what the operator can do; the last two stand here.
 *
 * `{account}` and `{loan}` stand for the names of what the alert is about.
 */
import type { Category } from './category.ts';
import { COVERAGE, LOANS, PAYMENTS } from './loanAlerts.ts';
import { ACCOUNTS, NOTES, SERVERS, VENUES } from './otherAlerts.ts';

export const CATALOGUE = {
  ...LOANS,
  ...COVERAGE,
  ...PAYMENTS,
  ...ACCOUNTS,
  ...VENUES,
  ...SERVERS,
  ...NOTES,
} as const satisfies Readonly<Record<string, Category>>;

/** A category that nobody knows is told all the same, as an event. */
const UNKNOWN: Category = {
  kind: 'happened',
  topic: 'server',
  means: 'something unexpected',
  does: 'It goes on as before.',
  can: 'Report the text.',
};

export function categoryOf(name: string): Category {
  return Object.hasOwn(CATALOGUE, name) ? CATALOGUE[name as keyof typeof CATALOGUE] : UNKNOWN;
}
