/** What others did to an account lately, for `status`: the newest acts of the journal, without an owner's many trades. */
import type { Clock } from '../clock.ts';
import { format } from '../core/money.ts';
import type { AccountJournal } from './accounts.ts';

export interface ExternalStatus {
  readonly account: string;
  /** `null`: the venue does not say. */
  readonly loan: string | null;
  readonly kind: string;
  readonly asset: string;
  readonly amount: string;
  readonly says: string;
  readonly agoMs: number;
}

const SHOWN = 5;
/** Acts that are searched for those to show: trades may lie between them. */
const SEARCHED = 200;

/** Newest first. */
export async function externalsOf(
  { label, journal }: Pick<AccountJournal, 'label' | 'journal'>,
  clock: Clock,
): Promise<readonly ExternalStatus[]> {
  const acts = (await journal.externals.newest(SEARCHED)).filter(({ kind }) => kind !== 'trade');
  const now = clock.wall();
  return acts
    .slice(-SHOWN)
    .reverse()
    .map(({ loan, kind, asset, amount, says, at }) => ({
      account: label,
      loan,
      kind,
      asset,
      amount: format(amount),
      says,
      agoMs: Math.max(0, now - at),
    }));
}
