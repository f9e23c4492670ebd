/** Changes of quantities: what a money call or somebody else's act does to a loan or a wallet, in coins, signed. */
import type { Asset } from './loan.ts';
import { Dec, ZERO, max, min, sum } from './money.ts';

/** Progress and records are judged within this share of what moved (DESIGN §2.6). */
export const WITHIN: Dec = new Dec('0.01');
/** USD below which nothing is worth a doubt. */
export const TRIFLE: Dec = new Dec(10);
/**
 * Interest a debt may gain between two reads, per started hour: 0.02 % is 175 % a year, above every rate the venues list.
 */
const INTEREST_PER_HOUR: Dec = new Dec('0.0002');
const HOUR_MS = 3_600_000;

/** A part of an account that is believed or doubted by itself: a loan's id, or a wallet's name. */
export type Part = string;

/** A change that something explains. It may or may not show yet. */
export interface Explained {
  readonly what: 'debt' | 'collateral' | 'wallet';
  readonly of: Part;
  readonly asset: Asset;
  readonly change: Dec;
}

/** Changes of one moment: a call of ours, or an act of somebody else as the venue's record has it. */
export interface Moves {
  /** Wall ms: of somebody else's act when the venue did it; of our call when it was settled, without end while it is not. */
  readonly at: number;
  readonly changes: readonly Explained[];
}

/** Most interest a debt can have gained in that time, coins; every started hour counts. */
export function mostInterest(debt: Dec, ms: number): Dec {
  return debt.times(INTEREST_PER_HOUR).times(Math.floor(Math.max(0, ms) / HOUR_MS) + 1);
}

/** What these moves did to one quantity, one number each, in their order; those that did not touch it are left out. */
export function movesOf(moves: readonly Moves[], quantity: Omit<Explained, 'change'>): readonly Dec[] {
  const { what, of, asset } = quantity;
  return moves.flatMap(({ changes }) => {
    const mine = changes.filter((one) => one.what === what && one.of === of && one.asset === asset);
    return mine.length === 0 ? [] : [sum(mine.map(({ change }) => change))];
  });
}

export interface Range {
  readonly low: Dec;
  readonly high: Dec;
}

/** Between none and all of the changes having happened. */
export function rangeOf(before: Dec, changes: readonly Dec[]): Range {
  const down = sum(changes.map((change) => min(change, ZERO)));
  const up = sum(changes.map((change) => max(change, ZERO)));
  return { low: max(ZERO, before.plus(down)), high: before.plus(up) };
}

/** Every selection of these, the empty one first. */
export function choices<T>(of: readonly T[]): readonly (readonly T[])[] {
  return of.reduce<readonly (readonly T[])[]>((all, one) => [...all, ...all.map((some) => [...some, one])], [[]]);
}
