/** Which account of a status is the one that the policy file asks for. */
import type { AccountStatus, Status } from './status.ts';

/** `null`: nobody watches an account of this name. */
export function ownIn({ accounts }: Pick<Status, 'accounts'>, name: string): AccountStatus | null {
  const namesakes = accounts.filter((one) => one.name === name && one.seenWithinMs !== null);
  // A run that only observes keeps a journal of its own, which is not the one that the file asks for.
  return namesakes.find(({ own }) => own) ?? namesakes[0] ?? null;
}
