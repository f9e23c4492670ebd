/** What the catalogue says of one category of alerts. */
import type { Topic } from '../core/topics.ts';

/**
 * What the alert is:
 * - `lasts`: every look of the account says whether it holds.
 * - `until a look`: somebody says that it began; a finished look of the account ends it.
 * - `served`: begins and ends by the word of the processes that serve the policy file.
 * - `happened`: an event. A warning is told once; a critical one until it is acknowledged.
 * - `terminal`: for the terminal only.
 */
export type Kind = 'lasts' | 'until a look' | 'served' | 'happened' | 'terminal';

export interface Category {
  readonly kind: Kind;
  readonly topic: Topic;
  /** A few words, for a headline. */
  readonly means: string;
  /** What Ballast does about it. */
  readonly does: string;
  /** What the operator can do. */
  readonly can: string;
  /** Each text is an alert of its own: two payments, two acts of others. */
  readonly each?: true;
}
