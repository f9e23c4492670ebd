/** What a run of the chaos tests covers, and the notes from which `npm run chaos` makes its report. */
import { appendFileSync } from 'node:fs';
import { systemClock } from '../../src/clock.ts';
import { POINTS } from '../../src/jobs/points.ts';
import type { Point } from '../../src/jobs/points.ts';
import type { Order } from './process.ts';
import type { Kind } from './worlds.ts';

/** `npm run chaos` does everything; the normal run a part that is another one every day. */
export const ALL = process.env['CHAOS'] === 'all';
const DAY_MS = 86_400_000;

/** So many of them, beginning elsewhere every day, so that all have their turn. */
export function sampleOf<T>(list: readonly T[], count: number): readonly T[] {
  if (ALL) return list;
  const from = (Math.floor(systemClock.wall() / DAY_MS) * count) % list.length;
  return [...list, ...list].slice(from, from + Math.min(count, list.length));
}

/** In so many parts, as even as can be: long and short ones lie side by side in the list. */
export function partsOf<T>(list: readonly T[], count: number): readonly (readonly T[])[] {
  const parts = Array.from({ length: count }, (_, part) => list.filter((_item, at) => at % count === part));
  return parts.filter((part) => part.length > 0);
}

/** A place to die, and what the venue does so that a look comes by there. */
export interface Death {
  readonly kind: Kind;
  readonly name: string;
  readonly orders: readonly Order[];
  /** The first money call is executed and its answer is lost. */
  readonly answerLost: boolean;
}

/** Only a journal that was lost passes these: `journal.test.ts`. */
export const OF_QUARANTINE: readonly Point[] = ['lost', 'imported'];
const OF_RECONCILING: readonly Point[] = ['judged', 'verdict'];

export const POINT_NAMES = Object.keys(POINTS) as readonly Point[];

/** Every point at the first money call of a rescue, and for margin at the second one too. */
export function deathsOf(kind: Kind): readonly Death[] {
  const points = POINT_NAMES.filter((point) => !OF_QUARANTINE.includes(point));
  const first = points.map((at): Death => ({
    kind,
    name: at,
    orders: [{ at, do: 'SIGKILL' }],
    answerLost: OF_RECONCILING.includes(at),
  }));
  if (kind === 'okx') return first;
  const second = points
    .filter((at) => !OF_RECONCILING.includes(at))
    .map((at): Death => ({
      kind,
      name: `${at} of the second leg`,
      orders: [{ at, since: 'ringing', do: 'SIGKILL' }],
      answerLost: false,
    }));
  return [...first, ...second];
}

interface Note {
  /** What was survived: a crash at a point, a freeze, a Redis that went away … */
  readonly survived: string;
  readonly kind: Kind;
  readonly doubleSends: number;
  /** From the death or freeze of one process to the next finished look of another one, ms. */
  readonly takeOverMs?: number;
  /** The waits that it is made of were as long as they are. */
  readonly full?: boolean;
}

export function note(one: Note): void {
  const file = process.env['CHAOS_REPORT'];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(one)}\n`);
}
