/** One open alert as the ledger keeps it. JSON only; nothing secret; moments are wall ms. */
import { parse } from '../core/money.ts';
import type { Mode } from '../core/intent.ts';
import type { Act } from '../jobs/operator.ts';

export type Severity = 'warning' | 'critical';

/** How far one channel was told of one alert. */
export interface Telling {
  /** The first telling of this severity, and the newest one. */
  readonly first: number;
  readonly at: number;
  readonly times: number;
  readonly severity: Severity;
  readonly cushion: string | null;
  /** How often it had happened by then. */
  readonly count: number;
  /** It was told that it is over. */
  readonly over: boolean;
}

export interface Alert {
  /** Short, for people: `17`. */
  readonly id: string;
  /** Which processes tell it: those that watch this account, or those that serve this policy file. */
  readonly scope: string;
  /** `null`: about the server itself. */
  readonly account: string | null;
  /** How the account is watched; `null` for the server itself. */
  readonly mode: Mode | null;
  readonly category: string;
  readonly loan: string | null;
  /** Tells alerts of one category and one loan apart. */
  readonly about: string;
  readonly severity: Severity;
  readonly says: string;
  readonly since: number;
  readonly seenAt: number;
  /** How often it happened; 1 for what lasts. */
  readonly count: number;
  /** What is left to the line as a share of it, as text; `null` where no line is near. */
  readonly cushion: string | null;
  /** Since when it is over; `null` while it lasts. */
  readonly over: number | null;
  /** Who has taken it on. It is told no more, but for what is worse than what this person saw. */
  readonly acknowledged: Act | null;
  /** By channel. */
  readonly told: Readonly<Record<string, Telling>>;
}

type Named = Pick<Alert, 'scope' | 'category' | 'loan' | 'about'>;

/** The name of a condition within its account. */
export function conditionName({ category, loan, about }: Omit<Named, 'scope'>): string {
  return `${category}/${loan ?? ''}${about === '' ? '' : ` ${about}`}`;
}

/** Two alerts with one key are the same alert. */
export function keyOf(named: Named): string {
  return `${named.scope} ${conditionName(named)}`;
}

export function encode(alert: Alert): string {
  return JSON.stringify(alert);
}

export function decode(text: string): Alert {
  return JSON.parse(text) as Alert;
}

/** The cushion fell to half of what it was, or the line is reached. */
export function isHalved(now: string | null, before: string | null): boolean {
  if (now === null || before === null) return false;
  const last = parse(before);
  return last.gt(0) && parse(now).times(2).lte(last);
}
