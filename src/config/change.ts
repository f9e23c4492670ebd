/** One thing that differs between two policy files, and what it means for the money. */

/**
 * - `loosens`: Ballast may move more money, from more places, or with fewer brakes; or a loan is protected later, by less, or
 *   not at all. Where the direction cannot be told it is taken for this one, so that a person is asked.
 * - `tightens`: the opposite.
 * - `neutral`: decides nothing about money, or only who is served first.
 * - `restart`: a running server cannot take it over.
 */
export type Effect = 'loosens' | 'tightens' | 'neutral' | 'restart';

/** What changes, without where. */
export interface Part {
  readonly effect: Effect;
  /** Names no secret. */
  readonly says: string;
}

export interface Change extends Part {
  /** The part of the file: a policy, a loan rule, a channel, in words. */
  readonly where: string;
}

/** Asks every key for its comparison, so that a new key of the file cannot be forgotten. */
export type Comparers<T> = { readonly [Key in keyof T]-?: (before: T, after: T) => readonly Part[] };

export function compareAll<T>(comparers: Comparers<T>, before: T, after: T): readonly Part[] {
  return (Object.keys(comparers) as (keyof T)[]).flatMap((key) => comparers[key](before, after));
}

/** Nothing when both read the same. */
export function moved(what: string, before: string, after: string, effect: Effect): readonly Part[] {
  return before === after ? [] : [{ effect, says: `${what}: ${before} -> ${after}` }];
}

/** A value with an order. @param up what it means when it grows */
export function graded(
  what: string,
  [before, after]: readonly [string, string],
  order: number,
  up: 'loosens' | 'tightens',
): readonly Part[] {
  const down = up === 'loosens' ? 'tightens' : 'loosens';
  return moved(what, before, after, order > 0 ? up : down);
}

export function at(where: string, parts: readonly Part[]): readonly Change[] {
  return parts.map((part) => ({ where, ...part }));
}
