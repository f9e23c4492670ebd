/** What the page knows: the newest board, and the points of every loan, which grow with each board. */
import type { Board, Loan, Point, Tracks } from '../wire.ts';

const MOST_POINTS = 400;
const SPACING_MS = 5_000;
const MOVED = 0.0005;

export function keyOf({ account, loan }: Pick<Loan, 'account' | 'loan'>): string {
  return `${account}\n${loan}`;
}

export class Store {
  board: Board | null = null;
  readonly #points = new Map<string, readonly Point[]>();

  pointsOf(key: string): readonly Point[] {
    return this.#points.get(key) ?? [];
  }

  tapeAt(account: string): number | null {
    return this.board?.accounts.find((one) => one.account === account)?.tapeAt ?? null;
  }

  setTracks(tracks: Tracks): void {
    for (const [account, loans] of Object.entries(tracks)) {
      for (const [loan, points] of Object.entries(loans)) this.#points.set(keyOf({ account, loan }), points);
    }
  }

  setBoard(board: Board): void {
    this.board = board;
    for (const loan of board.loans) {
      const { ltv, levels } = loan;
      if (ltv === null || levels === null) continue;
      const { target, act, urgent, line } = levels;
      const ratios = [ltv, target, act, urgent, line].map(Number);
      const [one = 0, two = 0, three = 0, four = 0, five = 0] = ratios;
      this.#add(keyOf(loan), [board.at, this.tapeAt(loan.account) ?? board.at, one, two, three, four, five]);
    }
  }

  #add(key: string, point: Point): void {
    const before = this.pointsOf(key);
    const last = before.at(-1);
    if (last !== undefined && point[1] - last[1] < SPACING_MS && Math.abs(point[2] - last[2]) < MOVED) return;
    // A tape that began anew is another story.
    const kept = last !== undefined && point[1] < last[1] ? [] : before;
    this.#points.set(key, thinned([...kept, point]));
  }
}

/** Of two old neighbours the higher one stays. */
function thinned(points: readonly Point[]): readonly Point[] {
  if (points.length <= MOST_POINTS) return points;
  const half = points.length >> 1;
  const old = points.slice(0, half).flatMap((point, index, all) => {
    if (index % 2 === 1) return [];
    const other = all[index + 1];
    return [other !== undefined && other[2] > point[2] ? other : point];
  });
  return [...old, ...points.slice(half)];
}
