/** What follows from verdicts on prices (`dislocation.ts`): what `decide` and the account's machine are told, and the words. */
import type { Verdict, Verdicts } from './dislocation.ts';
import type { AccountView, Asset } from './loan.ts';
import type { Groups } from './survival.ts';

/** Every coin that the loans of a view are made of. */
export function involved({ loans }: Pick<AccountView, 'loans'>): readonly Asset[] {
  return [...new Set(loans.flatMap(({ debts, collateral }) => [...debts, ...collateral].map(({ asset }) => asset)))];
}

/** These coins, and those inside wrapped ones. */
export function withInside(assets: readonly Asset[], groups: Groups): readonly Asset[] {
  return [...new Set(assets.flatMap((asset) => [asset, groups[asset]?.wraps ?? asset]))];
}

/** Assets for `DecideInput.dislocated`: those that disagree, or did when they were last seen. */
export function dislocatedOf(verdicts: Verdicts): readonly Asset[] {
  return Object.entries(verdicts).flatMap(([asset, verdict]) => (isDisputed(verdict) ? [asset] : []));
}

/**
 * Assets for `DecideInput.attested`: those whose price has a reference of its own that agrees now. Generosity asks for no less
 * (DESIGN §2.7): silence is not enough, and neither is the wide bound of a wrapped coin.
 */
export function attestedOf(verdicts: Verdicts): readonly Asset[] {
  return Object.entries(verdicts).flatMap(([asset, verdict]) =>
    verdict.kind === 'agrees' && !verdict.loose ? [asset] : [],
  );
}

/**
 * What the account's machine is told; `null` when that is nothing new.
 * @param assets coins whose dispute concerns the account
 */
export function priceNews(
  verdicts: Verdicts,
  assets: readonly Asset[],
  wasDislocated: boolean,
): { readonly type: 'DISLOCATED' | 'CALM'; readonly why: string } | null {
  const disputed = dislocatedOf(verdicts).filter((asset) => assets.includes(asset));
  if (disputed.length > 0) return wasDislocated ? null : { type: 'DISLOCATED', why: disputeWords(disputed, verdicts) };
  if (!wasDislocated) return null;
  // Without a dispute in memory and without a word: it was forgotten (`holdMs`).
  const isSilent = assets.length > 0 && assets.every((asset) => verdicts[asset]?.kind !== 'agrees');
  return {
    type: 'CALM',
    why: isSilent ? 'nothing was heard of the dispute for long' : 'the price sources agree again',
  };
}

/** A dispute that begins, for people: what is seen, and what Ballast does about it. */
export function disputeWords(assets: readonly Asset[], verdicts: Verdicts): string {
  const seen = assets.map((asset) => wordsOf(asset, verdicts[asset])).join('; ');
  return `${seen}. Until they agree nothing is released and no coin in dispute is added; look at the price yourself`;
}

/** One verdict in words. */
export function wordsOf(asset: Asset, verdict: Verdict | undefined): string {
  if (verdict === undefined) return `${asset} has no price`;
  if (verdict.kind === 'unknown')
    return `${asset}: ${verdict.why}${verdict.disputed ? ', and it disagreed before' : ''}`;
  const off = verdict.ratio.minus(1).times(100).toFixed(1);
  const sign = off.startsWith('-') ? '' : '+';
  return `${asset}: the venue's price is ${sign}${off} % off ${verdict.source}`;
}

function isDisputed(verdict: Verdict): boolean {
  return verdict.kind === 'unknown' ? verdict.disputed : verdict.kind === 'disagrees';
}
