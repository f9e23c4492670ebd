/** Which channel takes which alert. Pure. */
import type { Topic } from '../core/topics.ts';
import type { Alert, Severity } from './alert.ts';
import { categoryOf } from './catalogue.ts';

/** What a channel takes; `null`: everything. */
export interface Route {
  readonly name: string;
  readonly least: Severity;
  readonly topics: readonly Topic[] | null;
  /** Alerts about the server itself are about every account. */
  readonly accounts: readonly string[] | null;
}

export function takes(route: Route, alert: Pick<Alert, 'category' | 'about' | 'account' | 'severity'>): boolean {
  const { category, about, account, severity } = alert;
  // Who fails does not hear that he fails.
  if (category === 'channel' && about === route.name) return false;
  if (route.least === 'critical' && severity !== 'critical') return false;
  if (route.topics !== null && !route.topics.includes(categoryOf(category).topic)) return false;
  return account === null || route.accounts === null || route.accounts.includes(account);
}

/** Whether any channel would be told that a loan of this account is lost. */
export function reaches(routes: readonly Route[], account: string): boolean {
  return routes.some((route) => takes(route, { category: 'liquidating', about: '', account, severity: 'critical' }));
}
