/** What `ballast reload` and the servers that it reaches say to each other, and how a difference reads. */
import type { Change, Effect } from '../config/difference.ts';
import { loosening, needingRestart } from '../config/difference.ts';
import type { Config } from '../config/types.ts';
import type { Act } from '../jobs/operator.ts';

/** A policy file, so that a server can tell whether it is its own. */
export interface FileMark {
  readonly host: string;
  /** Absolute. */
  readonly path: string;
  readonly accounts: readonly {
    readonly name: string;
    readonly venue: string;
    readonly simulated: boolean;
    readonly expectUid: string | null;
  }[];
}

/** What a person has seen: taken over only as long as it is still what would happen. */
export interface Difference {
  /** Policy digests. */
  readonly from: string;
  readonly to: string;
  readonly changes: readonly Change[];
}

export type Question = { readonly file: FileMark } & (
  | { readonly asks: 'what differs' }
  | {
      readonly asks: 'take it over';
      /** Several servers may act by different files now. */
      readonly agreed: readonly Difference[];
      readonly by: string;
      readonly why: string;
    }
);

export type Answer =
  | { readonly says: 'not mine' }
  | ({ readonly server: string } & (
      | ({ readonly says: 'this differs'; readonly path: string; readonly dryRun: boolean } & Difference)
      /** The file that the server reads is wrong; `why` names each mistake. */
      | { readonly says: 'wrong file'; readonly why: string }
      | { readonly says: 'taken over' }
      | { readonly says: 'refused'; readonly why: string }
    ));

export function markOf({ accounts }: Config, host: string, path: string): FileMark {
  return {
    host,
    path,
    accounts: accounts.map(({ name, venue, simulated, expectUid }) => ({ name, venue, simulated, expectUid })),
  };
}

/** The same file, or one of the same accounts: names alone are only labels. */
export function isMeant(one: FileMark, other: FileMark): boolean {
  if (one.host === other.host && one.path === other.path) return true;
  return one.accounts.some((account) =>
    other.accounts.some(
      ({ name, venue, simulated, expectUid }) =>
        account.name === name &&
        account.venue === venue &&
        account.simulated === simulated &&
        (account.expectUid === null || expectUid === null || account.expectUid === expectUid),
    ),
  );
}

const WORDS: Readonly<Record<Effect, string>> = {
  restart: 'RESTART',
  loosens: 'LOOSENS',
  tightens: 'tightens',
  neutral: '',
};
const ORDER: readonly Effect[] = ['restart', 'loosens', 'tightens', 'neutral'];
const WIDTH = 10;

/** One line per change, the gravest first. */
export function differenceWords(changes: readonly Change[]): readonly string[] {
  return ORDER.flatMap((effect) => changes.filter((change) => change.effect === effect)).map(
    ({ effect, where, says }) => `  ${WORDS[effect].padEnd(WIDTH)}${where}: ${says}`,
  );
}

/** `2 changes, 1 of them loosens`. */
export function countWords(changes: readonly Change[]): string {
  const loose = loosening(changes).length;
  const all = `${String(changes.length)} ${changes.length === 1 ? 'change' : 'changes'}`;
  return loose === 0
    ? `${all}, none of them loosens`
    : `${all}, ${String(loose)} of them ${loose === 1 ? 'loosens' : 'loosen'}`;
}

export const SHOWN_DIGEST = 8;

export function stepWords({ from, to }: Pick<Difference, 'from' | 'to'>): string {
  const short = (digest: string): string => digest.slice(0, SHOWN_DIGEST);
  return from === to ? `policy ${short(from)} stays` : `policy ${short(from)} -> ${short(to)}`;
}

/** Why a running server cannot take it over. */
export function restartWords(changes: readonly Change[]): string {
  const count = needingRestart(changes).length;
  return `${String(count)} of ${countWords(changes).split(',')[0] ?? ''} can only be taken over by a restart`;
}

/** What whoever is told of trouble is told of a reload; `null` when nothing was loosened. */
export function loosenedWords(difference: Difference, { by, why }: Pick<Act, 'by' | 'why'>): string | null {
  const loose = loosening(difference.changes);
  if (loose.length === 0) return null;
  const what = loose.map(({ where, says }) => `${where}: ${says}`).join('; ');
  return `${by} had the policy file taken over (${why}): ${stepWords(difference)}. ${what}`;
}
