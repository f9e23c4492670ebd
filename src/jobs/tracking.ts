/** Writes the tracks of loans while looks go on. Best effort and beside them: no look waits, and what fails is forgotten. */
import type { Cancel, Clock } from '../clock.ts';
import type { LoanId } from '../core/loan.ts';
import type { Decision } from '../core/need.ts';
import type { Track, TrackPoint } from './track.ts';
import { pointOf } from './track.ts';

/** Points are written together. A death in between loses that much of a drawing. */
const WRITE_EVERY_MS = 1_000;
/** Closer points are left out, unless the LTV moved by this ratio. */
const SPACING_MS = 5_000;
const MOVED = 0.0005;
/** Waiting points of one loan; a Redis that is away must not fill the memory. */
const MOST_WAITING = 200;

export class Tracking {
  readonly #clock: Clock;
  readonly #waiting = new Map<Track, Map<LoanId, TrackPoint[]>>();
  readonly #last = new Map<string, TrackPoint>();
  #timer: Cancel | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param shown tape time of a simulated account, ms; `null`: the clock on the wall */
  hear(track: Track, decision: Decision, shown: number | null): void {
    const { loan } = decision;
    const point = pointOf({ ...decision, at: Math.round(this.#clock.wall()) }, shown);
    if (point === null) return;
    const name = track.prefix + loan;
    const last = this.#last.get(name);
    const isNews =
      last === undefined ||
      point.shown - last.shown >= SPACING_MS ||
      point.shown < last.shown ||
      Math.abs(point.ltv - last.ltv) >= MOVED;
    if (!isNews) return;
    this.#last.set(name, point);
    this.#wait(track, loan, point);
  }

  /** Nothing is written any more. */
  stop(): void {
    this.#timer?.();
    this.#waiting.clear();
  }

  #wait(track: Track, loan: LoanId, point: TrackPoint): void {
    const loans = this.#waiting.get(track) ?? new Map<LoanId, TrackPoint[]>();
    const points = loans.get(loan) ?? [];
    points.push(point);
    if (points.length > MOST_WAITING) points.shift();
    loans.set(loan, points);
    this.#waiting.set(track, loans);
    this.#arm();
  }

  async #write(): Promise<void> {
    const waiting = [...this.#waiting].flatMap(([track, loans]) =>
      [...loans].map(([loan, points]) => track.append(loan, points)),
    );
    this.#waiting.clear();
    await Promise.allSettled(waiting);
    this.#timer = null;
    if (this.#waiting.size > 0) this.#arm();
  }

  #arm(): void {
    this.#timer ??= this.#clock.later(WRITE_EVERY_MS, () => void this.#write(), 'idle');
  }
}
