/**
 * Step 3, second half: is what the venue says coins are worth believed elsewhere (DESIGN §2.7, docs/dislocation.md)? The
 * account's machine hears of it, and what is in dispute is remembered. Nothing here stops a look: without a word from
 * outside there is no verdict, and loans are protected as if nobody had asked.
 */
import { compare, ownPrices } from '../core/dislocation.ts';
import type { Disputes, References, Verdicts } from '../core/dislocation.ts';
import type { AccountView, Asset } from '../core/loan.ts';
import { dislocatedOf, disputeWords, involved, priceNews, withInside, wordsOf } from '../core/verdicts.ts';
import type { ReferenceFeed } from '../exchanges/reference.ts';
import type { AccountSetup, LookDeps } from './account.ts';
import type { Draft } from './draft.ts';
import type { Opened } from './journal.ts';

/**
 * To be awaited before the venue is read.
 * @returns wall ms: prices of the venue that were read earlier cannot be compared
 */
export async function beginComparing({ clock, reference }: Pick<LookDeps, 'clock' | 'reference'>): Promise<number> {
  if (reference?.pulled !== true) return Number.NEGATIVE_INFINITY;
  await reference.mark();
  return clock.wall();
}

export async function comparePrices(
  { clock, reference }: Pick<LookDeps, 'clock' | 'reference'>,
  { groups, dislocation: rules }: Pick<AccountSetup, 'groups' | 'dislocation'>,
  opened: Pick<Opened, 'disputes'>,
  draft: Draft,
  view: AccountView,
  since: number,
): Promise<Verdicts> {
  const [at, until] = [view.asOf, clock.wall()];
  const own = ownPrices(view);
  const wanted = withInside(Object.keys(own), groups);
  const references = reference === null ? {} : await referencesOf(reference, wanted, at >= since);
  const before = opened.disputes === null ? {} : (JSON.parse(opened.disputes) as Disputes);
  const { verdicts, disputes } = compare({ own, at, until, references, groups, rules, disputes: before });
  const text = JSON.stringify(disputes);
  if (text !== (opened.disputes ?? '{}')) draft.disputes = text;
  tellMachine(draft, verdicts, view, {
    now: until,
    before,
    after: disputes,
    concerned: withInside(involved(view), groups),
  });
  return verdicts;
}

/**
 * What the other venue says now, without a wait. On a tape prices move while they are read, so there the venue's are
 * compared with what was said before and after, or not at all.
 * @param between the venue's prices were read after `beginComparing`
 */
async function referencesOf(reference: ReferenceFeed, wanted: readonly Asset[], between: boolean): Promise<References> {
  reference.watch(wanted);
  if (!reference.pulled) return reference.prices();
  await reference.refresh();
  return between ? reference.prices() : {};
}

interface Change {
  readonly now: number;
  readonly before: Disputes;
  readonly after: Disputes;
  /** Coins whose dispute concerns a loan. */
  readonly concerned: readonly Asset[];
}

function tellMachine(
  draft: Draft,
  verdicts: Verdicts,
  view: AccountView,
  { now, before, after, concerned }: Change,
): void {
  const wasDislocated = draft.has('dislocated');
  const news = priceNews(verdicts, concerned, wasDislocated);
  // A loan that could not be read may be the one whose price is in dispute.
  const isWhole = Object.values(view.sections).every(({ state }) => state === 'fresh');
  if (news?.type === 'DISLOCATED') draft.tellAccount({ ...news, now });
  if (news?.type === 'CALM' && isWhole) draft.tellAccount({ ...news, of: 'prices', now });
  // The machine's alert names what begins its cause; what joins it is named here, and so is what is over.
  const joined = dislocatedOf(verdicts).filter((asset) => concerned.includes(asset) && !(asset in before));
  if (wasDislocated && joined.length > 0) draft.alert('warning', 'dislocated', null, disputeWords(joined, verdicts));
  const over = Object.keys(before).filter((asset) => !(asset in after) && (concerned.includes(asset) || !isWhole));
  const words = over.map((asset) => wordsOf(asset, verdicts[asset])).join('; ');
  if (over.length > 0) draft.alert('info', 'dislocated', null, `${words}: no longer in dispute`);
}
